"""Help: what is written in columns stays in columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, wait_for
from tarmac.keymap import all_bindings
from tarmac.screens.base import TarmacScreen
from tarmac.widgets.hanging import paragraphs
from tarmac.widgets.text_pane import TextPane

all_bindings()  # imports every screen
SCREENS = sorted((each for each in TarmacScreen.__subclasses__() if each.HELP_TEXT), key=lambda each: each.__name__)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda each: str(each.__name__))
def test_no_help_joins_what_is_written_in_columns(screen: type[TarmacScreen]) -> None:
    lines = TextPane(paragraphs(screen.HELP_TEXT)).text.split("\n")
    assert all(row in lines for row in screen.HELP_TEXT.splitlines() if re.search(r"\S  ", row))


async def test_the_states_of_runs_stand_below_each_other(tmp_path: Path) -> None:
    async with running_emulator() as emulated, app_at(home(emulated, tmp_path)).run_test(size=(80, 40)) as pilot:
        await wait_for(pilot, "datasets can be exported")
        await pilot.press("4", "?")
        lines = (await wait_for(pilot, "Help: Runs")).splitlines()
        states = [line for line in lines if re.search(r"│ +(waiting: not|queued, run|landed  |MISMATCH, )", line)]
        assert len(states) == 4
        # Each begins anew, and goes on below its own words.
        column = states[0].index("the dataflow is too new")
        assert lines[lines.index(states[0]) + 1][:column].strip("│ ") == ""


async def test_no_key_is_offered_that_does_nothing(tmp_path: Path) -> None:
    async with running_emulator() as emulated, app_at(home(emulated, tmp_path)).run_test(size=(200, 70)) as pilot:
        await wait_for(pilot, "datasets can be exported")
        await pilot.press("?")
        screen = await wait_for(pilot, "app.quit")
        assert "page down" not in next(line for line in screen.splitlines() if "esc close" in line)
        await pilot.resize_terminal(80, 24)
        await wait_for(
            pilot, lambda text: any("esc close" in line and "page down" in line for line in text.splitlines())
        )
