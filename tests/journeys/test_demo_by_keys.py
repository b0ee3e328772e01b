"""`tarmac demo` in a terminal: each time a new platform, seen from the first screen."""

from __future__ import annotations

import sys
from pathlib import Path

from support.terminal import Terminal


def test_each_demo_begins_at_its_datasets(tmp_path: Path) -> None:
    env = {"TARMAC_CONFIG_DIR": str(tmp_path / "config"), "TARMAC_STATE_DIR": str(tmp_path / "state")}
    for _ in range(2):
        with Terminal([sys.executable, "-m", "tarmac", "demo"], 80, 24, env=env) as terminal:
            terminal.wait_for(lambda screen: "[1 Datasets]" in screen and "3 datasets can be exported" in screen, 60)
            assert "lives 60 times as fast" in terminal.wait_for("The demo's platform")
            terminal.press("5")
            screen = terminal.wait_for("This sandbox has no dataset flow yet.")
            keys = screen.splitlines()[-1]
            assert "orphans" in keys
            assert not any(word in keys for word in ("details", "mark", "extend", "delete")), (
                "there is no flow to do it to"
            )
            terminal.press("ctrl+q")
            assert terminal.wait_exit(10) == 0
