"""Which run a command means that is given again, and what a time-out, other machines and slow answers do to it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.exporting import objects, posts_to_adhoc, result_of, run_over
from support.workspaces import HastyClock, opened, wish
from tarmac.services.exports.exporting import export
from tarmac.services.exports.leftovers import leftovers
from tarmac.services.exports.progress import ExportResult, Finished, Outcome, RunSeen
from tarmac.services.workspace import Workspace
from tarmac.terms.times import SystemClock


async def test_left_to_itself_a_run_is_fired_again_when_it_is_over_and_not_before(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=5.0, speed=0.0) as emulated, opened(emulated, tmp_path) as ws:
        first = await result_of(ws, wish(emulated.dataset_id()), wait=False)
        meanwhile = await result_of(ws, wish(emulated.dataset_id()), wait=False)
        assert first.run_id is not None
        assert (meanwhile.run_id, posts_to_adhoc(emulated)) == (first.run_id, 1)
        assert await leftovers(ws) == (), "nothing was interrupted"
        emulated.advance(10)
        await run_over(emulated, first.run_id)
        second = await result_of(ws, wish(emulated.dataset_id()), wait=False)
        assert second.run_id not in {None, first.run_id}
        assert posts_to_adhoc(emulated) == 2
        chains = {chain.run_id: chain for chain in await ws.ledger.chains()}
        assert [chains[run].ended is None for run in (first.run_id, second.run_id)] == [False, True]


class LaterClock(SystemClock):
    """Real time, moved on by `later`."""

    later = timedelta()

    def now(self) -> datetime:
        return super().now() + self.later


async def test_a_run_is_gone_on_with_however_long_ago_it_was_fired(tmp_path: Path) -> None:
    clock = LaterClock()
    async with running_emulator(queue_seconds=60, speed=0.0) as emulated, opened(emulated, tmp_path, clock=clock) as ws:
        first = await result_of(ws, wish(emulated.dataset_id()), timeout_s=0.5)
        assert (first.outcome, first.run_id is None) == (Outcome.RUNNING, False)
        clock.later = timedelta(hours=5)
        still = await result_of(ws, wish(emulated.dataset_id()), timeout_s=0.5)
        assert (still.run_id, posts_to_adhoc(emulated)) == (first.run_id, 1)
        # It ends, and the command comes again a little later: that run is the one that is meant.
        emulated.advance(60)
        await run_over(emulated, first.run_id or "")
        landed = await result_of(ws, wish(emulated.dataset_id()))
        assert (landed.outcome, landed.run_id, landed.verified) == (Outcome.LANDED, first.run_id, True)


async def test_a_run_that_ended_long_ago_is_not_taken_for_todays(tmp_path: Path) -> None:
    clock = LaterClock()
    async with running_emulator(queue_seconds=60, speed=0.0) as emulated, opened(emulated, tmp_path, clock=clock) as ws:
        yesterday = await result_of(ws, wish(emulated.dataset_id()), timeout_s=0.5)
        emulated.advance(60)
        await run_over(emulated, yesterday.run_id or "")
        emulated.advance(5 * 3600)
        clock.later = timedelta(hours=5)
        today = await result_of(ws, wish(emulated.dataset_id()), wait=False)
        assert today.run_id not in {None, yesterday.run_id}


@pytest.mark.parametrize(
    ("path", "outcome"),
    [("/ims/token/v3", "timeout"), (f"{FLOW_SERVICE}/runs/*", "still-running")],
    ids=["planning", "watching"],
)
async def test_the_deadline_holds_for_answers_that_do_not_come(tmp_path: Path, path: str, outcome: str) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(request=[{"method": "*", "path": path, "times": 0, "when": "before", "delay": 60}])
        async with asyncio.timeout(30):
            result = await result_of(ws, wish(emulated.dataset_id()), timeout_s=0.1)
        assert (result.outcome, getattr(result.error, "code", "")) == (Outcome.RUNNING, outcome)


async def test_several_machines_at_the_same_moment_make_one_dataflow(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=3600) as emulated, AsyncExitStack() as machines:
        # Each has looked, and found nothing, before the first one's dataflow is there.
        late = {"method": "POST", "path": f"{FLOW_SERVICE}/flows", "times": 3, "when": "before", "delay": 1.5}
        emulated.add_faults(request=[late])
        spaces = [
            await machines.enter_async_context(opened(emulated, tmp_path / str(number), clock=HastyClock()))
            for number in range(3)
        ]
        watching: set[Workspace] = set()

        async def landed(ws: Workspace) -> ExportResult:
            """Let the run go on when every machine has seen it: one that is over is not the one of the next that looks."""
            async for event in export(ws, wish(emulated.dataset_id())):
                if isinstance(event, RunSeen) and ws not in watching:
                    watching.add(ws)
                    if len(watching) == len(spaces):
                        emulated.advance(3600)
            assert isinstance(event, Finished)
            return event.result

        async with asyncio.timeout(60):
            results = await asyncio.gather(*map(landed, spaces))
        assert [(result.outcome, result.error) for result in results] == [(Outcome.LANDED, None)] * 3
        assert len({result.flow_id for result in results}) == 1
        assert (await objects(emulated))["flows"] == 1
        for ws in spaces:
            assert await ws.ledger.unfinished() == ()
