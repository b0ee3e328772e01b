"""Where the columns of a table stand: which of them have room, from which cell on, and how wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tarmac.widgets.lines import width_of
from tarmac.widgets.rows import Column, Row, RowList, RowSource, laid_out, safe

GAP = 2
EDGE = 1  # what stays free at the right: a number that touches the end of the screen looks cut


class Placed(NamedTuple):
    """One column in its place: the index of its cells in a row, its first cell on the line, how many cells it has."""

    at: int
    column: Column
    x: int
    cells: int


class PlacedColumns:
    """The columns that have room, in order. `margin` cells are left of the first one."""

    def __init__(self, columns: tuple[Column, ...], *, margin: int) -> None:
        self.columns = columns
        self.margin = margin
        self._placed: tuple[Placed, ...] = ()
        self._longest: dict[str, int] = {}  # what columns that fit themselves to their texts have needed so far
        self._measured: dict[int, Row] = {}  # the rows that were looked at last, by identity

    def __iter__(self) -> Iterator[Placed]:
        return iter(self._placed)

    def __len__(self) -> int:
        return len(self._placed)

    def replace(self, columns: tuple[Column, ...], width: int) -> None:
        """Place other columns in a line of `width` cells; what the ones before needed is forgotten."""
        self.columns = columns
        self._longest.clear()
        self._measured.clear()
        self.lay_out(width)

    def lay_out(self, width: int) -> None:
        """Place the columns in a line of `width` cells."""
        room = max(0, width - self.margin)
        shown = laid_out(self.columns, max(0, room - EDGE), GAP, self._longest)
        if any(column.fits and cells < self._longest.get(column.key, 0) for _, column, cells in shown):
            # A letter more of a name is worth more than air beside it.
            shown = laid_out(self.columns, room, GAP, self._longest)
        placed, x = [], self.margin
        for at, column, cells in shown:
            placed.append(Placed(at, column, x, cells))
            x += cells + GAP
        self._placed = tuple(placed)

    def grow(self, source: RowSource, width: int) -> bool:
        """Look how much of a line of `width` cells the texts want; True if the columns stand elsewhere now.

        They never shrink again.
        """
        fitting = [(at, column) for at, column in enumerate(self.columns) if column.fits]
        if not fitting or not isinstance(source, RowList):
            return False
        before = dict(self._longest)
        # Rows do not change: one that is there again takes what it took before.
        measured, self._measured = self._measured, {id(row): row for row in source.rows}
        for row in source.rows:
            if id(row) in measured:
                continue
            for at, column in fitting:
                self._longest[column.key] = max(self._longest.get(column.key, 0), width_of(safe(row.cell(at).text)))
        if self._longest == before:
            return False
        was = self._placed
        self.lay_out(width)
        return self._placed != was

    def first_text_end(self, row: Row | None) -> int:
        """Return the cell behind the text that `row` has in the first column; without a row, where that column begins."""
        first = self._placed[0]
        return first.x + (0 if row is None else min(first.cells, width_of(safe(row.cell(first.at).text))))
