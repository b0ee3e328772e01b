"""While the terminal is too small nothing can be done to the screen that is hidden; it is left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from support.keys import shown, started, to_flows, to_review, wait_for
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session

KEYS = ("a", "y", "d", "enter", "1", "4", "p", "ctrl+s", "ctrl+p", "question_mark", "tab", "escape")


async def too_small(pilot: Pilot[int], *keys: str) -> None:
    """Press keys while the terminal is too small; then it is large enough again."""
    await pilot.resize_terminal(60, 15)
    await wait_for(pilot, "This terminal has 60×15")
    for key in keys:
        await pilot.press(key)
    await pilot.resize_terminal(80, 24)
    await wait_for(pilot, lambda text: "tarmac needs" not in text)


def untimed(screen: str) -> list[str]:
    """The lines below the one with the clock."""
    return screen.splitlines()[1:]


async def test_a_plan_that_is_hidden_is_not_applied(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        before = await to_review(pilot)
        await too_small(pilot, *KEYS)
        assert untimed(shown(pilot)) == untimed(before)
        assert not emulated.requests("POST", "*/flowservice/*")
        await pilot.press("a")  # what is seen can be done again
        await wait_for(pilot, "[4 Runs]")


async def test_a_moment_of_which_only_the_app_knew_takes_no_keys_away(tmp_path: Path) -> None:
    """Of several changes of size at once a screen hears the last one; the app has heard them all."""
    async with started(tmp_path) as (_, pilot):
        before = await wait_for(pilot, "enter destination")
        app, large = pilot.app, pilot.app.size
        app._size = Size(60, 15)
        app.screen.refresh_bindings()
        await wait_for(pilot, lambda text: "enter destination" not in text)
        app._size = large
        app.screen.post_message(events.Resize(large, large))
        assert untimed(await wait_for(pilot, "enter destination")) == untimed(before)


async def test_a_question_that_is_hidden_is_not_answered(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3) as (emulated, pilot):
        await to_flows(pilot, 3)
        await pilot.press("d")
        before = await wait_for(pilot, "y yes")
        await too_small(pilot, *KEYS)
        assert untimed(shown(pilot)) == untimed(before)
        assert not emulated.requests("PATCH", "*")
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_what_is_typed_into_a_prompt_is_there_when_the_size_comes_back(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3) as (_, pilot):
        await pilot.press("slash", *"chu")
        await too_small(pilot, "x", "y")
        await pilot.press("r", "n")
        await wait_for(pilot, " / churn")
        await pilot.press("escape", "escape")
        await to_flows(pilot, 3)
        await pilot.press("t")
        await wait_for(pilot, "New schedule")
        await pilot.press("ctrl+u", *"every ")
        await too_small(pilot, *KEYS)
        await pilot.press("6", "h")
        await wait_for(pilot, "every 6h")


async def test_a_form_that_waits_for_a_letter_keeps_its_field(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("2")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("down", "enter", *"lake")
        await wait_for(pilot, "lake")
        await pilot.press("ctrl+g")
        await wait_for(pilot, "goes to its field")
        await too_small(pilot, *KEYS)
        await pilot.press(*"-7")
        await wait_for(pilot, "lake-7")


@pytest.mark.parametrize("box", [(), ("ctrl+p",)], ids=["screen", "box"])
@pytest.mark.parametrize("keys", [{}, {"app.quit": "Q"}], ids=["q", "another-key"])
async def test_leaving_works_there_by_the_key_that_is_named(
    tmp_path: Path, box: tuple[str, ...], keys: dict[str, str]
) -> None:
    app = TarmacApp(Session(None, places=Places(tmp_path / "config", tmp_path / "state")), keys=keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "There is no connection profile yet")
        await pilot.press(*box)
        await pilot.resize_terminal(60, 15)
        leave = keys.get("app.quit", "q")
        await wait_for(pilot, f"{leave} leaves.")
        await pilot.press("ctrl+l", *("q" if keys else ""))
        await wait_for(pilot, f"{leave} leaves.")
        assert app.return_code is None
        await pilot.press(leave)
        assert app.return_code == 0
