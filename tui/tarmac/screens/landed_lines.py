"""What landed, as lines: folder, totals, verdicts, the two clocks, receipt and read set."""

from __future__ import annotations

from datetime import datetime

from tarmac.services.landed_view import Clocks, LandedView
from tarmac.services.receipt import LandedFile, Receipt, RowVerdict
from tarmac.terms.text import plain
from tarmac.widgets.hanging import hanging
from tarmac.widgets.quantities import count_words, size_words
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line
from tarmac.widgets.timeline import away_words, local_and_utc

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


def summary_lines(receipt: Receipt, file: str, view: LandedView | None, now: datetime, width: int) -> list[Line]:
    """Return everything but the files and the code; `view` is None while the clocks are being asked for."""
    totals = f"{count_words(receipt.rows)} rows · {size_words(receipt.bytes)} · {len(receipt.files):,} files"
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
        lines += clock_lines(view.clocks, now)
    count = len(receipt.read_set)
    read = "this folder" if receipt.read_set == (receipt.folder,) else f"{count} folders together make the dataset"
    return [
        *lines,
        _line("read set", read if count else "no folder makes the whole dataset yet"),
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


def clock_lines(clocks: Clocks, now: datetime) -> list[Line]:
    """Return when the files go and when the credentials end."""
    lines: list[Line] = []
    for label, at, words in (
        ("files kept", clocks.files_deleted_at, clocks.files_words),
        ("credentials", clocks.credentials_end_at, clocks.credentials_words),
    ):
        if at is None:
            lines.append(_line(label, f"{words}"))
            continue
        gone = at <= now
        tone = Tone.BAD if gone else Tone.WARN if (at - now).days < 2 else Tone.PLAIN
        when = f"until {local_and_utc(at)}"
        lines.append(
            (_label(label), Cell(when, tone), Cell(f"   {'over' if gone else away_words(at - now)}, {words}", Tone.DIM))
        )
    return lines


def file_row(file: LandedFile) -> Row:
    """Return the line of one file; its folder is shown above the table."""
    rows = Cell("? unread", Tone.WARN) if file.rows is None else count_words(file.rows)
    return Row(file.path, (plain(file.path.rsplit("/", 1)[-1]), rows, size_words(file.bytes)))


def _label(text: str) -> Cell:
    return Cell(f"{text:<{_LABEL}}", Tone.DIM)


def _line(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return (_label(label), Cell(text, tone))
