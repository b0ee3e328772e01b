"""The newest runs of our exports, each with the receipt that it has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tarmac.platform.models import Flow, Run
from tarmac.services.errors import ReceiptUnreadable
from tarmac.services.landed.landed_runs import receipts_folder
from tarmac.services.landed.receipts import read_receipt, receipt_path
from tarmac.services.landed.verdicts import outcome_of
from tarmac.services.runs.known_exports import find_flow, own_exports
from tarmac.services.runs.missing_runs import MissingRun, missing_among
from tarmac.services.runs.scheduled_flows import delta_ids
from tarmac.services.together import together
from tarmac.services.workspace import Workspace

_OF_ONE = 50
_OF_EACH = 5
_AT_ONCE = 4


@dataclass(frozen=True)
class RecentRun:
    """One run. `verified` is None while it was not checked, or could not be. `is_delta`: it holds only what was new."""

    export: str
    run: Run
    verified: bool | None = None
    receipt: Path | None = None
    is_delta: bool = False


@dataclass(frozen=True)
class RecentRuns:
    """The newest runs first, and the scheduled ones that are not there."""

    runs: tuple[RecentRun, ...]
    missing: tuple[MissingRun, ...] = ()


async def recent_runs(ws: Workspace, export: str | None = None) -> RecentRuns:
    """Return the newest runs of one export, or some of every export that tarmac made or adopted."""
    if export is not None:
        return await _of_flow(ws, await find_flow(ws, export), export, _OF_ONE, asyncio.Semaphore(1))
    slots = asyncio.Semaphore(_AT_ONCE)
    async with together() as group:
        tasks = [group.create_task(_of_flow(ws, flow, name, _OF_EACH, slots)) for name, flow in await own_exports(ws)]
    runs = sorted((each for task in tasks for each in task.result().runs), key=_moment, reverse=True)
    return RecentRuns(tuple(runs), tuple(each for task in tasks for each in task.result().missing))


async def _of_flow(ws: Workspace, flow: Flow, export: str, newest: int, slots: asyncio.Semaphore) -> RecentRuns:
    platform = await ws.platform()
    async with slots:
        runs = await platform.runs.of_flow(flow.id, newest=newest)
        # Fewer than asked for are all that there are: the first one is among them.
        deltas = await delta_ids(ws, flow, runs, is_whole=len(runs) < newest)
    found = await asyncio.to_thread(_with_receipts, receipts_folder(ws), export, runs, deltas)
    return RecentRuns(tuple(found), missing_among(export, flow, runs, ws.now()))


def _with_receipts(folder: Path, export: str, runs: tuple[Run, ...], deltas: frozenset[str]) -> list[RecentRun]:
    found: list[RecentRun] = []
    for run in runs:
        path = receipt_path(folder, run.id)
        try:
            found.append(RecentRun(export, run, outcome_of(read_receipt(path)), path, run.id in deltas))
        except ReceiptUnreadable:
            found.append(RecentRun(export, run, is_delta=run.id in deltas))
    return found


def _moment(each: RecentRun) -> datetime:
    return each.run.created_at or each.run.started_at or datetime(1970, 1, 1, tzinfo=UTC)
