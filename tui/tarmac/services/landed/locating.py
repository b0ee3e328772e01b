"""Which folder a run wrote: chosen by the run's times and counts, never guessed (platform-api §7).

The folder's own name tells when it was made; the run tells when it ran and what it wrote. A folder whose time lies inside
the run is the run's. If none does, one near it is taken only when its number of files agrees too. If several could be
meant, all are named and none is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tarmac.platform.models import Run, RunPhase
from tarmac.services.errors import FolderUnclear, NothingLanded
from tarmac.services.landed.landed_folder import LandedFolder, Place
from tarmac.storage.store import Store
from tarmac.terms.text import plain
from tarmac.terms.times import Clock

# How far a folder's time may lie outside its run before it is surely another run's: clocks differ, schedules start late.
NEAR = timedelta(minutes=10)
# Files may appear a moment after the run is said to be over.
DEFAULT_PATIENCE_S = 30.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0
_SHOWN = 5


@dataclass(frozen=True)
class Found:
    """The run's folder. `note` says when it was found by more than its name."""

    folder: LandedFolder
    note: str = ""


@dataclass(frozen=True)
class NotThere:
    """No folder fits the run; `seen` are the folders of other runs."""

    seen: tuple[LandedFolder, ...]


@dataclass(frozen=True)
class Unclear:
    """Several folders fit the run equally."""

    candidates: tuple[LandedFolder, ...]


Located = Found | NotThere | Unclear


@dataclass(frozen=True)
class Sighting:
    """The end of a search: the run's folder and every folder of the place, oldest first.

    No folder: the run says that it wrote nothing, and nothing of it is there.
    """

    folder: LandedFolder | None
    all_folders: tuple[LandedFolder, ...]
    note: str = ""


def judge(run: Run, folders: Sequence[LandedFolder], others: Sequence[Run] = ()) -> Located:
    """Say which of `folders` the run wrote. `others` are runs of the same dataflow, whose folders are not ours."""
    inside = [folder for folder in folders if _inside(folder, run)]
    if len(inside) == 1:
        return Found(_own_files(inside[0], run))
    if inside:
        return _narrow(inside, run)
    rivals = [other for other in others if other.id != run.id]
    near = [
        folder
        for folder in folders
        if _inside(folder, run, NEAR) and not any(_inside(folder, rival) for rival in rivals)
    ]
    fitting = [folder for folder in near if _counts_fit(folder, run)]
    if len(fitting) == 1:
        return Found(fitting[0], "its time lies outside the run, its number of files agrees with it")
    return Unclear(tuple(fitting)) if fitting else NotThere(tuple(folders))


async def list_folders(store: Store, place: Place) -> tuple[LandedFolder, ...]:
    """List the place once and return the folders of its runs, oldest first. Raises StorageError."""
    files = [file async for page in store.list_files(place.prefix) for file in page]
    return tuple(place.group(files))


async def find_folder(
    store: Store,
    place: Place,
    run: Run,
    *,
    clock: Clock,
    others: Sequence[Run] = (),
    patience_s: float = DEFAULT_PATIENCE_S,
    on_look: Callable[[float], None] | None = None,
) -> Sighting:
    """Find the run's folder, looking again for `patience_s` seconds while nothing or less than all is there.

    `on_look` is told the seconds left before each further look. A run that says it wrote nothing has no folder.
    Raises NothingLanded, FolderUnclear or StorageError.
    """
    deadline = clock.monotonic() + patience_s
    pause = _FIRST_PAUSE_S
    while True:
        folders = await list_folders(store, place)
        located = judge(run, folders, others)
        left = deadline - clock.monotonic()
        if isinstance(located, Found) and (left <= 0 or not _is_short(located.folder, run)):
            return Sighting(located.folder, folders, located.note)
        if isinstance(located, NotThere) and wrote_nothing(run):
            return Sighting(None, folders, "the run wrote no rows, so there is no folder")
        if left <= 0 or (isinstance(located, NotThere) and run.phase is RunPhase.FAILED):
            raise _unclear(run, located) if isinstance(located, Unclear) else nothing_landed(run, place, store.location)
        if on_look is not None:
            on_look(left)
        await clock.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def wrote_nothing(run: Run) -> bool:
    """Whether the run itself says that it wrote nothing; a missing number is not zero."""
    return run.output_files == 0 or (run.output_files is None and run.output_rows == 0)


def nothing_landed(run: Run, place: Place, location: str) -> NothingLanded:
    """Return the error for a run of which nothing can be found."""
    where = f"{location}/{place.prefix}"
    if run.phase is RunPhase.FAILED:
        return NothingLanded(
            f"run {plain(run.id)} left nothing in {plain(where)}",
            meaning="The run failed, so nothing will come.",
            next_step="Look at the run's error, then trigger a new run with `tarmac export`.",
        )
    return NothingLanded(
        f"run {plain(run.id)} is over, but no folder of it is in {plain(where)}",
        meaning="The platform wrote elsewhere, the files were deleted since (the landing zone keeps them 7 days), or this "
        "reader looks at another storage than the platform writes to.",
        next_step="Compare the destination's path and `reader` settings with the target connection, then `tarmac verify` "
        "the run again.",
    )


def _unclear(run: Run, located: Unclear) -> FolderUnclear:
    names = [f"{plain(each.folder)} ({len(each.files)} files)" for each in located.candidates[:_SHOWN]]
    more = len(located.candidates) - len(names)
    return FolderUnclear(
        f"run {plain(run.id)} could have written any of {len(located.candidates)} folders: "
        + ", ".join(names)
        + (f" and {more} more" if more else ""),
        meaning="They fit the run's times and counts equally well; tarmac does not guess.",
        next_step="Let one run end before the next is triggered, or give each export a path of its own, and export again.",
    )


def _span(run: Run) -> tuple[datetime, datetime | None] | None:
    """Return when the run can have written; its end is None while it goes on. None if it says no time at all."""
    known = [moment for moment in (run.created_at, run.started_at) if moment is not None]
    return (min(known), run.ended_at) if known else None


def _inside(folder: LandedFolder, run: Run, slack: timedelta = timedelta(0)) -> bool:
    span = _span(run)
    if span is None:
        return False
    if folder.exported_at is not None:
        return _overlaps(folder.exported_at, folder.exported_at + folder.resolution, span, slack)
    # A folder without a time in its name may hold the files of many runs: one file of ours is enough.
    return any(_written_in(file.modified_at, span, slack) for file in folder.files)


def _overlaps(begin: datetime, end: datetime, span: tuple[datetime, datetime | None], slack: timedelta) -> bool:
    return end > span[0] - slack and (span[1] is None or begin <= span[1] + slack)


def _written_in(moment: datetime | None, span: tuple[datetime, datetime | None], slack: timedelta) -> bool:
    return moment is not None and _overlaps(moment, moment + timedelta(seconds=1), span, slack)


def _own_files(folder: LandedFolder, run: Run) -> LandedFolder:
    """Leave out the files of other runs in a shared folder, if the files' times say clearly which are ours."""
    span = _span(run)
    if span is None or (
        folder.exported_at is not None and (run.output_files is None or len(folder.files) <= run.output_files)
    ):
        return folder
    own = tuple(file for file in folder.files if _written_in(file.modified_at, span, timedelta(0)))
    if folder.exported_at is None or len(own) == run.output_files:
        return replace(folder, files=own)
    return folder


def _counts_fit(folder: LandedFolder, run: Run) -> bool:
    """Whether the number of files agrees; the size is asked only where the platform's own number can be relied on."""
    return run.output_files is not None and len(folder.files) == run.output_files


def _narrow(folders: Sequence[LandedFolder], run: Run) -> Located:
    """Choose among folders whose times fit: by number of files, by bytes, by when the files were written."""
    span = _span(run)
    tests: tuple[Callable[[LandedFolder], bool], ...] = (
        lambda each: _counts_fit(each, run),
        lambda each: run.output_bytes is not None and each.bytes == run.output_bytes,
        lambda each: span is not None and all(_written_in(file.modified_at, span, timedelta(0)) for file in each.files),
    )
    left = list(folders)
    for test in tests:
        passed = [folder for folder in left if test(folder)]
        if len(passed) == 1:
            return Found(passed[0], "several folders fit the run's times; its counts decided")
        left = passed or left
    return Unclear(tuple(left))


def _is_short(folder: LandedFolder, run: Run) -> bool:
    return run.output_files is not None and len(folder.files) < run.output_files
