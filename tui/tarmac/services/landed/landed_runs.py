"""What is known about the runs of a dataflow when its folders are to be told apart: runs and receipts, and the read set."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tarmac.platform.models import Run, RunPhase
from tarmac.profiles.errors import ProfileError
from tarmac.services.errors import ReceiptUnreadable, ReceiptUnwritten
from tarmac.services.exports.chain import Kind
from tarmac.services.landed.absence import why_absent
from tarmac.services.landed.landed_folder import LandedFolder, Place
from tarmac.services.landed.locating import list_folders
from tarmac.services.landed.receipt import Receipt
from tarmac.services.landed.receipts import list_receipts, may_be_of, read_receipt, receipt_path, write_receipt
from tarmac.services.plans.plan import Wish
from tarmac.services.reading.read_set import LandedRun, ReadSet, build_read_set, empty_runs, match_runs, why_left_out
from tarmac.services.storages.stores import OpenedStore
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ScheduleKind
from tarmac.terms.text import plain

# Enough to tell the newest folders apart; increments need every run, to know the first.
_NEWEST = 30


async def runs_for_read_set(ws: Workspace, flow_id: str, *, incremental: bool) -> tuple[tuple[Run, ...], str | None]:
    """Return the runs of a dataflow, newest first, and for increments the id of its first run."""
    platform = await ws.platform()
    if not incremental:
        return await platform.runs.of_flow(flow_id, newest=_NEWEST), None
    runs = await platform.runs.of_flow(flow_id)
    # A run that failed exported nothing: the one after it is the full one.
    tried = [run for run in runs if run.phase is not RunPhase.FAILED]
    flow = await platform.flows.get(flow_id)
    return runs, first_full_run(tried, None if flow.schedule is None else flow.schedule.start)


def first_full_run(runs: Sequence[Run], start: datetime | None) -> str | None:
    """Return the id of the run with which the increments begin; `runs` newest first, `start` of the flow's schedule.

    A dataflow that was run on demand before it got its schedule begins its increments with the first scheduled run, which
    holds everything again. Whether that is always so is not documented; rows tell: a run with less than half of the rows
    of the first one is no full export, and the increments go on from the first.
    """
    if not runs:
        return None
    first = runs[-1]
    scheduled = [run for run in runs if start is not None and run.created_at is not None and run.created_at >= start]
    opening = scheduled[-1] if scheduled else first
    if opening.id == first.id or opening.output_rows is None or first.output_rows is None:
        return first.id
    return opening.id if opening.output_rows * 2 >= first.output_rows else first.id


@dataclass(frozen=True)
class LandedNow:
    """What is in the storage: every folder with its run and receipt, oldest first, and which of them make the dataset."""

    runs: tuple[LandedRun, ...]
    read_set: ReadSet

    @property
    def reliable(self) -> tuple[LandedRun, ...]:
        """The folders that are whole, oldest first."""
        return tuple(each for each in self.runs if not why_left_out(each))


async def landed_now(ws: Workspace, opened: OpenedStore, wish: Wish, dataset_id: str, flow_id: str | None) -> LandedNow:
    """List the storage once. Without a `flow_id` only receipts can vouch for a folder. Raises StorageError, PlatformError."""
    incremental = wish.export.schedule.kind is ScheduleKind.INCREMENTAL
    runs: tuple[Run, ...] = ()
    first: str | None = None
    if flow_id is not None:
        runs, first = await runs_for_read_set(ws, flow_id, incremental=incremental)
    place = Place(wish.folder, dataset_id, wish.export.folder_template)
    folders = await list_folders(opened.store, place)
    receipts = await receipts_there(ws, dataset_id, folders, wish.destination.name, opened.store.location)
    landed = match_runs(folders, runs, receipts)
    on_demand = await fired_on_demand(ws, flow_id)
    read_set = build_read_set(
        landed, incremental=incremental, first_run_id=first, on_demand=on_demand, empty=empty_runs(runs)
    )
    if not folders and not read_set.is_empty:
        ours = [each for each in await known_receipts(ws, dataset_id) if each.flow_id == flow_id]
        gone = await why_absent(ws, wish, place.prefix, runs, ours)
        read_set = replace(read_set, problem=gone or read_set.problem)
    return LandedNow(landed, read_set)


async def fired_on_demand(ws: Workspace, flow_id: str | None) -> frozenset[str]:
    """Return the ids of the runs of a dataflow that were fired from here, outside its schedule."""
    fired = set()
    for chain in await ws.ledger.chains():
        waiting = chain.last(Kind.WAITING)
        if (
            chain.flow_id == flow_id
            and chain.run_id
            and (waiting is None or waiting.facts.get("scheduled") is not True)
        ):
            fired.add(chain.run_id)
    return frozenset(fired)


async def known_receipts(
    ws: Workspace, dataset_id: str, folders: Sequence[LandedFolder] | None = None
) -> list[Receipt]:
    """Return the receipts of a dataset that are of these folders, or of any, oldest first.

    Damaged ones vouch for nothing and are passed over.
    """
    names = None if folders is None else frozenset(each.folder for each in folders)
    return await asyncio.to_thread(_receipts_of, receipts_folder(ws), dataset_id, names)


async def receipts_there(
    ws: Workspace, dataset_id: str, folders: Sequence[LandedFolder], destination: str, location: str
) -> list[Receipt]:
    """Return the receipts of a dataset that are of these folders in this storage, oldest first."""
    return [each for each in await known_receipts(ws, dataset_id, folders) if each.is_of(destination, location)]


async def known_receipt(ws: Workspace, run_id: str) -> Receipt | None:
    """Return the receipt of a run; None while there is none, or none that can be read."""
    try:
        return await asyncio.to_thread(read_receipt, receipt_path(receipts_folder(ws), run_id))
    except ReceiptUnreadable:
        return None


async def save_receipt(ws: Workspace, receipt: Receipt) -> Path:
    """Write a receipt where the profile keeps them and return its path. Raises ReceiptUnwritten when the disk refuses."""
    try:
        return await asyncio.to_thread(write_receipt, receipts_folder(ws), receipt)
    except ProfileError as error:
        raise ReceiptUnwritten(
            f"the rows were counted, but the receipt could not be kept: {error.message}",
            meaning="What landed is as it was; only its proof is missing.",
            next_step=f"{error.next_step} Then `tarmac verify {plain(receipt.run_id)}` counts again and writes it.",
        ) from error


def receipts_folder(ws: Workspace) -> Path:
    """Return `<state>/<profile>/receipts`."""
    return ws.places.receipts(ws.profile.name)


def _receipts_of(folder: Path, dataset_id: str, names: Collection[str] | None) -> list[Receipt]:
    found: list[Receipt] = []
    for path in reversed(list_receipts(folder)):
        if not may_be_of(path, dataset_id, names):
            continue
        try:
            receipt = read_receipt(path)
        except ReceiptUnreadable:
            continue
        if receipt.dataset_id == dataset_id and (names is None or receipt.folder in names):
            found.append(receipt)
    return found
