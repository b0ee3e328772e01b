"""After a crash the next start tells of it; `u` under Runs lists what exists, with three ways out."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest
from textual.pilot import Pilot

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.keys import app_at, home, to_review, wait_for
from tarmac.profiles.places import Places
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import ExportEvent, StepDone, WaitingForReady
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace

NOUNS = ("sourceConnections", "connections", "targetConnections", "flows")
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


async def crashed(places: Places, emulated: Emulated, kind: type[ExportEvent], nth: int = 1) -> None:
    async with await Workspace.open("local", places=places) as ws:
        wish = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing", name="churn")
        async with aclosing(export(ws, wish)) as events:
            async for event in events:
                nth -= isinstance(event, kind)
                if nth == 0:
                    return


async def count(emulated: Emulated) -> int:
    async with emulated.client() as client:
        lists = [(await client.get(f"{FLOW_SERVICE}/{noun}?limit=100")).json()["items"] for noun in NOUNS]
    return sum(map(len, lists))


@SIZES
async def test_a_crash_is_told_and_continued(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, StepDone, 2)
        async with app_at(places).run_test(size=size) as pilot:
            await wait_for(pilot, "1 export was not finished: churn")
            await pilot.press("4", "u")
            screen = await wait_for(pilot, "source connection")
            assert "was made and exists" in screen
            assert "c goes on with it" in screen
            await pilot.press("c")
            await wait_for(pilot, "rows match")
        assert await count(emulated) == 4


async def test_cleaned_up_nothing_is_left(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, StepDone, 3)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "not finished")
            await pilot.press("4", "u")
            await wait_for(pilot, "target connection")
            await pilot.press("d")
            await wait_for(pilot, "Delete what churn had made?")
            assert await count(emulated) == 3
            await pilot.press("y")
            await wait_for(pilot, "3 deleted")
            await wait_for(pilot, "Nothing is unfinished")
            await pilot.press("escape")
            await wait_for(pilot, "Nothing is followed yet")
        assert await count(emulated) == 0


async def test_adopted_everything_stays(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, StepDone, 2)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "not finished")
            await pilot.press("4", "u")
            await wait_for(pilot, "base connection")
            await pilot.press("a")
            await wait_for(pilot, "what exists is kept")
        assert await count(emulated) == 2
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            screen = await wait_for(pilot, "training_set_churn")
            assert "not finished" not in screen


async def landed(emulated: Emulated, pilot: Pilot[int]) -> None:
    """Let the platform be ready, and what is waited for land."""
    emulated.advance(700)
    emulated.set_speed(1)
    await wait_for(pilot, "rows match")


async def runs_fired(emulated: Emulated) -> int:
    async with emulated.client() as client:
        return len((await client.get(f"{FLOW_SERVICE}/runs?limit=100")).json()["items"])


async def test_a_countdown_that_was_interrupted_goes_on_by_itself_and_fires_one_run(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, WaitingForReady)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            # It is going to send something: whoever started the app is told, and how to stop it.
            await wait_for(pilot, "Going on with churn, to fire the run when it is ready; 4, then x stops it.")
            await pilot.press("4")
            screen = await wait_for(pilot, "waiting: not ready")
            assert "not finished" not in screen
            await landed(emulated, pilot)
        assert await runs_fired(emulated) == 1


async def test_what_a_person_stopped_does_not_go_on_by_itself(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, WaitingForReady)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await pilot.press("4")
            await wait_for(pilot, "waiting: not ready")
            await pilot.press("x")
            await wait_for(pilot, "Stop waiting for churn?")
            await pilot.press("y")
            await wait_for(pilot, "cancelled here")
        asked = len(emulated.requests("POST", "*/adhocrun"))
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "1 export was not finished: churn (waiting to fire its run)")
            await pilot.press("4")
            await wait_for(pilot, "cancelled here")
        assert len(emulated.requests("POST", "*/adhocrun")) == asked


@pytest.mark.parametrize("is_of_this_start", [True, False], ids=["this start", "an earlier start"])
async def test_what_was_stopped_and_gone_on_with_goes_on_by_itself_again(
    tmp_path: Path, is_of_this_start: bool
) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated:
        places = home(emulated, tmp_path)
        if not is_of_this_start:
            await crashed(places, emulated, WaitingForReady)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "training_set_churn")
            if is_of_this_start:
                await to_review(pilot)
                await pilot.press("a")
            await pilot.press("4")
            await wait_for(pilot, "waiting: not ready")
            await pilot.press("x", "y", "t")
            asked = len(emulated.requests("POST", "*/adhocrun"))
            await wait_for(pilot, lambda _: len(emulated.requests("POST", "*/adhocrun")) > asked)
            await wait_for(pilot, "waiting: not ready")
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await pilot.press("4")
            screen = await wait_for(pilot, "waiting: not ready")
            assert "not finished" not in screen
            await landed(emulated, pilot)
        assert await runs_fired(emulated) == 1


async def test_a_deletion_is_carried_to_its_end_when_the_box_is_left(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        await crashed(places, emulated, StepDone, 3)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "not finished")
            await pilot.press("4", "u")
            await wait_for(pilot, "target connection")
            emulated.add_faults(request=[{"method": "DELETE", "delay": 0.3, "times": 0}])
            await pilot.press("d")
            await wait_for(pilot, "Delete what churn had made?")
            await pilot.press("y")
            await wait_for(pilot, lambda _: len(emulated.requests("DELETE")) > 0)
            await pilot.press("escape")
            screen = await wait_for(pilot, "churn: 3 deleted")
            assert "Exports that were not finished" not in screen
            await wait_for(pilot, "Nothing is followed yet")
        assert await count(emulated) == 0
