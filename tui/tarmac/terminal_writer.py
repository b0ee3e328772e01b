"""Writing to a terminal that may be slow, or read by nobody: never waited for by the app, never more kept than a little.

Textual's own writer keeps thirty pieces and then holds up the app, keys and signals with it, until somebody reads again:
an SSH session whose other side sleeps stops the following of runs.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

# Beyond this much unsent output a new frame is not worth sending: another will be newer when its turn comes.
FRAMES_UNTIL_BYTES = 64 * 1024
# Beyond this nothing is taken any more, but for what gives the terminal back.
MOST_BYTES = 1024 * 1024
# So much at once that the progress of a slow line can be seen.
_PIECE_BYTES = 4096
_WITHOUT_PROGRESS_S = 2.0


class TerminalWriter(threading.Thread):
    """Writes what it is given in a thread of its own.

    `on_caught_up` is called in that thread when frames were refused and everything else has been written.
    """

    def __init__(self, descriptor: int, encoding: str, on_caught_up: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="tarmac-output")
        self._descriptor = descriptor
        self._encoding = encoding
        self._on_caught_up = on_caught_up
        self._news = threading.Condition()
        self._waiting: list[bytes] = []
        self._unsent = 0  # bytes, those that are being written among them
        self._sent = 0
        self._refused = False
        self._ends = False
        self._is_gone = False

    def takes_frame(self) -> bool:
        """Whether a frame should be written now; where not, `on_caught_up` is called later."""
        with self._news:
            if self._unsent <= FRAMES_UNTIL_BYTES:
                return True
            self._refused = True
            return False

    def write(self, text: str, *, must: bool = False) -> None:
        """Take `text`. Without `must` it is dropped where too much waits already. Never waits."""
        data = text.encode(self._encoding, "backslashreplace")
        with self._news:
            if self._ends or self._is_gone or (self._unsent + len(data) > MOST_BYTES and not must):
                return
            self._waiting.append(data)
            self._unsent += len(data)
            self._news.notify()

    def run(self) -> None:
        """Write until the end."""
        while True:
            with self._news:
                while not self._waiting and not self._ends:
                    self._news.wait()
                data, self._waiting = b"".join(self._waiting), []
            if not data:
                return
            self._write(data)
            with self._news:
                is_late = self._refused and not self._waiting and not self._ends
                self._refused = self._refused and not is_late
            if is_late:
                self._on_caught_up()

    def stop(self) -> None:
        """Write what is left and end. Waits while the terminal takes something, and gives up where it does not."""
        with self._news:
            self._ends = True
            self._news.notify()
        sent = -1
        while self.is_alive() and sent != self._sent:
            sent = self._sent
            self.join(_WITHOUT_PROGRESS_S)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._is_gone:
            try:
                # A terminal may have been left non-blocking by another program.
                select.select([], [self._descriptor], [])
                count = os.write(self._descriptor, view[:_PIECE_BYTES])
            except BlockingIOError:
                continue
            except (OSError, ValueError):  # the terminal has gone; SIGHUP ends the app
                self._is_gone = True
                return
            view = view[count:]
            with self._news:
                self._sent += count
                self._unsent -= count
