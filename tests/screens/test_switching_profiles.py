"""Another profile in place of the one that is open: what is followed stops first, and where that fails it goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from support.emulated import Emulated, running_emulator
from support.keys import app_at, home, shown, to_review, wait_for
from tarmac.profiles.places import Places


@asynccontextmanager
async def waiting_for_its_run(folder: Path) -> AsyncIterator[tuple[Emulated, Places, Pilot[int]]]:
    """The app with an export that waits to fire its run, on the list of profiles: `local` is open, `second` is there."""
    async with running_emulator() as emulated:
        emulated.add_faults(never_ready=True)
        places = home(emulated, folder)
        places.profile_file("second").write_text(places.profile_file("local").read_text(), encoding="utf-8")
        places.profile_file("second").chmod(0o600)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await to_review(pilot)
            await pilot.press("a")
            await wait_for(pilot, "waiting: not ready")
            await pilot.press("p")
            await wait_for(pilot, "● in use")
            yield emulated, places, pilot


async def test_what_is_followed_goes_on_where_the_other_profile_cannot_be_opened(tmp_path: Path) -> None:
    async with waiting_for_its_run(tmp_path) as (emulated, places, pilot):
        places.profile_file("second").write_text("[platform]\nsandbox = 3\n", encoding="utf-8")
        await pilot.press("G", "enter")
        await wait_for(pilot, "second.toml")
        assert "ml-dev @ local" in shown(pilot)
        asked = len(emulated.requests("POST", "*/adhocrun"))
        await pilot.press("4")
        await wait_for(pilot, lambda _: len(emulated.requests("POST", "*/adhocrun")) > asked)
        assert "waiting: not ready" in await wait_for(pilot, "1 under way")
        await pilot.press("x", "y")
        screen = await wait_for(pilot, "cancelled here")
        assert "unexpected" not in screen
        await wait_for(pilot, "0 under way")


async def test_what_is_followed_stops_without_a_word_and_goes_on_when_its_profile_is_opened_again(
    tmp_path: Path,
) -> None:
    async with waiting_for_its_run(tmp_path) as (emulated, _, pilot):
        await pilot.press("G", "enter")
        await wait_for(pilot, "ml-dev @ second")
        await wait_for(pilot, "datasets can be exported")
        asked = len(emulated.requests("POST", "*/adhocrun"))
        await pilot.press("4")
        await wait_for(pilot, "Nothing is followed yet")
        await pilot.press("p")
        await wait_for(pilot, "● in use")
        assert len(emulated.requests("POST", "*/adhocrun")) == asked
        await pilot.press("home", "enter")
        await wait_for(pilot, "ml-dev @ local")
        await wait_for(pilot, lambda _: len(emulated.requests("POST", "*/adhocrun")) > asked)
        await pilot.press("4")
        assert "unexpected" not in await wait_for(pilot, "waiting: not ready")
