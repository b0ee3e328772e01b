"""Proving that a run landed: find its folder, count its rows, compare with the run and the catalog, write the receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tarmac.platform.models import Dataset, Run
from tarmac.profiles.models import Destination, Export
from tarmac.services.exports.progress import Counting
from tarmac.services.landed.landed_folder import LandedFolder, Place
from tarmac.services.landed.landed_runs import fired_on_demand, receipts_there, runs_for_read_set
from tarmac.services.landed.locating import DEFAULT_PATIENCE_S, find_folder
from tarmac.services.landed.receipt import LandedFile, Receipt
from tarmac.services.landed.receipts import files_hash, schema_hash
from tarmac.services.landed.verdicts import DatasetRows, is_proved, judge_rows
from tarmac.services.plans.guards import confirmed_words
from tarmac.services.plans.marker import export_marker
from tarmac.services.plans.plan import Wish
from tarmac.services.reading.read_set import build_read_set, empty_runs, match_runs
from tarmac.services.storages.stores import opened_store
from tarmac.services.workspace import Workspace
from tarmac.storage.errors import StorageCorrupt, StorageMissing
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import read_footer
from tarmac.storage.row_count import CountedFile, count_rows
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.schedules import ScheduleKind

OnCount = Callable[[Counting], None]
_TIME_SERIES = "time-series"


async def verify_run(
    ws: Workspace,
    *,
    run: Run,
    wish: Wish,
    dataset: Dataset,
    flow_id: str,
    catalog_rows: int | None,
    on_progress: OnCount | None = None,
    patience_s: float = DEFAULT_PATIENCE_S,
) -> Receipt:
    """Count what `run` landed and compare; `catalog_rows` is what the catalog said when the run was triggered.

    Returns the receipt, not yet written (`save_receipt`). It is `verified` only if every row was counted and agrees; see
    `verdicts.outcome_of`. Raises NothingLanded, FolderUnclear, StorageError, PlatformError, UsageError.
    """
    incremental = wish.export.schedule.kind is ScheduleKind.INCREMENTAL
    runs, first_run_id = await runs_for_read_set(ws, flow_id, incremental=incremental)
    others = [each for each in runs if each.id != run.id]
    place = Place(wish.folder, dataset.id, wish.export.folder_template)
    async with opened_store(ws, wish) as opened:
        store = opened.store
        patience_s = _patience_left(patience_s, run, ws.now())
        sighting = await find_folder(store, place, run, clock=ws.clock, others=others, patience_s=patience_s)
        found = () if sighting.folder is None else sighting.folder.files
        counted = await count_files(store, found, on_progress)
        schema = await parquet_schema(store, found)
        files = tuple(LandedFile(each.path, each.bytes, each.rows) for each in counted)
        is_full = None if incremental and run.id != first_run_id else True
        rows = await _dataset_rows(ws, run, dataset, catalog_rows, is_full=is_full)
        verdicts = judge_rows(run, files, rows, [each.problem for each in counted if each.problem])
        receipt = Receipt(
            export=wish.export.name,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            catalog_rows=catalog_rows,
            flow_id=flow_id,
            run_id=run.id,
            run_status=run.status_word,
            run_started_at=run.started_at or run.created_at,
            run_ended_at=run.ended_at,
            run_output_rows=run.output_rows,
            run_output_bytes=run.output_bytes,
            run_output_files=run.output_files,
            destination=wish.destination.name,
            destination_kind=wish.destination.kind.value,
            store_location=store.location,
            folder=None if sighting.folder is None else sighting.folder.folder,
            files=files,
            parquet_schema=schema,
            schema_hash=schema_hash(schema),
            files_hash=files_hash(files),
            read_set=(),
            verdicts=verdicts,
            verified=is_proved(verdicts),
            checked_at=ws.now(),
            confirmed=await confirmed_words(ws, _marker_of(ws, wish)),
        )
    folders = _with(sighting.all_folders, sighting.folder)
    there = await receipts_there(ws, dataset.id, folders, receipt.destination, receipt.store_location)
    earlier = [each for each in there if each.run_id != run.id]
    landed = match_runs(folders, [run, *others], [*earlier, receipt])
    on_demand = await fired_on_demand(ws, flow_id)
    read_set = build_read_set(
        landed,
        incremental=incremental,
        first_run_id=first_run_id,
        on_demand=on_demand,
        empty=empty_runs([run, *others]),
    )
    return replace(receipt, read_set=read_set.folders)


def _marker_of(ws: Workspace, wish: Wish) -> str:
    settings = ws.profile.platform
    return export_marker(settings.org_id, settings.sandbox, wish.export.name)


def _patience_left(patience_s: float, run: Run, now: datetime) -> float:
    """Files appear soon after a run's end or not at all: of an old run nothing is waited for."""
    if run.ended_at is None:
        return patience_s
    return max(0.0, min(patience_s, patience_s - (now - run.ended_at).total_seconds()))


async def count_files(
    store: Store, files: Sequence[StoredFile], on_progress: OnCount | None = None
) -> tuple[CountedFile, ...]:
    """Count every file; one that cannot be counted is named by its `problem`. Raises StorageUnreachable, StorageDenied."""
    rows = 0

    def tell(done: int, total: int, file: CountedFile) -> None:
        nonlocal rows
        rows += file.rows or 0
        if on_progress is not None:
            on_progress(Counting(done, total, rows))

    return await count_rows(store, files, on_progress=tell)


async def parquet_schema(store: Store, files: Sequence[StoredFile]) -> tuple[str, ...]:
    """Return the schema of the first Parquet file, one column a line; empty for JSON, no file, or an unreadable one."""
    for file in files:
        if data_kind(file.path) is not DataKind.PARQUET:
            continue
        try:
            return tuple((await read_footer(store, file)).schema.lines())
        except (StorageCorrupt, StorageMissing):
            # The count has named this file already; the next one has the same columns.
            continue
    return ()


@dataclass(frozen=True)
class ReceiptDifference:
    """One file that is not as the receipt says: `what` is "missing", "size", "rows", "unreadable" or "new"."""

    path: str
    what: str
    expected: int | None = None
    found: int | None = None
    detail: str = ""

    @property
    def is_new(self) -> bool:
        """Whether it is a file that came later: it does not change what the receipt proves."""
        return self.what == "new"


async def verify_receipt(
    ws: Workspace, receipt: Receipt, on_progress: OnCount | None = None
) -> tuple[ReceiptDifference, ...]:
    """Look whether the receipt's files are still there, with their sizes and rows. Empty: all as it was.

    Raises UsageError when the destination is not in the profile any more, StorageError, PlatformError.
    """
    export = Export(name=receipt.export, dataset=receipt.dataset_id, destination=receipt.destination)
    wish = Wish(export, receipt_destination(ws, receipt))
    async with opened_store(ws, wish) as opened:
        # Without a folder there is nothing that could be gone.
        pages = () if receipt.folder is None else [page async for page in opened.store.list_files(receipt.folder)]
        there = {file.path: file for page in pages for file in page}
        kept = [there[file.path] for file in receipt.files if file.path in there]
        counted = {each.path: each for each in await count_files(opened.store, kept, on_progress)}
    differences = [found for file in receipt.files if (found := _compare(file, there.get(file.path), counted))]
    known = {file.path for file in receipt.files}
    differences += [
        ReceiptDifference(file.path, "new", None, file.bytes)
        for file in there.values()
        if file.path not in known and data_kind(file.path) is not None
    ]
    return tuple(differences)


def receipt_destination(ws: Workspace, receipt: Receipt) -> Destination:
    """Return the receipt's destination; a landing zone needs no entry in the profile. Raises UsageError."""
    known = ws.profile.destinations.get(receipt.destination)
    if known is None and receipt.destination_kind == DestinationKind.DATA_LANDING_ZONE.value:
        return Destination(receipt.destination, DestinationKind.DATA_LANDING_ZONE)
    return ws.destination(receipt.destination)


def _compare(file: LandedFile, now: StoredFile | None, counted: dict[str, CountedFile]) -> ReceiptDifference | None:
    if now is None:
        return ReceiptDifference(file.path, "missing", file.bytes, None)
    if now.bytes != file.bytes:
        return ReceiptDifference(file.path, "size", file.bytes, now.bytes)
    recount = counted.get(file.path)
    if recount is None or recount.rows is None:
        return ReceiptDifference(file.path, "unreadable", file.rows, None, (recount and recount.problem) or "")
    if file.rows is not None and recount.rows != file.rows:
        return ReceiptDifference(file.path, "rows", file.rows, recount.rows)
    return None


async def _dataset_rows(
    ws: Workspace, run: Run, dataset: Dataset, at_trigger: int | None, *, is_full: bool | None
) -> DatasetRows:
    """Ask the catalog again only where the numbers differ: the dataset may have grown since the trigger."""
    # Without a number for the trigger, today's says at least how far apart they are.
    now = dataset.rows if at_trigger is None else None
    if is_full and at_trigger is not None and run.output_rows is not None and run.output_rows != at_trigger:
        now = (await (await ws.platform()).catalog.get(dataset.id)).rows
    return DatasetRows(at_trigger, now, is_full=is_full, is_time_series=dataset.behavior == _TIME_SERIES)


def _with(folders: Sequence[LandedFolder], own: LandedFolder | None) -> list[LandedFolder]:
    """Return all folders with ours as it was counted."""
    return [own if own is not None and each.folder == own.folder else each for each in folders]
