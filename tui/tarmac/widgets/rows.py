"""What a `LineTable` shows: columns, rows of cells, and where the rows come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from tarmac.terms.text import plain


class Tone(StrEnum):
    """What a text means; the theme gives it a colour. Meaning is never carried by colour alone."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a row and what it means."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `key` is stable for the life of the thing it shows; cells are in the order of the columns."""

    key: str
    cells: tuple[Cell | str, ...]

    def cell(self, index: int) -> Cell:
        """Return cell `index`, empty if the row is shorter."""
        value = self.cells[index] if index < len(self.cells) else ""
        return value if isinstance(value, Cell) else Cell(value)


@dataclass(frozen=True)
class Column:
    """A column. Without `width` it is flexible: at least `min_width`, and it takes what is left, by `weight`.

    Columns with the highest `drop` number disappear first on a narrow screen; 0 stays always, 1 as long as the others have
    what they need at least. One that `fits` is as wide
    as its texts have needed: between `min_width` and `width`, or, a flexible one, up to `wanted` before others get room.
    What does not fit is cut at the end, or with `middle` in the middle.
    """

    key: str
    title: str
    width: int | None = None
    min_width: int = 10
    max_width: int | None = None
    weight: int = 1
    right: bool = False
    drop: int = 0
    fits: bool = False
    wanted: int = 0
    middle: bool = False


class RowSource(Protocol):
    """Where a table gets its rows; only what is visible is asked for."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def row(self, index: int) -> Row:
        """Return the row at `index`, made when it is asked for."""
        ...

    def key(self, index: int) -> str:
        """Return the key of the row at `index`."""
        ...

    def index(self, key: str) -> int | None:
        """Return where the row with `key` is; None if it is not there."""
        ...


class RowList:
    """Rows in memory."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: Sequence[Row] = tuple(rows)
        self._places = {row.key: place for place, row in enumerate(self.rows)}

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Row:
        """Return the row at `index`."""
        return self.rows[index]

    def key(self, index: int) -> str:
        """Return the key of the row at `index`."""
        return self.rows[index].key

    def index(self, key: str) -> int | None:
        """Return where the row with `key` is."""
        return self._places.get(key)

    def containing(self, text: str) -> RowList:
        """Return the rows in which any cell contains `text`, in any case."""
        wanted = text.casefold()
        return RowList(
            row for row in self.rows if any(wanted in row.cell(at).text.casefold() for at in range(len(row.cells)))
        )


def laid_out(
    columns: Sequence[Column], width: int, gap: int = 2, longest: Mapping[str, int] | None = None
) -> list[tuple[int, Column, int]]:
    """Return (index, column, cells wide) for the columns that fit in `width`, dropping the least important first.

    `longest` says, by key, how many cells the texts of a column take.
    """
    shown = list(enumerate(_fitted(column, (longest or {}).get(column.key, 0)) for column in columns))

    def needed() -> int:
        return sum(c.min_width if c.width is None else c.width for _, c in shown) + gap * max(0, len(shown) - 1)

    while needed() > width and any(column.drop for _, column in shown):
        last = max(shown, key=lambda pair: (pair[1].drop, pair[0]))
        over = needed() - sum(c.min_width - columns[at].min_width for at, c in shown if c.wanted)
        if last[1].drop == 1 and over <= width:
            break  # worth more than the end of a long name
        shown.remove(last)
    # Where nothing more can go, a flexible column gives back what it wanted.
    shown = [
        (
            at,
            replace(c, min_width=max(columns[at].min_width, c.min_width - max(0, needed() - width))) if c.wanted else c,
        )
        for at, c in shown
    ]
    spare = max(0, width - needed())
    widths = {at: column.min_width if column.width is None else column.width for at, column in shown}
    flexible = [(at, column) for at, column in shown if column.width is None]
    while spare and flexible:
        total = sum(column.weight for _, column in flexible)
        left = spare
        for at, column in list(flexible):
            share = max(1, left * column.weight // total)
            if column.max_width is not None:
                share = min(share, column.max_width - widths[at])
            share = min(share, spare)
            widths[at] += share
            spare -= share
            if share <= 0 or (column.max_width is not None and widths[at] >= column.max_width):
                flexible.remove((at, column))
    return [(at, column, widths[at]) for at, column in shown]


def _fitted(column: Column, longest: int) -> Column:
    if not column.fits:
        return column
    longest = max(longest, len(column.title))
    if column.width is None:
        return replace(column, min_width=max(column.min_width, min(longest, column.wanted)))
    return replace(column, width=max(min(longest, column.width), min(column.min_width, column.width)))


def safe(text: str) -> str:
    """Return `text` fit for one line of a table: control and format characters removed."""
    return text if text.isascii() and text.isprintable() else plain(text)
