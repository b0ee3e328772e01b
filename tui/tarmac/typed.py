"""What is typed, read from the terminal by a thread that sleeps while nobody types.

Textual's own thread looks ten times a second, which is all that an idle app costs. This one blocks. It looks at that pace only
for a moment after something came: an escape key alone and the beginning of a longer sequence are told apart by time.
"""

from __future__ import annotations

import math
import os
import select
from codecs import getincrementaldecoder
from collections.abc import Callable

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.message import Message

# The pace of Textual's reader. It is kept up until an escape key cannot become a sequence any more.
_TICK_S = 0.1
_TICKS = math.ceil(constants.ESCAPE_DELAY / _TICK_S) + 2
_CHUNK = 4096


class TypedReader:
    """Reads the terminal `fileno` in a thread of its own, from `run` to `end`; then it is closed."""

    def __init__(self, fileno: int, *, debug: bool = False) -> None:
        self._fileno = fileno
        self._debug = debug
        self._wake, self._waker = os.pipe()

    def run(self, heard: Callable[[Message], None]) -> None:
        """Hand every message to `heard` until `end` is called. At the end of the input nothing more comes."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        sources, ticks = [self._fileno, self._wake], 0
        try:
            while True:
                ready, _, _ = select.select(sources, (), (), _TICK_S if ticks else None)
                if self._wake in ready:
                    return
                ticks = max(0, ticks - 1)
                if self._fileno in ready:
                    data = os.read(self._fileno, _CHUNK)
                    if not data:
                        # The terminal is gone: looking again would find the same at once, for ever.
                        sources = [self._wake]
                    ticks = _TICKS
                    # Nothing decoded is the rest of a character that is still to come; to the parser it would be the end.
                    if text := decode(data):
                        for message in parser.feed(text):
                            heard(message)
                for message in parser.tick():
                    heard(message)
        finally:
            _end(parser)

    def end(self) -> None:
        """Let `run` return."""
        os.write(self._waker, b".")

    def close(self) -> None:
        """Give the pipe back, after `run` has returned."""
        os.close(self._wake)
        os.close(self._waker)


def _end(parser: XTermParser) -> None:
    try:
        for _ in parser.feed(""):
            pass
    except (EOFError, ParseError):
        return
