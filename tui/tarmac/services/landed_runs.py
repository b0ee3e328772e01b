"""What is known about the runs of a dataflow when its folders are to be told apart: runs and receipts, and the read set."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tarmac.platform.models import Run
from tarmac.services.errors import ReceiptUnreadable
from tarmac.services.landed_folder import Place
from tarmac.services.locating import list_folders
from tarmac.services.plan import Wish
from tarmac.services.read_set import ReadSet, build_read_set, match_runs
from tarmac.services.receipt import Receipt
from tarmac.services.receipts import list_receipts, read_receipt, write_receipt
from tarmac.services.stores import OpenedStore
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ScheduleKind

# Enough to tell the newest folders apart; increments need every run, to know the first.
_NEWEST = 30


async def runs_for_read_set(ws: Workspace, flow_id: str, *, incremental: bool) -> tuple[tuple[Run, ...], str | None]:
    """Return the runs of a dataflow, newest first, and for increments the id of its first run."""
    platform = await ws.platform()
    if not incremental:
        return await platform.runs.of_flow(flow_id, newest=_NEWEST), None
    runs = await platform.runs.of_flow(flow_id)
    return runs, runs[-1].id if runs else None


async def read_set_now(ws: Workspace, opened: OpenedStore, wish: Wish, dataset_id: str, flow_id: str | None) -> ReadSet:
    """List the storage and say which folders make the dataset now.

    Without a `flow_id` only receipts can vouch for a folder. Raises StorageError, PlatformError.
    """
    incremental = wish.export.schedule.kind is ScheduleKind.INCREMENTAL
    runs: tuple[Run, ...] = ()
    first: str | None = None
    if flow_id is not None:
        runs, first = await runs_for_read_set(ws, flow_id, incremental=incremental)
    place = Place(wish.folder, dataset_id, wish.export.folder_template)
    folders = await list_folders(opened.store, place)
    landed = match_runs(folders, runs, await known_receipts(ws, dataset_id))
    return build_read_set(landed, incremental=incremental, first_run_id=first)


async def known_receipts(ws: Workspace, dataset_id: str) -> list[Receipt]:
    """Return the receipts of a dataset, oldest first; damaged ones vouch for nothing and are passed over."""
    return await asyncio.to_thread(_receipts_of, receipts_folder(ws), dataset_id)


async def save_receipt(ws: Workspace, receipt: Receipt) -> Path:
    """Write a receipt where the profile keeps them and return its path. Raises ProfileError when the disk refuses."""
    return await asyncio.to_thread(write_receipt, receipts_folder(ws), receipt)


def receipts_folder(ws: Workspace) -> Path:
    """Return `<state>/<profile>/receipts`."""
    return ws.places.receipts(ws.profile.name)


def _receipts_of(folder: Path, dataset_id: str) -> list[Receipt]:
    found: list[Receipt] = []
    for path in reversed(list_receipts(folder)):
        try:
            receipt = read_receipt(path)
        except ReceiptUnreadable:
            continue
        if receipt.dataset_id == dataset_id:
            found.append(receipt)
    return found
