"""Text fitted into terminal cells, and lines made of few pieces."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_FROM_LEFT = "\u200e"
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
# These reorder nothing, and may give the mark a cell.
_DRAWS_MARKS = os.environ.get("TERM", "").partition("-")[0] in {"linux", "vt100", "vt102", "vt220", "cons25"}


def closed(text: str) -> str:
    """Return `text` so that it does not turn what stands beside it.

    A terminal that reorders right-to-left names would take the blanks and numbers of the next columns along; an invisible mark
    behind the name keeps them in their places. Marks that the text brings itself are removed before (`terms.text.plain`).
    """
    if text.isascii() or _DRAWS_MARKS or not any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return text
    return text + _FROM_LEFT


def width_of(text: str) -> int:
    """Return how many terminal cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` terminal cells, cut with an ellipsis or padded on the right."""
    length = width_of(text)
    if length > width:
        return closed(set_cell_size(text, width - 1)) + "…" if width > 0 else ""
    return closed(text) + " " * (width - length)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` terminal cells, cut with an ellipsis."""
    return closed(text) if width_of(text) <= width else fitted(text, width)


def middle_cut(text: str, width: int) -> str:
    """Like `fitted`, but what does not fit is left out of the middle: names of one kind differ at their ends."""
    if width_of(text) <= width or width < 9:
        return fitted(text, width)
    end = (width - 1) * 2 // 5
    at = len(text) - end
    while width_of(text[at:]) > end:
        at += 1
    return fitted(closed(set_cell_size(text, width - 1 - width_of(text[at:]))) + "…" + text[at:], width)


def aligned(text: str, width: int, *, right: bool) -> str:
    """Like `fitted`, padded on the left where `right`."""
    length = width_of(text)
    return " " * (width - length) + closed(text) if right and length <= width else fitted(text, width)


def strip_of(runs: Iterable[tuple[str, Style]], width: int, base: Style) -> Strip:
    """Return a line of exactly `width` cells; neighbours of the same style become one segment."""
    merged: list[tuple[str, Style]] = []
    for text, style in runs:
        if not text:
            continue
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return Strip([Segment(text, style) for text, style in merged]).adjust_cell_length(width, base)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Break `text` at spaces into pieces of at most `width` cells; a longer word is cut. Later pieces get `indent`.

    Blanks at the beginning stay.
    """
    pieces: list[str] = []
    words = text.lstrip(" ")
    line = start = " " * min(len(text) - len(words), max(0, width - 1))
    for word in words.split(" "):
        longer = line + word if line == start else f"{line} {word}"
        if width_of(longer) <= width or not line.strip():
            line = longer
        else:
            pieces.append(line)
            line = indent + word
        while width_of(line) > width:
            at = len(line)
            while width_of(line[:at]) > width:
                at -= 1
            pieces.append(line[:at])
            line = indent + line[at:]
    return [*pieces, line]
