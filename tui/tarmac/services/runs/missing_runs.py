"""Scheduled runs of one export that should have begun and have not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tarmac.platform.models import Flow, Run
from tarmac.services.flows.punctuality import began_at, overdue
from tarmac.services.workspace import Workspace
from tarmac.terms.text import plain

_NEWEST = 10


@dataclass(frozen=True)
class MissingRun:
    """A scheduled run that has not begun: late, or missed since the next one was due. `words` say it. `due` is UTC."""

    export: str
    flow_id: str
    due: datetime
    is_missed: bool
    words: str


def missing_among(export: str, flow: Flow, runs: Collection[Run], now: datetime) -> tuple[MissingRun, ...]:
    """Return what is missing among the newest runs of a flow, the older one first."""
    return tuple(
        MissingRun(export, flow.id, each.due, each.is_missed, f"{plain(export, 80)} is {each.words(now)}")
        for each in overdue(flow, began_at(runs), now)
    )


async def missing_runs(ws: Workspace, export: str, flow_id: str) -> tuple[MissingRun, ...]:
    """Ask for a flow and its newest runs, and return what is missing. Raises PlatformError."""
    platform = await ws.platform()
    flow = await platform.flows.get(flow_id)
    return missing_among(export, flow, await platform.runs.of_flow(flow_id, newest=_NEWEST), ws.now())
