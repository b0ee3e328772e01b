"""A session is recorded, and shown again when the platform, the storage and the profile are gone. No secret is in the file."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from support.emulator_process import emulator_home
from support.terminal import Terminal

FAST = ("--ready-after", "4", "--speed", "4")


def canaries(emulator: dict[str, object]) -> list[str]:
    return [str(emulator["client_secret"]), "sig=", "eyJ"]


def test_a_session_is_shown_again_without_a_network(tmp_path: Path) -> None:
    tape = tmp_path / "session.jsonl"
    with emulator_home(tmp_path / "home", *FAST, timing={"probe": "1s", "poll": "500ms"}) as home:
        with Terminal([sys.executable, "-m", "tarmac", "--record", str(tape)], 100, 30, env=home.env) as terminal:
            terminal.wait_for("datasets can be exported")
            terminal.settle(0.5)
            terminal.press("i")
            terminal.wait_for("flight_id" if "flight_id" in terminal.text else "Details")
            terminal.press("i", "enter")
            terminal.wait_for("Google Cloud Storage")
            terminal.press("enter")
            terminal.wait_for("exportTime=")
            terminal.press("ctrl+s")
            terminal.wait_for("> ad-hoc run")
            terminal.press("a")
            terminal.wait_for("✔ rows match", 60)
            terminal.press("enter")
            terminal.wait_for("part-00000-")
            terminal.settle(0.5)
            landed = terminal.text
            terminal.press("ctrl+q")
            assert terminal.wait_exit(5) == 0
        secrets = canaries(home.emulator)
    assert stat.S_IMODE(tape.stat().st_mode) == 0o600
    text = tape.read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text.replace("sig=••••", "")
    kinds = {json.loads(line)["kind"] for line in text.splitlines()}
    assert kinds == {"start", "profile", "exchange", "listing", "counted", "key"}

    elsewhere = {
        "TARMAC_CONFIG_DIR": str(tmp_path / "other" / "config"),
        "TARMAC_STATE_DIR": str(tmp_path / "other" / "state"),
    }
    with Terminal(
        [sys.executable, "-m", "tarmac", "replay", str(tape), "--speed", "4"], 100, 30, env=elsewhere
    ) as terminal:
        terminal.wait_for("> ad-hoc run", 30)
        terminal.wait_for("✔ rows match", 60)
        terminal.wait_for("The recording ends here", 60)
        terminal.settle(0.3)
        assert body(terminal.text) == body(landed)
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
    assert not (tmp_path / "other").exists(), "nothing is written"


def body(screen: str) -> list[str]:
    """The lines that show what landed, without clocks and paths of this machine.

    When it was verified is a clock too: a replay counts anew, at the moment when it is shown.
    """
    found = [line for line in screen.splitlines() if line.strip().startswith(("folder", "total", "✔", "▸", "part-"))]
    assert len(found) > 6
    return [re.sub(r"(✔ verified) \d{4}-\d\d-\d\d \d\d:\d\d UTC", r"\1", line) for line in found]


def test_a_command_is_run_again_from_its_recording(tmp_path: Path) -> None:
    tape = tmp_path / "export.jsonl"
    with emulator_home(tmp_path / "home", *FAST) as home:
        done = home.run("export", "--dataset", "training_set_churn", "--to", "landing", "--json", "--record", str(tape))
        assert done.returncode == 0, done.stderr
        secrets = canaries(home.emulator)
        again = home.run("datasets", "--record", str(tape))
        assert again.returncode == 64
        assert "exists already" in again.stderr
    text = tape.read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text.replace("sig=••••", "")
    shown = subprocess.run(
        [sys.executable, "-m", "tarmac", "replay", str(tape), "--speed", "20"],
        env={**os.environ, "TARMAC_STATE_DIR": str(tmp_path / "none"), "TARMAC_CONFIG_DIR": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    first, second = json.loads(done.stdout), json.loads(shown.stdout)
    assert {**first, "receipt": ""} == {**second, "receipt": ""}
    assert not (tmp_path / "none").exists()


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    for content in ("", "no", '{"kind": "start", "t": 0, "version": 99}\n', '{"t": 1}\n'):
        file = tmp_path / "file"
        file.write_text(content, encoding="utf-8")
        shown = subprocess.run(
            [sys.executable, "-m", "tarmac", "replay", str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert shown.returncode == 64
        assert "Next:" in shown.stderr
