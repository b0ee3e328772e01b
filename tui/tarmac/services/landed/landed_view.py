"""Everything the Landed screen shows of one receipt: the receipt itself, the two clocks, and what reading code needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tarmac.services.landed.clocks import Clocks, clocks_of, written_by
from tarmac.services.landed.export_diff import diff_with_before
from tarmac.services.landed.feature_diff import FeatureDiff
from tarmac.services.landed.opened_export import OpenedExport, opened_flow
from tarmac.services.landed.peeking import PeekedFile, peek_file
from tarmac.services.landed.receipt import Receipt
from tarmac.services.landed.receipts import read_receipt
from tarmac.services.reading.copying import CopyResult, OnCopy
from tarmac.services.reading.export_copy import copy_export
from tarmac.services.reading.read_address import ReadRequest
from tarmac.services.reading.read_set import ReadSet
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain


@dataclass(frozen=True)
class LandedView:
    """One receipt to show, with what the platform and the storage say now; what could not be had is None.

    `request` is for reading the dataset as it is now. `problem` is the first thing that could not be had.
    """

    receipt: Receipt
    file: Path
    clocks: Clocks | None = None
    read_set: ReadSet | None = None
    request: ReadRequest | None = None
    problem: TarmacError | None = None


async def open_receipt(file: Path) -> Receipt:
    """Read a receipt, off the event loop. Raises ReceiptUnreadable."""
    return await asyncio.to_thread(read_receipt, file)


async def view_of(ws: Workspace, receipt: Receipt, file: Path) -> LandedView:
    """Ask for the clocks, the read set and the address. What cannot be had is said in the view, not raised."""
    view = LandedView(receipt, file)
    try:
        view = replace(view, clocks=await clocks_of(ws, DestinationKind(receipt.destination_kind), written_by(receipt)))
        async with opened_receipt(ws, receipt) as export:
            return replace(view, read_set=export.now.read_set, request=export.request())
    except TarmacError as error:
        return replace(view, problem=error)


@asynccontextmanager
async def opened_receipt(ws: Workspace, receipt: Receipt) -> AsyncIterator[OpenedExport]:
    """Open the export that a receipt is of, with all that landed of it. Raises TarmacError."""
    platform = await ws.platform()
    async with opened_flow(ws, receipt.export, await platform.flows.get(receipt.flow_id)) as export:
        yield export


async def peek_of(ws: Workspace, receipt: Receipt, path: str, rows: int) -> PeekedFile:
    """Read the first rows of one of the receipt's files. Raises TarmacError."""
    async with opened_receipt(ws, receipt) as export:
        folder = receipt.folder or path.rpartition("/")[0]
        there = [file async for page in export.storage.store.list_files(folder) for file in page]
        file = next((each for each in there if each.path == path), None)
        if file is None:
            raise TarmacError(
                f"{plain(path)} is not there any more",
                code="file-gone",
                meaning="It was deleted since; the landing zone keeps files 7 days.",
                next_step="Export again.",
            )
        return await peek_file(export.storage.store, file, rows)


async def copy_of(ws: Workspace, receipt: Receipt, to: str, on_progress: OnCopy) -> CopyResult:
    """Copy the read set; see `export_copy.copy_export`. Raises TarmacError."""
    async with opened_receipt(ws, receipt) as export:
        return await copy_export(ws, export, to, on_progress)


async def diff_of(ws: Workspace, receipt: Receipt) -> FeatureDiff:
    """Compare the receipt's export with the whole one before it. Raises TarmacError."""
    if receipt.folder is None:
        raise TarmacError(
            "there is nothing to compare: the run wrote no rows",
            code="nothing-to-compare",
            next_step="Compare the run before it.",
        )
    async with opened_receipt(ws, receipt) as export:
        return await diff_with_before(export, folder=receipt.folder)
