"""The newest runs of our exports, each with the receipt that it has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tarmac.platform.models import Flow, Run
from tarmac.services.errors import ReceiptUnreadable
from tarmac.services.known_exports import find_flow, own_exports
from tarmac.services.landed_runs import receipts_folder
from tarmac.services.receipts import read_receipt, receipt_path
from tarmac.services.together import together
from tarmac.services.verdicts import outcome_of
from tarmac.services.workspace import Workspace

_OF_ONE = 50
_OF_EACH = 5
_AT_ONCE = 4


@dataclass(frozen=True)
class RecentRun:
    """One run. `verified` is None while it was not checked, or could not be."""

    export: str
    run: Run
    verified: bool | None = None
    receipt: Path | None = None


async def recent_runs(ws: Workspace, export: str | None = None) -> list[RecentRun]:
    """Return the newest runs of one export, or some of every export that tarmac made or adopted, the newest first."""
    if export is not None:
        return await _of_flow(ws, await find_flow(ws, export), export, _OF_ONE, asyncio.Semaphore(1))
    slots = asyncio.Semaphore(_AT_ONCE)
    async with together() as group:
        tasks = [group.create_task(_of_flow(ws, flow, name, _OF_EACH, slots)) for name, flow in await own_exports(ws)]
    return sorted((each for task in tasks for each in task.result()), key=_moment, reverse=True)


async def _of_flow(ws: Workspace, flow: Flow, export: str, newest: int, slots: asyncio.Semaphore) -> list[RecentRun]:
    platform = await ws.platform()
    async with slots:
        runs = await platform.runs.of_flow(flow.id, newest=newest)
    return await asyncio.to_thread(_with_receipts, receipts_folder(ws), export, runs)


def _with_receipts(folder: Path, export: str, runs: tuple[Run, ...]) -> list[RecentRun]:
    found: list[RecentRun] = []
    for run in runs:
        path = receipt_path(folder, run.id)
        try:
            found.append(RecentRun(export, run, outcome_of(read_receipt(path)), path))
        except ReceiptUnreadable:
            found.append(RecentRun(export, run))
    return found


def _moment(each: RecentRun) -> datetime:
    return each.run.created_at or each.run.started_at or datetime(1970, 1, 1, tzinfo=UTC)
