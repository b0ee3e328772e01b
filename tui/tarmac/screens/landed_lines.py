"""What landed, as lines: folder, totals, verdicts, the two clocks, receipt and read set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.services.landed.receipt import LandedFile, Receipt, RowVerdict
from tarmac.terms.quantities import count_words, size_words
from tarmac.terms.text import plain
from tarmac.widgets.hanging import hanging
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.landed.clocks import Clocks
    from tarmac.services.landed.feature_diff import ColumnState, FeatureDiff
    from tarmac.services.landed.landed_view import LandedView
    from tarmac.services.landed.peeking import PeekedFile
    from tarmac.services.reading.read_set import ReadSet

FILE_COLUMNS = (
    Column("file", "FILE", min_width=30, weight=1),
    Column("rows", "ROWS", width=14, right=True),
    Column("size", "SIZE", width=10, right=True),
)
_LABEL = 13


def title_of(receipt: Receipt) -> str:
    """Return the title of the summary."""
    names = (receipt.export, receipt.dataset_name, receipt.destination, receipt.run_id)
    export, dataset, destination, run = (plain(name) for name in names)
    return f"{export} · {dataset} → {destination} · run {run}"


def summary_lines(receipt: Receipt, file: str, view: LandedView | None, width: int) -> list[Line]:
    """Return everything but the files and the code; `view` is None while the clocks are being asked for."""
    count = len(receipt.files)
    files = f"{count:,} file{'' if count == 1 else 's'}"
    totals = f"{count_words(receipt.rows)} rows · {size_words(receipt.bytes)} · {files}"
    head, tone = ("✔ verified", Tone.GOOD) if receipt.verified else ("? not proved", Tone.WARN)
    if any(each.agrees is False for each in receipt.verdicts):
        head, tone = "✘ mismatch", Tone.BAD
    lines: list[Line] = [
        _line("folder", plain(receipt.folder), Tone.ACCENT),
        (_label("total"), totals, "   ", Cell(head, tone), Cell(f" {receipt.checked_at:%Y-%m-%d %H:%M} UTC", Tone.DIM)),
        *(verdict_line(each) for each in receipt.verdicts),
    ]
    if view is None:
        lines.append(Cell("Asking how long files and credentials last…", Tone.DIM))
    else:
        lines += [] if view.clocks is None else clock_lines(view.clocks, width)
    folders = receipt.read_set if view is None or view.read_set is None else view.read_set.folders
    read = "this folder" if folders == (receipt.folder,) else f"{len(folders)} folders together make the dataset"
    return [
        *lines,
        _line("read set", read if folders else "no folder makes the whole dataset yet"),
        *hanging(_label("receipt"), file, width),
    ]


def verdict_line(verdict: RowVerdict) -> Line:
    """Return one comparison: sign, what, the two numbers, and why where that needs saying."""
    sign, tone = {True: ("✔", Tone.GOOD), False: ("✘", Tone.BAD), None: ("?", Tone.WARN)}[verdict.agrees]
    between = {True: "=", False: "≠", None: "?"}[verdict.agrees]
    numbers = ""
    if verdict.left is not None or verdict.right is not None:
        numbers = f"{count_words(verdict.left)} {between} {count_words(verdict.right)}"
    why = f"  {plain(verdict.explanation)}" if verdict.explanation else ""
    return (Cell(f"{sign} ", tone), f"{plain(verdict.title)}: ", Cell(numbers, tone), Cell(why, Tone.DIM))


def clock_lines(clocks: Clocks, width: int) -> list[Line]:
    """Return when the files go and when the key ends: colour by how near it is, and words that say it without."""
    lines: list[Line] = []
    for label, end in (("files", clocks.files), ("key", clocks.credentials)):
        tone = _TONES[end.urgency.value]
        lines += hanging(_label(label), f"{_SIGNS[end.urgency.value]}{end.words}", width, tone)
    return lines


_TONES = {"soon": Tone.WARN, "now": Tone.BAD, "over": Tone.BAD, "unknown": Tone.WARN}
_TONES |= {"none": Tone.DIM, "calm": Tone.PLAIN}
_SIGNS = {"soon": "! ", "now": "! ", "over": "✘ ", "unknown": "? ", "none": "", "calm": ""}


def read_set_lines(read_set: ReadSet) -> list[Line]:
    """Return the folders to read in order, each full or delta, then what was left out and why."""
    lines: list[Line] = [Cell(f"! {plain(read_set.problem)}", Tone.WARN)] if read_set.problem else []
    for member, role in zip(read_set.members, read_set.roles, strict=True):
        tone = Tone.GOOD if role.value == "full" else Tone.ACCENT
        rows = f"  {count_words(member.rows)} rows"
        lines.append((Cell(f"{role.value:<6}", tone), plain(member.folder.folder), Cell(rows, Tone.DIM)))
    for each in read_set.left_out:
        tone = Tone.WARN if each.leaves_gap else Tone.DIM
        lines.append((Cell("left out  ", tone), plain(each.folder)))
        lines.append(Cell(f"          {plain(each.reason)}", tone))
    return lines or ["No folder makes the whole dataset yet."]


def peek_lines(seen: PeekedFile) -> list[Line]:
    """Return the schema as a tree with the first row's values, then each row."""
    from tarmac.services.landed.peeking import shown_value, tree_lines

    rows = "rows not counted" if seen.rows_in_file is None else f"{seen.rows_in_file:,} rows"
    first = dict(zip(seen.columns, seen.rows[0], strict=True)) if seen.rows else None
    lines: list[Line] = [
        Cell(f"{rows} · {size_words(seen.file.bytes)}, {size_words(seen.bytes_read)} of it read", Tone.DIM),
        "",
        Cell("Schema" if seen.not_kept else "Schema and first row", Tone.ACCENT),
        *tree_lines(seen.fields, first),
        "",
        Cell("First rows", Tone.ACCENT),
    ]
    if not seen.rows:
        return [*lines, seen.not_kept_words or "The file has no rows."]
    widths = [
        min(24, max(len(plain(name)), *(len(shown_value(row[at], 24)) for row in seen.rows)))
        for at, name in enumerate(seen.columns)
    ]
    titles = "  ".join(f"{plain(name, 24):<{width}}" for name, width in zip(seen.columns, widths, strict=True))
    lines.append(Cell(titles, Tone.DIM))
    shown = ([shown_value(value, 24) for value in row] for row in seen.rows)
    return lines + ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in shown]


def diff_lines(diff: FeatureDiff) -> list[Line]:
    """Return what changed since the export before, what breaks first and in red."""
    before, after = diff.before, diff.after
    lines: list[Line] = [
        f"{plain(before.title)} → {plain(after.title)}",
        f"{count_words(before.rows)} → {count_words(after.rows)} rows, {before.files:,} → {after.files:,} files",
        "",
    ]
    same = sum(1 for each in diff.changes if each.kind.value == "same")
    for each in diff.changes:
        if each.kind.value == "same":
            continue
        sign, tone = _CHANGES[each.kind.value]
        states = " → ".join(_state(state) for state in (each.before, each.after))
        lines.append((Cell(f"{sign:<8}", tone), Cell(plain(each.name, 60), tone), Cell(f"  {states}", Tone.DIM)))
    lines.append(Cell(f"{same:,} column{'' if same == 1 else 's'} as before", Tone.DIM))
    if diff.breaks:
        lines.append(Cell("Code that read the red columns before breaks.", Tone.BAD))
    return lines


_CHANGES = {
    "gone": ("✘ gone", Tone.BAD),
    "type": ("✘ type", Tone.BAD),
    "added": ("+ new", Tone.GOOD),
    "nulls": ("~ nulls", Tone.WARN),
}


def _state(state: ColumnState | None) -> str:
    if state is None:
        return "–"
    return state.type if state.null_share is None else f"{state.type}, {state.null_share:.1%} null"


def file_row(file: LandedFile) -> Row:
    """Return the line of one file; its folder is shown above the table."""
    rows = Cell("? unread", Tone.WARN) if file.rows is None else count_words(file.rows)
    return Row(file.path, (plain(file.path.rsplit("/", 1)[-1]), rows, size_words(file.bytes)))


def _label(text: str) -> Cell:
    return Cell(f"{text:<{_LABEL}}", Tone.DIM)


def _line(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return (_label(label), Cell(text, tone))
