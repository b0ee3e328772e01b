"""Only what differs goes to the terminal: a frame compared with what the screen shows already.

Textual paints whole regions, one colour change and one reset a piece: a line scrolled in a table of 120×40 costs it 12 kB.
`FrameDiff` keeps the cells that the terminal shows, reads each frame as Textual wrote it, and answers with the changed
cells alone. It knows the few sequences that Textual's compositor writes (cursor position, colours, links, text, line
feed); anything else makes it forget what it knew, so that the worst case is what would have been sent anyway.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len

_TOKEN = re.compile(
    r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\n)|([^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\]8;[^;\x00-\x1f\x7f-\x9f]*;([^\x00-\x1f\x7f-\x9f]*)\x1b\\"
)
# Letters of flags, skin colours, and what joins signs or makes emoji of them: every terminal counts these in its own way.
_COUNTED_BY_NOBODY = re.compile("[\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\u200d\ufe0f\u20e3]")
# Rewriting a few unchanged cells is shorter than moving the cursor over them.
_JUMP_CELLS = 6
# Attributes that end with one code of their own: code -> the code that turns it off.
_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 7: 27, 8: 28, 9: 29, 21: 24, 53: 55}

# The character (empty behind a wide one), and the codes of its colours and attributes; where it is a link, its address
# follows them behind `_LINK`.
Cell = tuple[str, str]
_LINK = "@"
_ANY_STYLE = "?"
_UNKNOWN: Cell = ("\x00", _ANY_STYLE)


@dataclass(frozen=True)
class Style:
    """SGR codes by what they set."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[int] = frozenset()


@lru_cache(maxsize=4096)
def parse_style(codes: str) -> Style:
    """Read the codes of one SGR sequence that starts from nothing, such as `1;38;5;231;48;5;17`."""
    foreground = background = ""
    attributes: set[int] = set()
    numbers = [int(number or 0) for number in codes.split(";")] if codes else []
    index = 0
    while index < len(numbers):
        number = numbers[index]
        length = 1
        if number in (38, 48) and index + 1 < len(numbers):
            length = 3 if numbers[index + 1] == 5 else 5
        text = ";".join(str(part) for part in numbers[index : index + length])
        if number == 0:
            foreground, background, attributes = "", "", set()
        elif number == 38 or 30 <= number <= 37 or 90 <= number <= 97:
            foreground = text
        elif number == 48 or 40 <= number <= 47 or 100 <= number <= 107:
            background = text
        elif number == 39:
            foreground = ""
        elif number == 49:
            background = ""
        elif number in _OFF:
            attributes.add(number)
        index += length
    return Style(foreground, background, frozenset(attributes))


@lru_cache(maxsize=8192)
def transition(before: str, after: str) -> str:
    """Return the shortest sequence that turns the style `before` into `after`, and opens or closes a link."""
    if before == after:
        return ""
    before, _, link_before = before.partition(_LINK)
    after, _, link = after.partition(_LINK)
    # Without the id that Rich gives a link anew with every style: that would make it another one in each frame.
    return _colours(before, after) + (f"\x1b]8;;{link}\x1b\\" if link != link_before else "")


def _colours(before: str, after: str) -> str:
    if before == after:
        return ""
    if before == _ANY_STYLE:
        return f"\x1b[0;{after}m" if after else "\x1b[m"
    have, want = parse_style(before), parse_style(after)
    if want == Style():
        return "\x1b[m"
    changes: list[str] = []
    gone = have.attributes - want.attributes
    switched_off = {_OFF[attribute] for attribute in gone}
    changes += [str(code) for code in sorted(switched_off)]
    kept = {attribute for attribute in have.attributes if _OFF[attribute] not in switched_off}
    changes += [str(code) for code in sorted(want.attributes - kept)]
    if have.foreground != want.foreground:
        changes.append(want.foreground or "39")
    if have.background != want.background:
        changes.append(want.background or "49")
    step = f"\x1b[{';'.join(changes)}m" if changes else ""
    fresh = f"\x1b[0;{after}m"
    return step if len(step) <= len(fresh) else fresh


class FrameDiff:
    """What the terminal shows, cell by cell, and what must be sent to make it show the next frame.

    `counts_ambiguous` says that the terminal draws ambiguous characters such as `…` in one cell, as we do; where it may not,
    the cursor is put in its place behind each of them, so that the columns hold.
    """

    def __init__(self, *, counts_ambiguous: bool = True) -> None:
        self._counts_ambiguous = counts_ambiguous
        self._rows: list[list[Cell]] = []
        self._size = (0, 0)
        self._style = ""
        self._cursor: tuple[int, int] | None = None

    def forget(self) -> None:
        """Know nothing of the screen any more: the next frame is sent whole."""
        columns, rows = self._size
        self._rows = [[_UNKNOWN] * columns for _ in range(rows)]
        self._style = _ANY_STYLE
        self._cursor = None

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has this size now; what it shows is unknown."""
        self._size = (columns, rows)
        self.forget()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._size

    def update(self, frame: str) -> str | None:
        """Return what has to be written instead of `frame`; None if `frame` holds something that is not known here."""
        spans = self._read(frame)
        if spans is None:
            return None
        out: list[str] = []
        for x, y, cells in spans:
            self._write_span(out, x, y, cells)
        # Whatever is written next, by whom ever, is no part of a link.
        if _LINK in self._style:
            plain = self._style.partition(_LINK)[0]
            out.append(transition(self._style, plain))
            self._style = plain
        return "".join(out)

    def _read(self, frame: str) -> list[tuple[int, int, list[Cell]]] | None:
        """Split a frame into runs of cells: (column, row, cells)."""
        spans: list[tuple[int, int, list[Cell]]] = []
        x = y = 0
        style = link = ""
        cells: list[Cell] = []
        position = 0
        columns, rows = self._size
        for match in _TOKEN.finditer(frame):
            if match.start() != position:
                return None
            position = match.end()
            row, column, codes, feed, text, address = match.groups()
            if text is not None:
                if not append_cells(cells, text, f"{style}{_LINK}{link}" if link else style):
                    return None
            elif address is not None:
                link = address
            elif codes is not None:
                style = "" if codes in {"", "0"} else codes
            else:
                if cells:
                    spans.append((x, y, cells))
                    cells = []
                if feed:
                    y += 1
                else:
                    x, y = int(column) - 1, int(row) - 1
        if position != len(frame):
            return None
        if cells:
            spans.append((x, y, cells))
        inside = all(0 <= y < rows and x >= 0 and x + len(cells) <= columns for x, y, cells in spans)
        return spans if inside else None

    def _write_span(self, out: list[str], x: int, y: int, cells: list[Cell]) -> None:
        shown = self._rows[y]
        end = x + len(cells)
        if shown[x:end] == cells:
            return
        # A terminal may count a wide or combined character otherwise than we do: such a piece is sent whole.
        simple = all(len(cell[0]) == 1 for cell in cells) and all(len(cell[0]) == 1 for cell in shown[x:end])
        changed = [i for i, cell in enumerate(cells) if cell != shown[x + i]] if simple else list(range(len(cells)))
        start = previous = changed[0]
        for index in [*changed[1:], len(cells) + _JUMP_CELLS + 1]:
            if index - previous > _JUMP_CELLS:
                self._write_run(out, x + start, y, cells[start : previous + 1])
                start = index
            previous = index
        shown[x:end] = cells

    def _write_run(self, out: list[str], x: int, y: int, cells: list[Cell]) -> None:
        out.append(self._move(x, y))
        style, is_sure = self._style, True
        for index, (char, wanted) in enumerate(cells):
            if wanted != style:
                out.append(transition(style, wanted))
                style = wanted
            if not is_sure:
                out.append(f"\x1b[{x + index + 1}G")
            out.append(char)
            is_sure = self._counts_ambiguous or not _is_ambiguous(char)
        self._style = style
        # Behind the last column a terminal waits with the wrap: where the cursor is then differs, so it is not relied on.
        at_edge = x + len(cells) >= self._size[0] or any(len(cell[0]) != 1 for cell in cells)
        at_edge = at_edge or not is_sure
        self._cursor = None if at_edge else (x + len(cells), y)

    def _move(self, x: int, y: int) -> str:
        if self._cursor == (x, y):
            return ""
        if self._cursor is not None and self._cursor[1] == y and x > self._cursor[0]:
            distance = x - self._cursor[0]
            return "\x1b[C" if distance == 1 else f"\x1b[{distance}C"
        return f"\x1b[{y + 1};{x + 1}H"


def append_cells(cells: list[Cell], text: str, style: str) -> bool:
    """Append the cells of `text`: a wide character takes two, a combining one joins the cell before it.

    False where the parts take other room than the whole, or the terminal may think so (emoji made of several signs): then
    nobody knows where what comes after it stands, or what it covers.
    """
    if text.isascii():
        cells.extend([(char, style) for char in text])
        return True
    if _COUNTED_BY_NOBODY.search(text):
        return False
    before = len(cells)
    for char in text:
        width = cell_len(char)
        if width == 0:
            last = next((i for i in range(len(cells) - 1, -1, -1) if cells[i][0]), None)
            if last is None:
                return False
            cells[last] = (cells[last][0] + char, cells[last][1])
            continue
        cells.append((char, style))
        if width == 2:
            cells.append(("", style))
    return len(cells) - before == cell_len(text)


def without_strange(frame: str) -> str:
    """Return a frame with nothing in it but what paints it: whatever text it holds cannot command the terminal."""
    return "".join(match.group() for match in _TOKEN.finditer(frame))


@lru_cache(maxsize=1024)
def _is_ambiguous(char: str) -> bool:
    return not char.isascii() and unicodedata.east_asian_width(char[:1]) == "A"
