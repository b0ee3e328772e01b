"""Cells beside each other, broken over several lines where they are wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tarmac.widgets.lines import width_of
from tarmac.widgets.rows import Cell

_PIECES = re.compile(r" +|[^ ]+")


def flowed(cells: Sequence[Cell], width: int) -> list[tuple[Cell, ...]]:
    """Break `cells` at blanks into lines of at most `width` cells; a longer word is cut.

    Further lines begin below the second cell, as long as the first one leaves half of the width, else below the first letter.
    """
    if sum(width_of(cell.text) for cell in cells) <= width:
        return [tuple(cells)]
    head = width_of(cells[0].text)
    if len(cells) == 1 or head > width // 2:
        head = min(len(cells[0].text) - len(cells[0].text.lstrip(" ")), width // 2)
    lines: list[list[Cell]] = [[]]
    at, blanks = 0, Cell("")
    for cell in cells:
        for piece in _PIECES.findall(cell.text):
            if piece.isspace():
                blanks = Cell(blanks.text + piece, cell.tone)
                continue
            gap = blanks.text if at > head or len(lines) == 1 else ""
            if at + len(gap) + width_of(piece) > width and at > head:
                lines.append([Cell(" " * head)] if head else [])
                at, gap = head, ""
            while at + len(gap) + width_of(piece) > width and piece:
                fits = _fitting(piece, width - at - len(gap))
                lines[-1] += [Cell(gap, blanks.tone), Cell(piece[:fits], cell.tone)]
                lines.append([Cell(" " * head)] if head else [])
                piece, at, gap = piece[fits:], head, ""
            lines[-1] += [Cell(gap, blanks.tone), Cell(piece, cell.tone)]
            at += len(gap) + width_of(piece)
            blanks = Cell("")
    return [_joined(line) for line in lines]


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` take at most `width` cells; at least one."""
    at = min(len(text), max(1, width))
    while at > 1 and width_of(text[:at]) > width:
        at -= 1
    return at


def _joined(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Make neighbours of the same tone one cell again."""
    made: list[Cell] = []
    for cell in cells:
        if not cell.text:
            continue
        if made and made[-1].tone is cell.tone:
            made[-1] = Cell(made[-1].text + cell.text, cell.tone)
        else:
            made.append(cell)
    return tuple(made)
