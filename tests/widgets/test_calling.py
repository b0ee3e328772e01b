"""What the terminal is sent so that a person looks up, and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, shown, wait_for
from tarmac.profiles.models import Notify
from tarmac.screens.run_rows import run_row
from tarmac.widgets.calling import BELL, GIVE_BACK_TITLE, KEEP_TITLE, notification, title


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]9;tarmac: churn landed\x07"),
        ({"TERM": "foot"}, "\x1b]777;notify;tarmac;churn landed\x07"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;tarmac;churn landed\x07"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0"}, "\x1bPtmux;\x1b\x1b]9;tarmac: churn landed\x07\x1b\\"),
        ({"TERM": "screen", "STY": "1.x"}, "\x1bP\x1b]9;tarmac: churn landed\x07\x1b\\"),
    ],
)
def test_a_notification_in_the_terminals_own_way(env: dict[str, str], expected: str) -> None:
    assert notification("churn landed", env) == expected


def test_names_cannot_end_the_sequence_or_begin_another() -> None:
    hostile = "a\x07\x1b]52;c;eA==\x07\nb\x9c;c"
    for sequence in (notification(hostile, {"TERM": "foot"}), title(hostile)):
        assert sequence.count("\x1b") == 1
        assert sequence.count("\x07") == 1
        assert "\x9c" not in sequence
        assert "\n" not in sequence
    assert notification("a;b", {"TERM": "foot"}).count(";") == 3


@pytest.mark.parametrize(
    "notify", [Notify(), Notify(bell=True, osc=True), Notify(title=False)], ids=["usual", "all", "none"]
)
async def test_a_run_that_ends_calls_and_is_marked_until_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notify: Notify
) -> None:
    async with running_emulator(ready_after=2.0, queue_seconds=2.0, speed=0.0) as emulated:
        app = app_at(home(emulated, tmp_path))
        sent: list[str] = []
        monkeypatch.setattr(app, "write_to_terminal", sent.append)  # what would reach the terminal
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            workspace = app.session.workspace
            workspace.config = replace(workspace.config, notify=notify)
            await pilot.press("enter")
            await wait_for(pilot, "Google Cloud Storage")
            await pilot.press("enter")
            await wait_for(pilot, "exportTime=")
            await pilot.press("ctrl+s")
            await wait_for(pilot, "> ad-hoc run")
            await pilot.press("a")
            await wait_for(pilot, "[4 Runs]")
            await pilot.press("1")
            await wait_for(pilot, "[1 Datasets]")
            emulated.set_speed(10.0)  # nothing ends before the person looks elsewhere
            await wait_for(pilot, lambda _: any(row.state.is_final for row in app.follows.rows))
            assert {row.key for row in app.follows.rows} == app.calls.unseen
            await pilot.press("4")
            await wait_for(pilot, "✔ rows match")
            assert not app.calls.unseen
            assert "• " not in shown(pilot)
            marked = run_row(app.follows.rows[0], is_news=True)
            assert str(getattr(marked.cells[0], "text", "")).startswith("• ")
            app.exit()
    text = "".join(sent)
    assert (text.count(BELL) > text.count("\x1b]")) is notify.bell
    assert (notification("")[:4] in text) is notify.osc
    assert (KEEP_TITLE in text and text.endswith(GIVE_BACK_TITLE)) is notify.title
