"""What a screen says: on the screen in front, and not longer than it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.keys import app_at, home, shown, started, to_flows, wait_for
from tarmac.app import TarmacApp
from tarmac.screens.import_profile import ImportProfileScreen
from tarmac.screens.show_text import ShowText
from tarmac.widgets.message_line import MessageLine


async def test_a_notice_is_shown_on_the_screen_in_front_or_below_a_box(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        app: TarmacApp = app_at(home(emulated, tmp_path))
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "datasets can be exported")
            await app.push_screen(ImportProfileScreen())
            app.say("said above")
            await wait_for(pilot, "said above")
            await pilot.press("escape")
            assert "said above" not in await wait_for(pilot, "datasets can be exported")
            await app.push_screen(ShowText("A box", ["text"]))
            app.say("said below")
            await wait_for(pilot, lambda _: app.screen_stack[0].query_one(MessageLine).text == "said below")
            await pilot.press("escape")
            await wait_for(pilot, "said below")


async def test_what_was_done_is_said_until_the_next_thing_is_done(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        app = pilot.app
        assert isinstance(app, TarmacApp)
        app.say("dataset id copied")
        await wait_for(pilot, "dataset id copied")
        await pilot.press("down", "G", "pageup", "question_mark")
        await wait_for(pilot, "Help: Datasets")
        await pilot.press("escape")
        await wait_for(pilot, "dataset id copied")
        await pilot.press("s")
        assert "dataset id copied" not in await wait_for(pilot, "sorted by name")
        app.say("dataset id copied")
        await wait_for(pilot, "dataset id copied")
        await pilot.press("4")
        await wait_for(pilot, "[4 Runs]")
        await pilot.press("1")
        await wait_for(pilot, "[1 Datasets]")
        assert "dataset id copied" not in shown(pilot)


async def test_a_failed_reading_is_said_until_one_succeeds(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3, size=(120, 30)) as (emulated, pilot):
        await to_flows(pilot, 3)
        emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/connections*", "status": 403, "times": 0}])
        await pilot.press("r")
        await wait_for(pilot, "r: read again")
        said = pilot.app.screen.query_one(MessageLine)
        assert "403" in said.text
        await pilot.press("s", "4", "5")
        await wait_for(pilot, "[5 Flows]")
        assert "403" in said.text
        emulated.clear_faults()
        await pilot.press("r")
        await wait_for(pilot, lambda text: "not up to date" not in text and "reading" not in text)
        assert said.text == ""


async def test_words_that_point_at_a_text_go_with_its_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "vt100")
    async with started(tmp_path) as (_, pilot):
        await pilot.press("y")
        await wait_for(pilot, lambda text: "select the command here" in text and "tarmac datasets" in text)
        await pilot.press("escape")
        await wait_for(pilot, lambda text: "tarmac datasets" not in text)
        assert "select the command here" not in shown(pilot)
