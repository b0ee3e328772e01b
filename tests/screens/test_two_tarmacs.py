"""Two tarmacs on the same state: what one of them carries on is neither interrupted for the other, nor done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.keys import app_at, home, shown, wait_for
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import ExportEvent, WaitingForReady
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace

ELSEWHERE = "Another tarmac is at work on it"
INTERRUPTED = "tarmac ended while this was under way"


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarmac.others._LOOK_S", 0.05)


@asynccontextmanager
async def first_tarmac(
    places: Places, emulated: Emulated
) -> AsyncIterator[tuple[Workspace, AsyncGenerator[ExportEvent, None]]]:
    """Another tarmac that waits to fire the run of `churn`."""
    async with await Workspace.open("local", places=places) as ws:
        wish = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing", name="churn")
        events = export(ws, wish)
        async for event in events:
            if isinstance(event, WaitingForReady):
                break
        try:
            yield ws, events
        finally:
            await events.aclose()


@asynccontextmanager
async def both(
    folder: Path,
) -> AsyncIterator[tuple[Emulated, Workspace, AsyncGenerator[ExportEvent, None], Pilot[int]]]:
    """The emulator, the first tarmac at work, and the second with its Runs in front."""
    async with running_emulator(ready_after=600, speed=0) as emulated:
        places = home(emulated, folder)
        async with (
            first_tarmac(places, emulated) as (ws, events),
            app_at(places).run_test(size=(110, 30)) as pilot,
        ):
            await pilot.press("4")
            await wait_for(pilot, ELSEWHERE)
            yield emulated, ws, events, pilot


async def runs_of(emulated: Emulated) -> int:
    async with emulated.client() as client:
        return len((await client.get(f"{FLOW_SERVICE}/runs?limit=100")).json()["items"])


async def test_what_another_one_carries_on_is_said_and_cannot_be_done_twice(tmp_path: Path) -> None:
    async with both(tmp_path) as (emulated, _, _, pilot):
        screen = shown(pilot)
        assert "in another tarmac" in screen
        assert "1 under way" in screen
        assert INTERRUPTED not in screen
        assert not {"trigger again", "stop waiting"} & set(screen.split("  "))
        asked = len(emulated.requests("POST", "*/adhocrun"))
        await pilot.press("t", "x")
        assert ELSEWHERE in await wait_for(pilot, "1 under way")
        assert "Stop waiting for churn?" not in shown(pilot)
        await pilot.press("u")
        assert "Nothing is unfinished" in await wait_for(pilot, "Exports that were not finished")
        assert len(emulated.requests("POST", "*/adhocrun")) == asked


async def test_a_run_that_the_other_one_fires_is_followed_to_its_outcome(tmp_path: Path) -> None:
    async with both(tmp_path) as (emulated, _, events, pilot):
        emulated.advance(700)
        emulated.set_speed(1)
        async for _ in events:
            pass
        await wait_for(pilot, "✔ rows match")
        assert await runs_of(emulated) == 1


async def test_what_the_other_one_leaves_behind_is_interrupted_and_gone_on_with(tmp_path: Path) -> None:
    async with both(tmp_path) as (emulated, _, events, pilot):
        await events.aclose()  # as the system does for a process that is killed: its lock goes
        screen = await wait_for(pilot, INTERRUPTED)
        assert ELSEWHERE not in screen
        emulated.advance(700)
        emulated.set_speed(1)
        await pilot.press("t")
        await wait_for(pilot, "✔ rows match")
        assert await runs_of(emulated) == 1


@pytest.mark.parametrize("outcome", ["failed", "abandoned"])
async def test_an_end_that_the_other_one_writes_is_shown(tmp_path: Path, outcome: str) -> None:
    async with both(tmp_path) as (_, ws, events, pilot):
        (chain,) = await ws.ledger.unfinished()
        error = {"code": "quota", "message": "the platform takes no more"}
        await ws.ledger.add(Kind.ENDED, chain.id, outcome=outcome, error=error if outcome == "failed" else None)
        await events.aclose()
        await wait_for(pilot, "the platform takes no more" if outcome == "failed" else "Nothing is followed yet")


async def test_the_looks_at_the_disk_ask_nothing_and_draw_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = asyncio.Semaphore(0)
    drawn: list[object] = []
    async with both(tmp_path) as (emulated, _, _, pilot):
        app = pilot.app
        assert isinstance(app, TarmacApp)
        workspace = app.session.workspace
        read = workspace.ledger.entries

        async def counted() -> object:
            looks.release()
            return await read()

        monkeypatch.setattr(workspace.ledger, "entries", counted)
        monkeypatch.setattr(app, "follow_changed", drawn.append)
        requests = len(emulated.requests("POST", "*/adhocrun"))
        async with asyncio.timeout(20):
            for _ in range(5):
                await looks.acquire()
        assert drawn == []
        assert len(emulated.requests("POST", "*/adhocrun")) == requests


async def test_what_is_interrupted_and_taken_up_by_another_one_meanwhile_is_not_taken_up_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path) as (emulated, ws, events, pilot):
        (chain,) = await ws.ledger.unfinished()
        await events.aclose()
        await wait_for(pilot, INTERRUPTED)
        monkeypatch.setattr("tarmac.others._LOOK_S", 600.0)
        app = pilot.app
        assert isinstance(app, TarmacApp)
        async with ws.ledger.working_on(chain.id):
            asked = len(emulated.requests("POST", "*/adhocrun"))
            await app.follows.go_on_with(chain.id)
            await wait_for(pilot, "Another tarmac has gone on with churn.")
            await wait_for(pilot, ELSEWHERE)
            assert len(emulated.requests("POST", "*/adhocrun")) == asked


async def test_read_only_a_fired_run_is_followed_and_nothing_is_written(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=600, speed=0) as emulated:
        places = home(emulated, tmp_path)
        async with await Workspace.open("local", places=places) as ws:
            wish = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing", name="churn")
            async for _ in export(ws, wish, wait=False):
                pass
            before = await ws.ledger.entries()
            async with app_at(places, read_only=True).run_test(size=(110, 30)) as pilot:
                await pilot.press("4")
                await wait_for(pilot, "The platform has accepted the run")
                emulated.advance(700)
                emulated.set_speed(1)
                await wait_for(pilot, "landed")
            assert await ws.ledger.entries() == before
