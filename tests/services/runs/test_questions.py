"""How many questions it takes to know the runs: the same few however long a dataflow has run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.three_hourly import start_of, three_hourly
from support.workspaces import LANDING, HastyClock, opened
from tarmac.emulator.ids import new_etag
from tarmac.emulator.run_record import new_run, processing_metrics
from tarmac.emulator.state import Entity
from tarmac.services.exports.chain import Kind
from tarmac.services.plans.planning import ADOPTED
from tarmac.services.runs.known_exports import find_flow, own_exports
from tarmac.services.runs.recent_runs import recent_runs
from tarmac.terms.errors import UsageError
from tarmac.terms.times import to_millis

RUNS = f"{FLOW_SERVICE}/runs"
FLOWS = f"{FLOW_SERVICE}/flows"


async def test_a_year_of_runs_takes_no_more_questions_than_a_week(tmp_path: Path) -> None:
    async with running_emulator(ready_after=1e6) as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        flow_id = await three_hourly(ws, emulated, LANDING)
        platform = emulated.running.platform
        [flow] = platform.state.flows
        first = platform.now() + timedelta(seconds=start_of(emulated, flow_id))
        for number in range(350):
            begun = to_millis(first + timedelta(hours=3 * number))
            metrics = {"statusSummary": {"status": "failed" if number == 0 else "success"}}
            wire = {
                **new_run(flow.wire, begun, new_etag(platform.now())),
                "id": f"run-{number:03d}",
                "metrics": metrics,
            }
            platform.state.runs.save(Entity(wire["id"], wire))
        before = len(emulated.requests("GET", RUNS))
        shown = (await recent_runs(ws)).runs
        assert [(each.run.id, each.is_delta) for each in shown] == [(f"run-{n}", True) for n in range(349, 344, -1)]
        assert len(emulated.requests("GET", RUNS)) - before == 2
        # Run 0 failed, so run 1 is the full one.
        for number in range(2, 350):
            platform.state.runs.remove(f"run-{number:03d}")
        assert [each.is_delta for each in (await recent_runs(ws)).runs] == [False, False]


async def test_the_first_scheduled_run_is_no_delta_while_it_is_going_on(tmp_path: Path) -> None:
    async with running_emulator(ready_after=1e6) as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        flow_id = await three_hourly(ws, emulated, LANDING)
        platform = emulated.running.platform
        [flow] = platform.state.flows
        first = platform.now() + timedelta(seconds=start_of(emulated, flow_id))
        done = {"statusSummary": {"status": "success"}, "recordSummary": {"outputRecordCount": 600}}
        for name, hours, metrics in (("on-demand", -1, done), ("first", 0, processing_metrics(to_millis(first)))):
            begun = new_run(flow.wire, to_millis(first + timedelta(hours=hours, seconds=1)), new_etag(first))
            platform.state.runs.save(Entity(name, {**begun, "id": name, "metrics": metrics}))
        shown = (await recent_runs(ws)).runs
        assert [(each.run.id, each.is_delta) for each in shown] == [("first", False), ("on-demand", False)]


async def test_the_flows_of_a_sandbox_are_listed_once(tmp_path: Path) -> None:
    async with running_emulator(ready_after=1e6) as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        flow_id = await three_hourly(ws, emulated, LANDING)
        state = emulated.running.platform.state.flows
        [own] = state
        for name in ("theirs", "adopted"):
            state.save(Entity(name, {**own.wire, "id": name, "name": name}, own.hidden))
        await ws.ledger.add(Kind.NOTE, "", about=ADOPTED, marker="m", flow_id="adopted", export="taken over")
        before = len(emulated.requests("GET", FLOWS))
        assert {name: flow.id for name, flow in await own_exports(ws)} == {"hourly": flow_id, "taken over": "adopted"}
        assert len(emulated.requests("GET", FLOWS)) - before == 1
        # Once by its name, and once all of them: for a flow of this name, and for near names.
        before = len(emulated.requests("GET", FLOWS))
        assert (await find_flow(ws, "theirs")).id == "theirs"
        with pytest.raises(UsageError) as unknown:
            await find_flow(ws, "hourli")
        assert "hourly" in unknown.value.meaning
        assert len(emulated.requests("GET", FLOWS)) - before == 4
