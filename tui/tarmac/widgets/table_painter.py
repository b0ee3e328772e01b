"""What each line of a table looks like; which lines are drawn, and when, is the table's affair."""

from __future__ import annotations

from typing import Protocol

from rich.style import Style
from textual.strip import Strip

from tarmac.widgets.lines import aligned, fitted, middle_cut, strip_of
from tarmac.widgets.placed_columns import EDGE, GAP, PlacedColumns
from tarmac.widgets.rows import Row, Tone, safe

_MARKER, _MARK = 2, 1  # cursor marker and a blank; the mark, where rows can be marked


class _StyleOf(Protocol):
    def __call__(self, *names: str) -> Style:
        """Return the table's style with those of its parts `names` laid over it."""
        ...


def margin_of(*, can_mark: bool) -> int:
    """Return how many cells the cursor marker and the mark take, left of the first column."""
    return _MARKER + (_MARK if can_mark else 0)


class TablePainter:
    """Draws lines. It knows nothing of the rows in view: the same arguments give the same strip."""

    def __init__(self, style: _StyleOf, *, can_mark: bool) -> None:
        self._style = style
        self._can_mark = can_mark

    def status(self, status: str, position: str, width: int) -> Strip:
        """Draw the line at the top: what is shown, and at the right which row of how many the cursor is on."""
        left = fitted(" " + safe(status), max(0, width - len(position) - 2 - EDGE))
        style = self._style("status")
        return strip_of([(left + "  " + position, style)], width, style)

    def titles(self, columns: PlacedColumns, width: int) -> Strip:
        """Draw the titles of the columns."""
        titles = [aligned(each.column.title, each.cells, right=each.column.right) for each in columns]
        style = self._style("head")
        return strip_of([(" " * columns.margin + (" " * GAP).join(titles), style)], width, style)

    def row(self, row: Row, columns: PlacedColumns, width: int, *, under_cursor: bool, marked: bool) -> Strip:
        """Draw a row: cursor marker, mark, cells."""
        base = ("marked",) if marked else ()
        padding = self._style(*base)
        mark = ("✔ " if marked else "  ") if self._can_mark else " "
        runs = [("▸", self._style("cursor")) if under_cursor else (" ", padding), (mark, padding)]
        for order, (at, column, _, cells) in enumerate(columns):
            cell = row.cell(at)
            text = safe(cell.text)
            text = middle_cut(text, cells) if column.middle else aligned(text, cells, right=column.right)
            tone = () if cell.tone is Tone.PLAIN else (cell.tone.value,)
            # Under the cursor only the first text is set off, without its padding: that is all a move repaints.
            accent = ("cursor",) if under_cursor and order == 0 else ()
            shown = text.rstrip()
            runs.append((shown, self._style(*base, *tone, *accent)))
            runs.append((text[len(shown) :] + " " * GAP, padding))
        return strip_of(runs, width, self._style())

    def words(self, text: str, margin: int, width: int) -> Strip:
        """Draw a line of the words that stand where no row is."""
        return strip_of(
            [(fitted(" " * margin + text if text else "", width), self._style("dim"))], width, self._style()
        )
