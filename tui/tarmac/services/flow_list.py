"""All dataset flows of the sandbox, made by whomever, with what their schedules mean now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tarmac.platform.models import Flow
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.text import plain
from tarmac.terms.times import from_millis

ENDING_SOON = timedelta(days=30)


@dataclass(frozen=True)
class FlowLine:
    """One dataset flow. `ends_soon`: within 30 days, and enabled. Times are UTC; None is not known or never."""

    flow: Flow
    name: str
    state: str
    kind: str
    schedule: str
    next_run: datetime | None
    end: datetime | None
    ends_soon: bool
    last_run: datetime | None
    last_state: str
    created_by: str


async def dataset_flows(ws: Workspace) -> tuple[FlowLine, ...]:
    """Read all dataset flows, those that end first at the top. Raises what the platform raises."""
    platform = await ws.platform()
    flows = await platform.flows.all()
    now = ws.now()
    lines = [flow_line(flow, now) for flow in flows]
    far = now + timedelta(days=36500)
    return tuple(sorted(lines, key=lambda line: (not line.ends_soon, line.end or far, line.name)))


def flow_line(flow: Flow, now: datetime) -> FlowLine:
    """Return what the list shows of a flow at `now`."""
    params = flow.schedule
    end = None if params is None else params.end
    last = flow.raw.get("lastRunDetails")
    details: Mapping[str, Any] = last if isinstance(last, Mapping) else {}
    return FlowLine(
        flow=flow,
        name=plain(flow.name, 200) or flow.id,
        state=plain(flow.state, 40),
        kind="other" if flow.kind is None else flow.kind.spec.title,
        schedule=schedule_words(params),
        next_run=next_run(params, now) if flow.state == "enabled" else None,
        end=end,
        ends_soon=end is not None and flow.state == "enabled" and end - now < ENDING_SOON,
        last_run=_millis(details.get("startedAtUTC")),
        last_state=plain(str(details.get("state") or ""), 40),
        created_by=plain(flow.created_by or "", 80),
    )


def schedule_words(params: ScheduleParams | None) -> str:
    """Say how often a flow runs: `once`, `every day`, `every 6 h`."""
    if params is None or params.interval is None:
        return "no schedule"
    if params.interval == 0:
        return "once"
    if params.time_unit == "hour":
        return f"every {params.interval} h"
    return "every day" if params.interval == 1 else f"every {params.interval} d"


def next_run(params: ScheduleParams | None, now: datetime) -> datetime | None:
    """Return the next moment at which the schedule fires; None if there is none."""
    if params is None or params.start is None:
        return None
    at, step = params.start, params.step
    if at < now:
        if step is None:
            return None
        at += step * -((at - now) // step)
    return at if params.end is None or at < params.end else None


def _millis(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e14:
        return from_millis(value)
    return None
