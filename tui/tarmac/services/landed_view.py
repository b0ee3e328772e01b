"""Everything the Landed screen shows of one receipt: the receipt itself, the two clocks, and what reading code needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tarmac.services.checks import DEFAULT_TTL_DAYS
from tarmac.services.plan import Wish
from tarmac.services.read_address import ReadRequest, address_of
from tarmac.services.receipt import Receipt
from tarmac.services.receipts import read_receipt
from tarmac.services.stores import access_for
from tarmac.services.values import Export
from tarmac.services.verifying import receipt_destination
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError
from tarmac.terms.formats import FileFormat


@dataclass(frozen=True)
class Clocks:
    """When the files go, and when the credentials end. None: never, or not known, as the words say."""

    files_deleted_at: datetime | None
    files_words: str
    credentials_end_at: datetime | None
    credentials_words: str


@dataclass(frozen=True)
class LandedView:
    """One receipt to show. `request` is None while the storage's address is not known; then `problem` says why."""

    receipt: Receipt
    file: Path
    clocks: Clocks
    request: ReadRequest | None
    problem: TarmacError | None = None


async def open_receipt(file: Path) -> Receipt:
    """Read a receipt, off the event loop. Raises ReceiptUnreadable."""
    return await asyncio.to_thread(read_receipt, file)


async def view_of(ws: Workspace, receipt: Receipt, file: Path) -> LandedView:
    """Ask for the clocks and the address. What cannot be had is said in the view, not raised."""
    clocks = Clocks(None, "not known", None, "not known")
    try:
        clocks = await _clocks(ws, receipt)
        request = await _request(ws, receipt)
    except TarmacError as error:
        return LandedView(receipt, file, clocks, None, error)
    return LandedView(receipt, file, clocks, request)


async def _clocks(ws: Workspace, receipt: Receipt) -> Clocks:
    if receipt.destination_kind != DestinationKind.DATA_LANDING_ZONE.value:
        return Clocks(None, "as long as your storage keeps them", None, "your own: the platform does not end them")
    platform = await ws.platform()
    info = await platform.landing_zone.info()
    ends = (await platform.landing_zone.credentials()).expires_at
    landed = receipt.run_ended_at or receipt.checked_at
    days = DEFAULT_TTL_DAYS if info.ttl_days is None else info.ttl_days
    words = f"{days} days" + ("" if info.ttl_days is not None else " as documented")
    return Clocks(
        landed + timedelta(days=days),
        words,
        ends,
        "end not known: the platform does not say it" if ends is None else "then renewed",
    )


async def _request(ws: Workspace, receipt: Receipt) -> ReadRequest:
    export = Export(name=receipt.export, dataset=receipt.dataset_id, destination=receipt.destination)
    access = await access_for(ws, Wish(export, receipt_destination(ws, receipt)))
    folders = receipt.read_set or (receipt.folder,)
    is_json = any(file.path.endswith(".json.gz") for file in receipt.files)
    return ReadRequest(
        title=f"{receipt.dataset_name}, export {receipt.export}",
        address=await asyncio.to_thread(address_of, access),
        folders=folders,
        format=FileFormat.JSON if is_json else FileFormat.PARQUET,
        files=tuple(file.path for file in receipt.files) if folders == (receipt.folder,) else (),
        rows=receipt.rows if folders == (receipt.folder,) else None,
    )
