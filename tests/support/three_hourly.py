"""An export that runs every three hours, and a platform that forgets one of its runs."""

from __future__ import annotations

from datetime import timedelta

from support.emulated import Emulated
from tarmac.emulator.state import Entity
from tarmac.profiles.models import Destination, Export
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Finished
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.terms.times import to_millis

HOUR = 3600


async def three_hourly(ws: Workspace, emulated: Emulated, destination: Destination) -> str:
    """Make the export `hourly` as a command does that does not wait, and return its dataflow's id."""
    schedule = Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=3))
    wish = Wish(Export("hourly", emulated.dataset_id(), destination.name, schedule=schedule), destination)
    [last] = [event async for event in export(ws, wish, wait=False) if isinstance(event, Finished)]
    flow_id = last.result.flow_id
    assert flow_id is not None
    [chain] = await ws.ledger.unfinished()
    await ws.ledger.add(Kind.ENDED, chain.id, outcome="running")
    return flow_id


def start_of(emulated: Emulated, flow_id: str) -> float:
    """Seconds until the first scheduled run."""
    flow = emulated.running.platform.state.flows.get(flow_id)
    assert flow is not None
    start: float = flow.wire["scheduleParams"]["startTime"]
    return start - emulated.running.platform.now().timestamp()


def skip(emulated: Emulated, flow_id: str, seconds: float) -> None:
    """Let the platform forget what is due within that time."""
    state, now = emulated.running.platform.state.flows, emulated.running.platform.now()
    flow = state.get(flow_id)
    assert flow is not None
    until = to_millis(now + timedelta(seconds=seconds))
    state.save(Entity(flow.id, flow.wire, {**flow.hidden, "scheduledUntil": until}))
