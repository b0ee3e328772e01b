"""Textual's own terminal driver, sending only what differs from what the terminal shows (`tarmac.frames`).

What the terminal does not take in time is not kept: it gets the newest screen when it can (`tarmac.terminal_writer`). Nothing
is done between two keys (`tarmac.typed`).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping

from textual.drivers.linux_driver import LinuxDriver

from tarmac.frames import FrameDiff, without_strange
from tarmac.terminal_writer import TerminalWriter
from tarmac.typed import TypedReader
from tarmac.widgets.calling import GIVE_BACK_TITLE, KEEP_TITLE

_SYNC_START = "\x1b[?2026h"
_SYNC_END = "\x1b[?2026l"
# A frame as small as this reaches the terminal in one piece anyway: the marks around it would be most of it.
_SMALL_FRAME = 1024
# These neither paint nor move anything.
_HARMLESS = ("\x1b[?2026$p", "\x1b[?2048$p", KEEP_TITLE, GIVE_BACK_TITLE)
_NO_COLOURS = "\x1b[m"
# How a frame begins, and nothing else that Textual writes: the cursor goes somewhere.
_PAINTS = re.compile(r"\x1b\[\d+;\d+H")


class FrameDriver(LinuxDriver):
    """Compares each frame with the cells on screen before it is written."""

    _diff: FrameDiff | None = None
    _frame: list[str] | None = None
    _writer: TerminalWriter | None = None
    _typed: TypedReader | None = None
    _leaves = False
    painted_size: tuple[int, int] | None = None  # columns and rows of the latest frame

    def start_application_mode(self) -> None:
        """Take the terminal; from here on all output goes through a writer that the app never waits for."""
        loop = asyncio.get_running_loop()

        def caught_up() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._app.call_later, self._paint_all)

        self._leaves = False
        assert self._file is not None, "a process without stderr is refused before there is an app"  # noqa: S101
        self._writer = TerminalWriter(self._file.fileno(), self._file.encoding or "utf-8", caught_up)
        self._writer.start()
        self._typed = TypedReader(self.fileno, debug=self._debug)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._leaves = True
        # GNU screen as it comes, and the Linux console, have no second screen to leave: what stands there would stay, with
        # the shell's next line in the middle of it.
        self._send(f"{_NO_COLOURS}\x1b[H\x1b[2J")
        self.forget_screen()
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Hear what is typed, until `disable_input`."""
        if self._typed is not None:
            self._typed.run(self.process_message)

    def disable_input(self) -> None:
        """Wake the thread that listens, which would sleep on otherwise."""
        if self._typed is not None and self._key_thread is not None and self._key_thread.is_alive():
            self._typed.end()
        super().disable_input()

    def close(self) -> None:
        """Write what is left, for as long as the terminal takes it; `start_application_mode` may follow."""
        super().close()
        if self._writer is not None:
            self._writer.stop()
        typed, self._typed = self._typed, None
        if typed is not None:
            typed.close()

    def write(self, data: str) -> None:
        """Take one piece of output; frames lie between the two marks of synchronised output where the terminal has it."""
        if data == _SYNC_START:
            self._frame = []
        elif data == _SYNC_END and self._frame is not None:
            frame, self._frame = "".join(self._frame), None
            if len(frame) > _SMALL_FRAME:
                frame = f"{_SYNC_START}{frame}{_SYNC_END}"
            self._send(frame)
        elif self._frame is not None:
            self._frame.append(self._changed(data))
        else:
            self._send(self._changed(data))

    def forget_screen(self) -> None:
        """Send the next frame whole, whatever the terminal shows."""
        self._diff = None

    def _send(self, data: str) -> None:
        if data and self._writer is not None:
            self._writer.write(data, must=self._leaves)

    def _paint_all(self) -> None:
        self.forget_screen()
        self._app.screen.refresh()

    def _changed(self, data: str) -> str:
        if not data.startswith("\x1b[") or data in _HARMLESS:
            return data
        paints = _PAINTS.match(data) is not None
        if paints and self._writer is not None and not self._writer.takes_frame():
            self.forget_screen()
            return ""
        size = (self._app.size.width, self._app.size.height)
        if self._diff is None or self._diff.size != size:
            self._diff = FrameDiff(counts_ambiguous=not _may_be_wide(os.environ))
            self._diff.resize(*size)
        changed = self._diff.update(data)
        if changed is None:
            self._diff.forget()
            # Textual begins every frame without colours; what was sent last may have left some on.
            return f"{_NO_COLOURS}{without_strange(data)}" if paints else data
        self.painted_size = size
        return changed


def _may_be_wide(env: Mapping[str, str]) -> bool:
    """Whether the locale is one whose terminals may draw ambiguous characters such as `…` two cells wide."""
    value = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    return value.startswith(("zh", "ja", "ko"))
