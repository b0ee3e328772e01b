"""Text behind a head, its further lines below its first letter."""

from __future__ import annotations

from collections.abc import Iterator

from tarmac.widgets.lines import width_of, wrapped
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line


def hanging(head: Cell, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """Yield `head` with the beginning of `text`, and the rest of it on lines of at most `width` cells."""
    indent = width_of(head.text)
    for number, piece in enumerate(wrapped(text, max(20, width - indent))):
        yield (head if number == 0 else " " * indent, Cell(piece, tone))
