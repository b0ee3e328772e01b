"""The comparisons that a receipt holds: catalog at trigger, what the run says, what was counted (design §6.4).

A comparison that `agrees` False is a mismatch (exit 4); None was not or could not be judged, and its explanation says why.
Nothing that is unknown is ever read as agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tarmac.platform.models import Run, RunPhase
from tarmac.services.landed.receipt import LandedFile, Receipt, RowVerdict
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

COUNTED_TITLE = "rows counted in the files = rows that the run wrote"
CATALOG_TITLE = "rows that the run wrote = rows of the dataset"
COUNTED_CATALOG_TITLE = "rows counted in the files = rows of the dataset"
FILES_TITLE = "files in the folder = files that the run wrote"
BYTES_TITLE = "bytes in the folder = bytes that the run wrote"
STATUS_TITLE = "the run ended well"
_DISAGREEING = {
    COUNTED_TITLE: "rows counted in the files ≠ rows that the run wrote",
    CATALOG_TITLE: "rows that the run wrote ≠ rows of the dataset",
    COUNTED_CATALOG_TITLE: "rows counted in the files ≠ rows of the dataset",
    FILES_TITLE: "files in the folder ≠ files that the run wrote",
    BYTES_TITLE: "bytes in the folder ≠ bytes that the run wrote",
    STATUS_TITLE: "the run did not end well",
}
STILL_WRITING = "the run is not over: it may still be writing"
# No file proves "no rows" only where the run says both numbers: files may also be elsewhere, or gone.
_NO_FILES = "unchecked: there is no file, and the run does not say both its rows and its files"


@dataclass(frozen=True)
class DatasetRows:
    """What the catalog says: at the trigger and, where that differs from what landed, now.

    `is_full` says whether the run wrote all rows (False: an increment; None: not known). `is_time_series` datasets are
    exported for the last 365 days only (platform-api §2.5).
    """

    at_trigger: int | None
    now: int | None = None
    is_full: bool | None = True
    is_time_series: bool = False


def judge_rows(
    run: Run, files: Sequence[LandedFile], dataset: DatasetRows, problems: Sequence[str]
) -> tuple[RowVerdict, ...]:
    """Make all comparisons of one run. `problems` say which files could not be counted, and why."""
    counts = [file.rows for file in files]
    counted = None if any(count is None for count in counts) else sum(count or 0 for count in counts)
    verdicts = [
        _counted(run, files, counted, problems),
        _catalog(run, files, counted, dataset),
        _files(run, len(files)),
        _bytes(run, sum(file.bytes for file in files)),
    ]
    if run.phase is not RunPhase.SUCCEEDED:
        verdicts.insert(0, _status(run))
    if not run.phase.is_final:
        verdicts = [_not_yet(each) for each in verdicts]
    return tuple(verdicts)


def is_proved(verdicts: Sequence[RowVerdict]) -> bool:
    """Whether rows were counted and compared with something, and nothing disagrees."""
    compared = any(each.agrees and each.title in {COUNTED_TITLE, COUNTED_CATALOG_TITLE} for each in verdicts)
    return compared and all(each.agrees is not False for each in verdicts)


def outcome_of(receipt: Receipt) -> bool | None:
    """Return True for proved, False for a mismatch, None for what could not be checked."""
    if any(each.agrees is False for each in receipt.verdicts):
        return False
    return True if receipt.verified else None


def in_words(verdict: RowVerdict) -> str:
    """Say one comparison as a sentence about how it came out."""
    if verdict.agrees is not False:
        return verdict.title
    return _DISAGREEING.get(verdict.title, f"not so: {verdict.title}")


def first_disagreement(receipt: Receipt) -> RowVerdict | None:
    """Return the first comparison that does not agree."""
    return next((each for each in receipt.verdicts if each.agrees is False), None)


def _status(run: Run) -> RowVerdict:
    messages = "; ".join(f"{plain(each.code, 60)} {plain(each.message, 200)}" for each in (*run.errors, *run.skips)[:3])
    word = plain(run.status_word, 40) or run.phase.value
    agrees = False if run.phase in {RunPhase.PARTIAL, RunPhase.FAILED} else None
    return RowVerdict(
        STATUS_TITLE, None, None, agrees, f"the platform says {word}" + (f": {messages}" if messages else "")
    )


def _not_yet(verdict: RowVerdict) -> RowVerdict:
    """While a run goes on, numbers that differ prove nothing."""
    if verdict.agrees is not False:
        return verdict
    said = f"{STILL_WRITING}; {verdict.explanation}" if verdict.explanation else STILL_WRITING
    return replace(verdict, agrees=None, explanation=said)


def _counted(run: Run, files: Sequence[LandedFile], counted: int | None, problems: Sequence[str]) -> RowVerdict:
    wrote = run.output_rows
    if counted is None:
        shown = "; ".join(plain(problem, 200) for problem in problems[:3])
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        # Only a file that is cut, broken or gone cannot be counted: whoever trains on it will find that out too.
        return RowVerdict(COUNTED_TITLE, None, wrote, False, f"rows cannot be counted: {shown}{more}")
    if wrote is None:
        return RowVerdict(COUNTED_TITLE, counted, None, None, "unchecked: the run does not say how many rows it wrote")
    if counted == wrote:
        if not files and run.output_files != 0:
            return RowVerdict(COUNTED_TITLE, counted, wrote, None, _NO_FILES)
        return RowVerdict(COUNTED_TITLE, counted, wrote, True, "the run wrote no rows" if wrote == 0 else "")
    cause = _cause(run, files, counted, wrote)
    return RowVerdict(COUNTED_TITLE, counted, wrote, False, f"{_differ(abs(counted - wrote))}; likely: {cause}")


def _differ(rows: int) -> str:
    return f"{plural(rows, 'row')} {'differs' if rows == 1 else 'differ'}"


def _cause(run: Run, files: Sequence[LandedFile], counted: int, wrote: int) -> str:
    """Say why the files hold other rows than the run wrote, by what else is known of both."""
    if run.output_files is not None and len(files) < run.output_files:
        return (
            f"{run.output_files - len(files):,} of {run.output_files:,} files are missing: deleted since (the landing zone "
            "keeps them 7 days), not all visible yet, or moved"
        )
    if run.output_files is not None and len(files) > run.output_files:
        return "the folder holds files of more than this run"
    if run.output_bytes is not None and run.output_bytes == sum(file.bytes for file in files):
        return "the run's own number is wrong: the files are those that it wrote, to the byte"
    if counted < wrote:
        return (
            "files are missing: deleted since (the landing zone keeps them 7 days), not all visible yet, or moved; or the "
            "run's own number is wrong"
        )
    return "the folder holds files of more than this run, or the run's numbers are not final"


def _catalog(run: Run, files: Sequence[LandedFile], counted: int | None, dataset: DatasetRows) -> RowVerdict:
    left = run.output_rows if run.output_rows is not None else counted
    title = CATALOG_TITLE if run.output_rows is not None else COUNTED_CATALOG_TITLE
    right = dataset.at_trigger
    if left is None or right is None:
        what = _unknown_catalog(left, dataset) if right is None else "the rows are not known"
        return RowVerdict(title, left, right, None, f"unchecked: {what}")
    if left == right:
        if not files and run.output_rows is None:
            return RowVerdict(title, left, right, None, _NO_FILES)
        return RowVerdict(title, left, right, True)
    if dataset.is_full is not True:
        return RowVerdict(title, left, right, None, "not judged: an increment holds only what is new")
    if dataset.now is not None and min(right, dataset.now) <= left <= max(right, dataset.now):
        return RowVerdict(title, left, right, True, f"the dataset changed meanwhile: it has {dataset.now:,} rows now")
    return _catalog_gap(run, title, left, right, dataset)


def _unknown_catalog(left: int | None, dataset: DatasetRows) -> str:
    if dataset.now is None:
        return "the catalog does not say how many rows the dataset has"
    said = f"nobody noted the catalog's number at the trigger; it says {dataset.now:,} rows now"
    if left is None or dataset.is_full is not True or dataset.now <= left:
        return said
    return f"{said}; the {dataset.now - left:,} more were likely added since"


def _catalog_gap(run: Run, title: str, left: int, right: int, dataset: DatasetRows) -> RowVerdict:
    gap = f"{abs(right - left):,} rows {'fewer' if left < right else 'more'} than the catalog says"
    if left < right and run.skipped_rows:
        why = "; ".join(plain(each.message, 120) for each in run.skips[:2])
        return RowVerdict(
            title, left, right, False, f"{gap}; the run skipped {run.skipped_rows:,}" + (f": {why}" if why else "")
        )
    if left < right and dataset.is_time_series:
        return RowVerdict(
            title, left, right, None, f"{gap}; not judged: of event data only the last 365 days are exported"
        )
    cause = "the run did not export everything" if left < right else "rows were written twice"
    return RowVerdict(title, left, right, False, f"{gap}; likely: {cause}, or the catalog's number is out of date")


def _files(run: Run, found: int) -> RowVerdict:
    if run.output_files is None:
        return RowVerdict(FILES_TITLE, found, None, None, "unchecked: the run does not say how many files it wrote")
    agrees = found == run.output_files
    return RowVerdict(FILES_TITLE, found, run.output_files, agrees, "" if agrees else "files were removed or added")


def _bytes(run: Run, found: int) -> RowVerdict:
    if run.output_bytes is None:
        return RowVerdict(BYTES_TITLE, found, None, None, "unchecked: the run does not say how many bytes it wrote")
    if found == run.output_bytes:
        return RowVerdict(BYTES_TITLE, found, run.output_bytes, True)
    # Seen to differ in sound exports: the platform mixes its metrics (platform-api §7).
    return RowVerdict(BYTES_TITLE, found, run.output_bytes, None, "not judged: the platform counts sizes its own way")
