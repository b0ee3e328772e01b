"""Text laid out in words: behind a head with further lines below its first letter, and in paragraphs."""

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


def paragraphs(text: str) -> list[Line]:
    """Return one line a paragraph, to be broken where the screen ends; lines that begin with a blank stay as they are."""
    lines: list[Line] = []
    before = ""
    for line in text.strip("\n").split("\n"):
        if lines and line and before and not line.startswith(" "):
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
        before = line
    return lines
