"""Numbers, sizes, times and tables as plain text for people; what is not known is a dash, never a zero."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from tarmac.terms.quantities import UNKNOWN, both_times, count_words, size_words
from tarmac.terms.text import plain

count = count_words
size = size_words


def moment(at: datetime | None) -> str:
    """Write a moment in UTC and, where that differs, in local time: `2026-11-23 14:02 UTC (15:02 CET)`."""
    return UNKNOWN if at is None else both_times(at)


def cells(text: str) -> int:
    """Return how many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(1 for char in text if unicodedata.east_asian_width(char) in "WF")
    combining = sum(1 for char in text if unicodedata.combining(char))
    return len(text) + wide - combining


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Return aligned lines with a line of titles; the columns in `right` are aligned to the right. Texts are made plain."""
    texts = [list(titles), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(cells(row[column]) for row in texts) for column in range(len(titles))]
    lines = []
    for row in texts:
        parts = [_padded(cell, widths[column], right=column in right) for column, cell in enumerate(row)]
        lines.append("  ".join(parts).rstrip())
    return lines


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks
