"""The read set: the folders that together make the dataset now (design §2).

It is the last full export and every increment after it, in order. Folders of runs that failed or still go on, and folders
with fewer files than their run wrote, are left out and named.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tarmac.platform.models import Run, RunPhase
from tarmac.services.landed.landed_folder import LandedFolder
from tarmac.services.landed.locating import NEAR, Found, judge
from tarmac.services.landed.receipt import Receipt
from tarmac.storage.store import StoredFile
from tarmac.terms.text import plain

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LandedRun:
    """A folder with the run that wrote it and the receipt of that run, where there are such."""

    folder: LandedFolder
    run: Run | None = None
    receipt: Receipt | None = None

    @property
    def rows(self) -> int | None:
        """Rows as counted, else as the run says."""
        if self.receipt is not None and self.receipt.rows is not None:
            return self.receipt.rows
        return None if self.run is None else self.run.output_rows


class FolderRole(StrEnum):
    """Whether a folder holds the whole dataset as of its time, or only what was new."""

    FULL = "full"
    DELTA = "delta"


class LeftOutWhy(StrEnum):
    """Why a folder is not part of the read set, with the words for it; what is doubtful says more of itself."""

    REPLACED = "a later full export replaces it"
    ON_DEMAND = "it was run on demand: the scheduled exports around it hold its rows too"
    NO_START = "the full export that it continues is not there"
    DOUBTFUL = "it cannot be relied on"


@dataclass(frozen=True)
class LeftOut:
    """A folder that is not part of the read set, and why. `leaves_gap` says that rows of the dataset are missing by it."""

    folder: str
    why: LeftOutWhy
    reason: str
    leaves_gap: bool = False


@dataclass(frozen=True)
class ReadSet:
    """Folders to read, oldest first, with their data files. Not complete: `problem` says what is missing.

    `is_empty`: there is no folder because the dataset had no rows, by the run's own numbers.
    """

    members: tuple[LandedRun, ...]
    left_out: tuple[LeftOut, ...]
    problem: str = ""
    is_empty: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders in the order to read them."""
        return tuple(member.folder.folder for member in self.members)

    @property
    def roles(self) -> tuple[FolderRole, ...]:
        """What each folder is, in the same order: the set begins with its one full export.

        After a full export of no rows the first increment holds all there is.
        """
        return tuple(FolderRole.DELTA if place else FolderRole.FULL for place in range(len(self.members)))

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """All data files, in order."""
        return tuple(file for member in self.members for file in member.folder.files)

    @property
    def rows(self) -> int | None:
        """Rows of all folders; None if any is not known."""
        counts = [member.rows for member in self.members]
        return None if any(count is None for count in counts) else sum(count or 0 for count in counts)

    @property
    def is_complete(self) -> bool:
        """Whether these folders are the whole dataset."""
        return bool(self.members) and not self.problem


def match_runs(
    folders: Sequence[LandedFolder], runs: Sequence[Run], receipts: Sequence[Receipt] = ()
) -> tuple[LandedRun, ...]:
    """Bring folders, runs and receipts, all of one storage, together; a folder that several runs claim belongs to none."""
    claims: dict[str, list[tuple[Run, LandedFolder]]] = {}
    near = _Nearby(folders)
    for run in runs:
        located = judge(run, near.folders(run), runs)
        if isinstance(located, Found):
            claims.setdefault(located.folder.folder, []).append((run, located.folder))
    by_folder = {receipt.folder: receipt for receipt in receipts if receipt.folder is not None}
    matched: list[LandedRun] = []
    for folder in folders:
        owners = claims.get(folder.folder, [])
        receipt = by_folder.get(folder.folder)
        if len(owners) == 1:
            matched.append(LandedRun(owners[0][1], owners[0][0], receipt))
        else:
            matched.append(LandedRun(folder, None, receipt))
    return tuple(matched)


class _Nearby:
    """The folders that a run can have written at all: a year of increments is thousands of both."""

    def __init__(self, folders: Sequence[LandedFolder]) -> None:
        dated = [(folder.exported_at, folder) for folder in folders if folder.exported_at is not None]
        dated.sort(key=lambda pair: pair[0])
        self._moments = [moment for moment, _ in dated]
        self._dated = [folder for _, folder in dated]
        self._undated = [folder for folder in folders if folder.exported_at is None]
        self._slack = NEAR + max((folder.resolution for folder in folders), default=timedelta(0))

    def folders(self, run: Run) -> list[LandedFolder]:
        """Return them, those without a time in their name included."""
        begins = [moment for moment in (run.created_at, run.started_at) if moment is not None]
        if not begins:
            return []
        first = bisect_left(self._moments, min(begins) - self._slack)
        last = len(self._moments) if run.ended_at is None else bisect_right(self._moments, run.ended_at + self._slack)
        return [*self._undated, *self._dated[first:last]]


def empty_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs that ended well and say both that they wrote no rows and no files: they have no folder."""
    return tuple(
        run for run in runs if run.phase is RunPhase.SUCCEEDED and run.output_rows == 0 and run.output_files == 0
    )


def build_read_set(
    landed: Sequence[LandedRun],
    *,
    incremental: bool,
    first_run_id: str | None = None,
    on_demand: Collection[str] = frozenset(),
    empty: Sequence[Run] = (),
) -> ReadSet:
    """Choose the folders that make the dataset now.

    Without increments every run writes all rows, so the newest whole folder is enough. With increments the dataflow's
    first run (`first_run_id`, where it is known) is the full one; any other is full only if its rows were, by its
    receipt, all the rows of the catalog. `on_demand` are the ids of runs that came between the increments without being one
    of them: the next increment holds what is new since the one before it, so that reading both would give rows twice.
    `empty` are the runs that wrote nothing: a full one among them begins the dataset anew, as a folder would.
    """
    ordered = sorted(landed, key=_moment)
    between = {run_id for run_id in on_demand if run_id != first_run_id} if incremental else set()
    asked = {id(each) for each in ordered if each.run is not None and each.run.id in between}
    doubts = {id(each): "" if id(each) in asked else why_left_out(each) for each in ordered}
    usable = [each for each in ordered if id(each) not in asked and not doubts[id(each)]]
    fulls = [each for each in usable if _is_full(each, incremental=incremental, first_run_id=first_run_id)]
    start = fulls[-1] if fulls else None
    since = _moment(start) if start is not None else None
    emptied = max((_began(run) for run in empty if not incremental or run.id == first_run_id), default=None)
    if emptied is not None and (since is None or emptied > since):
        start, since = None, emptied
    members: list[LandedRun] = []
    left_out: list[LeftOut] = []
    for each in ordered:
        doubt, folder = doubts[id(each)], each.folder.folder
        older = since is not None and _moment(each) < since
        if doubt:
            is_gap = incremental and not older and _is_over(each)
            left_out.append(LeftOut(folder, LeftOutWhy.DOUBTFUL, doubt, leaves_gap=is_gap))
        elif older:
            left_out.append(LeftOut(folder, LeftOutWhy.REPLACED, LeftOutWhy.REPLACED.value))
        elif id(each) in asked:
            left_out.append(LeftOut(folder, LeftOutWhy.ON_DEMAND, LeftOutWhy.ON_DEMAND.value))
        elif since is None:
            left_out.append(LeftOut(folder, LeftOutWhy.NO_START, LeftOutWhy.NO_START.value))
        else:
            members.append(each)
    is_empty = not members and since is not None and not any(each.leaves_gap for each in left_out)
    problem = f"the dataset had no rows at {since:%Y-%m-%d %H:%M} UTC" if is_empty else _problem(members, left_out)
    return ReadSet(tuple(members), tuple(left_out), problem, is_empty)


def why_left_out(landed: LandedRun) -> str:
    """Say why a folder cannot be relied on, or return the empty text."""
    files, receipt, run = landed.folder.files, landed.receipt, landed.run
    if receipt is not None:
        missing = _missing_files(receipt, files)
        if missing:
            return f"{missing} of the {len(receipt.files)} files on its receipt are gone or changed"
        if any(verdict.agrees is False for verdict in receipt.verdicts):
            return "its rows or files did not agree when they were counted"
        if receipt.verified:
            return ""
    if run is None:
        return "no one run of this dataflow fits it"
    return _run_complaint(run) or _count_complaint(run, files)


def _run_complaint(run: Run) -> str:
    match run.phase:
        case RunPhase.SUCCEEDED:
            return ""
        case RunPhase.FAILED:
            code = f" ({plain(run.errors[0].code, 60)})" if run.errors else ""
            return f"its run failed{code}"
        case RunPhase.PARTIAL:
            return "its run ended only partly"
        case _:
            return f"its run is not over yet ({plain(run.status_word, 40) or run.phase.value})"


def _count_complaint(run: Run, files: Sequence[StoredFile]) -> str:
    if run.output_files is None or run.output_files == len(files):
        return ""
    return f"it holds {len(files):,} files, its run wrote {run.output_files:,}"


def _missing_files(receipt: Receipt, files: Sequence[StoredFile]) -> int:
    sizes: Mapping[str, int] = {file.path: file.bytes for file in files}
    return sum(1 for file in receipt.files if sizes.get(file.path) != file.bytes)


def _is_full(landed: LandedRun, *, incremental: bool, first_run_id: str | None) -> bool:
    if not incremental:
        return True
    if landed.run is not None and landed.run.id == first_run_id:
        return True
    catalog = None if landed.receipt is None else landed.receipt.catalog_rows
    return bool(catalog) and landed.rows == catalog


def _is_over(landed: LandedRun) -> bool:
    return landed.run is None or landed.run.phase.is_final


def _moment(landed: LandedRun) -> datetime:
    if landed.folder.exported_at is not None:
        return landed.folder.exported_at
    if landed.run is not None and _began(landed.run) != _NEVER:
        return _began(landed.run)
    span = landed.folder.written_between
    return _NEVER if span is None else span[0]


def _began(run: Run) -> datetime:
    return run.started_at or run.created_at or _NEVER


def _problem(members: Sequence[LandedRun], left_out: Sequence[LeftOut]) -> str:
    if not members:
        return "no whole full export is in the storage" if left_out else "nothing has landed yet"
    gaps = [each.folder for each in left_out if each.leaves_gap]
    if gaps:
        return f"{len(gaps)} increment{'s' if len(gaps) > 1 else ''} cannot be relied on: " + ", ".join(
            plain(folder) for folder in gaps
        )
    return ""
