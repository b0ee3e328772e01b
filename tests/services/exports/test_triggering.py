from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.chain import ADHOC, ADHOC_ACCEPT
from support.emulated import Emulated, running_emulator
from support.workspaces import HastyClock, opened, wish
from tarmac.platform.errors import StorageNotAllowed
from tarmac.services.errors import ReadOnly, StillRunning
from tarmac.services.exports.applying import apply
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Finished, Outcome, RunFired, StepDone, WaitingForReady
from tarmac.services.exports.triggering import trigger
from tarmac.services.plans.planning import make_plan
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.schedules import Schedule, ScheduleKind

Event = WaitingForReady | RunFired


async def collect(events: AsyncIterator[Event], into: list[Event]) -> None:
    async for event in events:
        into.append(event)  # noqa: PERF401 - what came before an error is looked at


async def applied(ws: Workspace, emulated: Emulated) -> str:
    """Create the flow of a wish and return its id."""
    done = [event async for event in apply(ws, await make_plan(ws, wish(emulated.dataset_id())))]
    last = done[-1]
    assert isinstance(last, StepDone)
    return last.id


async def fired_by_others(emulated: Emulated, flow_id: str) -> str:
    body = {
        "activationInfo": {"destinations": [{"flowId": flow_id, "datasets": [{"id": emulated.dataset_id()}]}]},
    }
    async with emulated.client(Accept=ADHOC_ACCEPT) as client:
        answer = (await client.post(ADHOC, json=body)).json()
    return str(answer["destinations"][0]["datasets"][0]["statusURL"].rpartition("/")[2])


async def test_a_run_that_is_going_on_is_followed_instead_of_a_second_one(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=30) as emulated, opened(emulated, tmp_path) as ws:
        flow_id = await applied(ws, emulated)
        theirs = await fired_by_others(emulated, flow_id)
        events = [event async for event in trigger(ws, flow_id, emulated.dataset_id(), deadline_s=20)]
        assert events == [RunFired(flow_id, theirs)]


async def test_a_storage_that_is_not_allowed_ends_at_once(tmp_path: Path) -> None:
    forbidden = frozenset({DestinationKind.DATA_LANDING_ZONE})
    async with running_emulator(not_allow_listed=forbidden) as emulated, opened(emulated, tmp_path) as ws:
        flow_id = await applied(ws, emulated)
        waits: list[Event] = []
        with pytest.raises(StorageNotAllowed):
            await collect(trigger(ws, flow_id, emulated.dataset_id(), deadline_s=60), waits)
        assert waits == []
        assert len(emulated.requests("POST", "*/adhocrun")) == 1


async def test_never_ready_ends_at_the_deadline_and_keeps_the_platform_unharassed(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, probe_s=20, clock=HastyClock()) as ws:
        flow_id = await applied(ws, emulated)
        emulated.add_faults(never_ready=True)
        events: list[Event] = []
        with pytest.raises(StillRunning) as ended:
            await collect(trigger(ws, flow_id, emulated.dataset_id(), deadline_s=2), events)
        waits = [event for event in events if isinstance(event, WaitingForReady)]
        assert waits
        assert ended.value.code == "not-ready"
        assert all(wait.elapsed_s + wait.next_probe_s <= 2.001 for wait in waits)


async def test_a_wait_that_began_before_a_restart_counts_on(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        flow_id = await applied(ws, emulated)
        emulated.add_faults(never_ready=True)
        async for event in trigger(ws, flow_id, emulated.dataset_id(), deadline_s=700, already_s=600):
            assert isinstance(event, WaitingForReady)
            assert event.elapsed_s >= 600
            assert event.next_probe_s == 2
            break


async def test_read_only_fires_nothing(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, read_only=True) as ws:
        with pytest.raises(ReadOnly):
            await collect(trigger(ws, "flow", emulated.dataset_id(), deadline_s=1), [])
        assert emulated.requests() == []


async def test_a_one_time_export_waits_for_its_own_run_and_fires_none(tmp_path: Path) -> None:
    async with running_emulator(speed=60) as emulated, opened(emulated, tmp_path) as ws:
        once = wish(emulated.dataset_id(), schedule=Schedule(ScheduleKind.ONCE))
        events = [event async for event in export(ws, once, timeout_s=60)]
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED, last.result.error
        assert emulated.requests("POST", "*/adhocrun") == []
        # Its only run is over: the same wish again means a run now.
        again = [event async for event in export(ws, once, timeout_s=60)][-1]
        assert isinstance(again, Finished)
        assert again.result.outcome is Outcome.LANDED, again.result.error
        assert again.result.run_id != last.result.run_id
