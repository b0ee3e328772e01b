from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.workspaces import opened, wish
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export, resume
from tarmac.services.exports.progress import Finished, FollowState, Outcome, RunFired, WaitingForReady
from tarmac.services.runs.follow_rows import new_row, row_after
from tarmac.services.runs.following import finished_rows, follow_run, unfinished_rows
from tarmac.services.workspace import Workspace


async def broken_off(ws: Workspace, dataset: str, kind: type) -> None:
    async with aclosing(export(ws, wish(dataset))) as events:
        async for event in events:
            if isinstance(event, kind):
                return


async def test_a_wait_survives_a_restart_with_its_time(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated:
        async with opened(emulated, tmp_path) as ws:
            await broken_off(ws, emulated.dataset_id(), WaitingForReady)
        async with opened(emulated, tmp_path) as ws:
            (found,) = await unfinished_rows(ws)
            assert (found.row.export, found.row.state) == ("churn", FollowState.WAITING)
            assert found.row.destination == "Data Landing Zone"
            emulated.advance(700)
            emulated.set_speed(1)
            events = [event async for event in resume(ws, found.chain, timeout_s=60)]
            last = events[-1]
            assert isinstance(last, Finished)
            assert last.result.outcome is Outcome.LANDED, last.result.error
            assert len(last.result.created) == 4
            assert await unfinished_rows(ws) == ()
            (ended,) = await finished_rows(ws)
            row = ended.row
            assert (row.state, row.verified, row.rows) == (FollowState.LANDED, True, last.result.rows)
            assert row.receipt == last.result.receipt


async def test_a_row_of_an_earlier_start_is_by_the_platforms_clock_as_a_live_one_is(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        emulated.advance(7200)
        async with opened(emulated, tmp_path) as ws:
            await (await ws.platform()).catalog.get(emulated.dataset_id())
            row = new_row("k", wish(emulated.dataset_id()), ws.clock.now(), ws.now())
            async for event in export(ws, wish(emulated.dataset_id())):
                row = row_after(row, event, ws.clock.now(), ws.now())
        async with opened(emulated, tmp_path) as ws:
            (again,) = await finished_rows(ws)
        for live, known in ((row.begun_at, again.row.begun_at), (row.as_of, again.row.as_of)):
            assert live is not None
            assert known is not None
            assert abs((live - known).total_seconds()) < 10
        assert abs(row.elapsed_s - again.row.elapsed_s) < 10


async def test_a_run_that_is_over_took_what_its_own_times_say_live_and_after_a_restart(tmp_path: Path) -> None:
    # The platform's clock runs a hundred times as fast as this machine's.
    async with running_emulator(speed=100.0) as emulated:
        async with opened(emulated, tmp_path) as ws:
            row = new_row("k", wish(emulated.dataset_id()), ws.clock.now(), ws.now())
            states = set()
            async for event in export(ws, wish(emulated.dataset_id())):
                row = row_after(row, event, ws.clock.now(), ws.now())
                if row.took_s is not None:
                    states.add(row.state)
                    assert row.elapsed_s == row.took_s
            assert row.run_id is not None
            run = await (await ws.platform()).runs.get(row.run_id)
        assert FollowState.COUNTING in states
        assert run.took_s is not None
        assert (row.state, row.elapsed_s) == (FollowState.LANDED, run.took_s)
        async with opened(emulated, tmp_path) as ws:
            (again,) = await finished_rows(ws)
        assert again.row.elapsed_s == run.took_s


@pytest.mark.parametrize("took_s", [None, True, "soon", -1, float("nan"), 1e300])
async def test_a_damaged_duration_is_counted_from_begin_to_end(tmp_path: Path, took_s: object) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        chain = await ws.ledger.begin(export="churn")
        await ws.ledger.add(Kind.ENDED, chain, outcome="landed", took_s=took_s)
        (found,) = await finished_rows(ws)
        assert 0 <= found.row.elapsed_s < 10


@pytest.mark.parametrize("ahead_s", [3600.0, 0, None, "soon", float("nan"), 1e12, 1e300])
async def test_a_scheduled_run_lasts_as_long_as_it_lasted_by_either_clock(tmp_path: Path, ahead_s: object) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        began = ws.clock.now() + timedelta(seconds=3600 if ahead_s == 3600.0 else 0)
        chain = await ws.ledger.begin(export="churn", began=began.isoformat(), ahead_s=ahead_s)
        await ws.ledger.add(Kind.ENDED, chain, outcome="landed")
        (found,) = await finished_rows(ws)
        assert found.row.begun_at == began
        assert 0 <= found.row.elapsed_s < 10
        assert 0 <= (found.row.as_of - began).total_seconds() < 10


async def test_a_run_under_way_is_taken_up_again(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=1.0) as emulated:
        async with opened(emulated, tmp_path) as ws:
            await broken_off(ws, emulated.dataset_id(), RunFired)
        async with opened(emulated, tmp_path) as ws:
            (found,) = await unfinished_rows(ws)
            assert found.row.state is FollowState.RUNNING
            events = [event async for event in resume(ws, found.chain, timeout_s=60)]
            last = events[-1]
            assert isinstance(last, Finished)
            assert (last.result.outcome, last.result.run_id) == (Outcome.LANDED, found.row.run_id)
        assert len(emulated.requests("POST", "*/adhocrun")) == 1


async def test_a_failure_is_listed_with_its_reason(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job \x1b[31maborted."}])
        async for _ in export(ws, wish(emulated.dataset_id())):
            pass
        (ended,) = await finished_rows(ws)
        row = ended.row
        assert row.state is FollowState.FAILED
        assert row.error is not None
        assert row.error.code == "ACTIVATION_BATCH-0000-FAILED"
        assert "\x1b" not in row.detail


async def test_a_run_that_others_fired_is_followed_to_its_end(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=0.5) as emulated, opened(emulated, tmp_path) as ws:
        events = [event async for event in export(ws, wish(emulated.dataset_id()), wait=False)]
        fired = events[-1]
        assert isinstance(fired, Finished)
        assert fired.result.run_id is not None
        seen = [event async for event in follow_run(ws, fired.result.run_id, export="churn", timeout_s=60)]
        last = seen[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED
        assert last.result.verified is None
