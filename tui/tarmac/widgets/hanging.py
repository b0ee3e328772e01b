"""Text laid out in words: behind a head with further lines below its first letter, and in paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tarmac.widgets.lines import width_of, wrapped
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

_TWO_COLUMNS = re.compile(r"(\S.*?  +)(\S.*)")


def hanging(head: Cell, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """Yield `head` with the beginning of `text`, and the rest of it on lines of at most `width` cells."""
    indent = width_of(head.text)
    for number, piece in enumerate(wrapped(text, max(20, width - indent))):
        yield (head if number == 0 else " " * indent, Cell(piece, tone))


def paragraphs(text: str) -> list[Line]:
    """Return one line a paragraph, to be broken where the screen ends.

    Lines that begin with a blank stay as they are, and so do those of a table, whose columns are parted by two blanks or
    more: where such a line is broken, it goes on below its second column.
    """
    lines: list[str] = []
    before = ""
    for line in text.strip("\n").split("\n"):
        is_alone = line.startswith(" ") or _is_of_table(line) or _is_of_table(before)
        if lines and line and before and not is_alone:
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
        before = line
    return [_two_columns(line) for line in lines]


def _is_of_table(line: str) -> bool:
    return "  " in line.strip()


def _two_columns(line: str) -> Line:
    found = _TWO_COLUMNS.fullmatch(line)
    return line if found is None or _is_of_table(found[2]) else (found[1], found[2])
