"""What landed, as lines: folder, totals, verdicts, the two clocks, receipt and read set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.services.landed.receipt import LandedFile, Receipt, RowVerdict
from tarmac.terms.quantities import count_words, size_words
from tarmac.terms.text import plain
from tarmac.widgets.lines import fitted, middle_cut, width_of
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.landed.clocks import Clocks
    from tarmac.services.landed.feature_diff import ColumnState, FeatureDiff
    from tarmac.services.landed.landed_view import LandedView
    from tarmac.services.landed.peeking import PeekedFile
    from tarmac.services.reading.read_set import ReadSet

FILE_COLUMNS = (
    Column("file", "FILE", min_width=30, max_width=120, weight=1, middle=True),
    Column("rows", "ROWS", width=14, min_width=7, right=True, fits=True),
    Column("size", "SIZE", width=10, min_width=7, right=True, fits=True),
)
_LABEL = 13
_ROLE = 10
_FIELD = 40  # cells that name and type of a field take at most, beside a value
_VALUE = 26  # cells that one value takes at most


def title_of(receipt: Receipt) -> str:
    """Return the title of the summary."""
    return f"{plain(receipt.export)} · run {plain(receipt.run_id)}"


def summary_lines(receipt: Receipt, file: str, view: LandedView | None, *, brief: bool = False) -> list[Line]:
    """Return everything but the files and the code; `view` is None while the clocks are being asked for.

    `brief` is what stands above code where there is not much room.
    """
    count = len(receipt.files)
    files = f"{count:,} file{'' if count == 1 else 's'}"
    totals = f"{count_words(receipt.rows)} rows · {size_words(receipt.bytes)} · {files}"
    head, tone = ("✔ verified", Tone.GOOD) if receipt.verified else ("? not proved", Tone.WARN)
    if any(each.agrees is False for each in receipt.verdicts):
        head, tone = "✘ mismatch", Tone.BAD
    lines: list[Line] = [
        _line("folder", "none: the run wrote no rows")
        if receipt.folder is None
        else _line("folder", plain(receipt.folder), Tone.ACCENT),
        _line("total", totals),
        (_label("proof"), Cell(head, tone), Cell(f", {receipt.checked_at:%Y-%m-%d %H:%M} UTC", Tone.DIM)),
    ]
    if brief:
        return lines
    if receipt.dataset_name not in receipt.export:
        lines.insert(0, _line("dataset", f"{plain(receipt.dataset_name)} → {plain(receipt.destination)}"))
    lines += [verdict_line(each) for each in receipt.verdicts]
    if view is None:
        lines.append(Cell("Asking how long files and credentials last…", Tone.DIM))
    else:
        clocks = [] if view.clocks is None else clock_lines(view.clocks)
        # Without files none of them can be deleted.
        lines += clocks if receipt.files else clocks[1:]
    folders = receipt.read_set if view is None or view.read_set is None else view.read_set.folders
    read = "this folder" if folders == (receipt.folder,) else _together(len(folders))
    return [
        *lines,
        _line("read set", read if folders else "no folder makes the whole dataset yet"),
        _line("receipt", file),
    ]


def _together(folders: int) -> str:
    return "1 folder makes the dataset" if folders == 1 else f"{folders} folders together make the dataset"


def verdict_line(verdict: RowVerdict) -> Line:
    """Return one comparison: sign, what, the two numbers, and why where that needs saying."""
    from tarmac.services.landed.verdicts import in_words

    sign, tone = {True: ("✔", Tone.GOOD), False: ("✘", Tone.BAD), None: ("?", Tone.WARN)}[verdict.agrees]
    between = {True: "=", False: "≠", None: "?"}[verdict.agrees]
    numbers = ""
    if verdict.left is not None or verdict.right is not None:
        numbers = f"{count_words(verdict.left)} {between} {count_words(verdict.right)}"
    why = f"  {plain(verdict.explanation)}" if verdict.explanation else ""
    return (Cell(f"{sign} ", tone), f"{plain(in_words(verdict))}: ", Cell(numbers, tone), Cell(why, Tone.DIM))


def clock_lines(clocks: Clocks) -> list[Line]:
    """Return when the files go and when the key ends: colour by how near it is, and words that say it without."""
    lines: list[Line] = []
    for label, end in (("files", clocks.files), ("key", clocks.credentials)):
        tone = _TONES[end.urgency.value]
        lines.append((_label(label), Cell(f"{_SIGNS[end.urgency.value]}{end.words}", tone)))
    return lines


_TONES = {"soon": Tone.WARN, "now": Tone.BAD, "over": Tone.BAD, "unknown": Tone.WARN}
_TONES |= {"none": Tone.DIM, "calm": Tone.PLAIN}
_SIGNS = {"soon": "! ", "now": "! ", "over": "✘ ", "unknown": "? ", "none": "", "calm": ""}


def read_set_lines(read_set: ReadSet, width: int) -> list[Line]:
    """Return the folders to read in order, each full or delta, then what was left out and why."""
    lines: list[Line] = [Cell(f"! {plain(read_set.problem)}", Tone.WARN)] if read_set.problem else []
    below = " " * _ROLE
    for member, role in zip(read_set.members, read_set.roles, strict=True):
        tone = Tone.GOOD if role.value == "full" else Tone.ACCENT
        folder, rows = plain(member.folder.folder), Cell(f"{count_words(member.rows)} rows", Tone.DIM)
        start = (Cell(f"{role.value:<{_ROLE}}", tone), folder)
        # The number stands behind the folder, or below it where that is too long.
        if _ROLE + width_of(folder) + 2 + width_of(rows.text) <= width:
            lines.append((*start, "  ", rows))
        else:
            lines += [start, (below, rows)]
    for each in read_set.left_out:
        tone = Tone.WARN if each.leaves_gap else Tone.DIM
        lines.append((Cell(f"{'left out':<{_ROLE}}", tone), plain(each.folder)))
        lines.append((below, Cell(plain(each.reason), tone)))
    return lines or ["No folder makes the whole dataset yet."]


def peek_lines(seen: PeekedFile, width: int) -> list[Line]:
    """Return the schema as a tree with the first row's values, then the rows beside each other, as many as fit in `width`."""
    rows = "rows not counted" if seen.rows_in_file is None else f"{seen.rows_in_file:,} rows"
    lines: list[Line] = [
        Cell(f"{rows} · {size_words(seen.file.bytes)}, {size_words(seen.bytes_read)} of it read", Tone.DIM),
        "",
        Cell("Schema" if seen.not_kept else "Schema and first row", Tone.ACCENT),
        *_schema_lines(seen),
        "",
        Cell("First rows", Tone.ACCENT),
    ]
    if not seen.rows:
        return [*lines, seen.not_kept_words or "The file has no rows."]
    return [*lines, *_beside(seen, width)]


def _schema_lines(seen: PeekedFile) -> list[Line]:
    """Return a line a field: name and type, then the values of the first row below each other."""
    from tarmac.services.landed.peeking import tree_lines

    names = list(tree_lines(seen.fields))
    if not seen.rows:
        return [*names]
    first = dict(zip(seen.columns, seen.rows[0], strict=True))
    wide = min(_FIELD, max((width_of(name) for name in names), default=0))
    values = (whole[len(name) :].strip() for name, whole in zip(names, tree_lines(seen.fields, first), strict=True))
    return [
        (Cell(f"{name}{' ' * (wide - width_of(name))}  "), value) for name, value in zip(names, values, strict=True)
    ]


def _beside(seen: PeekedFile, width: int) -> list[Line]:
    """Return rows as columns: a line a field, so that nothing is cut however many fields there are."""
    from tarmac.services.landed.peeking import shown_value

    names = [plain(name) for name in seen.columns]
    label = min(max(_VALUE, width // 3), max(width_of(name) for name in names))
    shown = [[f"row {number}", *(shown_value(value) for value in row)] for number, row in enumerate(seen.rows, 1)]
    widths = [min(_VALUE, max(width_of(text) for text in each)) for each in shown]
    lines: list[Line] = []
    at = 0
    while at < len(shown):
        end, room = at + 1, width - label - 2 - widths[at]
        while end < len(shown) and room >= widths[end] + 2:
            room -= widths[end] + 2
            end += 1
        lines += [""] if at else []
        for line, name in enumerate(["", *names]):
            texts = [fitted(shown[each][line], widths[each]) for each in range(at, end)]
            lines.append(
                (
                    Cell(middle_cut(name, label), Tone.DIM),
                    "  ",
                    Cell("  ".join(texts), Tone.DIM if not line else Tone.PLAIN),
                )
            )
        at = end
    return lines


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
        lines.append(Cell("Code that reads a column with a ✘ breaks.", Tone.BAD))
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


def text_of(line: Line) -> str:
    """Return a line as it is copied."""
    parts = line if isinstance(line, tuple) else (line,)
    return "".join(part.text if isinstance(part, Cell) else part for part in parts)


def cut_at(text: str, width: int) -> list[str]:
    """Return `text` in pieces of at most `width` cells, wherever that is."""
    pieces = []
    while width_of(text) > width:
        at = min(len(text), width)
        while width_of(text[:at]) > width:
            at -= 1
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text]


def file_row(file: LandedFile) -> Row:
    """Return the line of one file; its folder is shown above the table."""
    rows = Cell("? unread", Tone.WARN) if file.rows is None else count_words(file.rows)
    return Row(file.path, (plain(file.path.rsplit("/", 1)[-1]), rows, size_words(file.bytes)))


def _label(text: str) -> Cell:
    return Cell(f"{text:<{_LABEL}}", Tone.DIM)


def _line(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return (_label(label), Cell(text, tone))
