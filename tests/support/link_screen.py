"""A terminal's screen with its links: pyte knows characters and colours, this also which cells lead where (OSC 8)."""

from __future__ import annotations

import re

import pyte
from rich.cells import cell_len

_LINK = re.compile("\x1b\\]8;[^;\x1b\x07]*;([^\x1b\x07]*)(?:\x1b\\\\|\x07)")


class LinkScreen(pyte.Screen):
    """A screen that remembers the address of the link that each cell was written in."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.link = ""
        self.links: dict[tuple[int, int], str] = {}
        self.titles: list[str] = []
        self._stream = pyte.Stream(self)
        self._stream.feed("\x1b[?7l")  # as the app asks for: no wrapping at the right edge

    def show(self, data: str) -> list[list[tuple[object, str]]]:
        """Take what a program writes; return every cell with its link."""
        # At a mark without width pyte drops the rest of the text.
        data = data.replace("\u200e", "")
        for number, piece in enumerate(_LINK.split(data)):
            if number % 2:
                self.link = piece
            else:
                self._stream.feed(piece)
        return [
            [(self.buffer[y][x], self.links.get((y, x), "")) for x in range(self.columns)] for y in range(self.lines)
        ]

    def draw(self, data: str) -> None:
        """Write characters, and note whether they are part of a link."""
        for char in data:
            width = cell_len(char)
            begin = min(self.cursor.x, self.columns - max(1, width))
            super().draw(char)
            for x in range(begin, begin + width):
                self.links[self.cursor.y, x] = self.link

    def set_title(self, param: str) -> None:
        """Note every other title: what commands a terminal shows here."""
        self.titles.append(param)
