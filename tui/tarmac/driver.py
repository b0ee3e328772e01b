"""Textual's own terminal driver, sending only what differs from what the terminal shows (`tarmac.frames`)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.drivers.linux_driver import LinuxDriver

from tarmac.frames import FrameDiff
from tarmac.widgets.calling import GIVE_BACK_TITLE, KEEP_TITLE

_SYNC_START = "\x1b[?2026h"
_SYNC_END = "\x1b[?2026l"
# A frame as small as this reaches the terminal in one piece anyway: the marks around it would be most of it.
_SMALL_FRAME = 1024
# These neither paint nor move anything.
_HARMLESS = ("\x1b[?2026$p", "\x1b[?2048$p", KEEP_TITLE, GIVE_BACK_TITLE)


class FrameDriver(LinuxDriver):
    """Compares each frame with the cells on screen before it is written."""

    ascii_only = False  # whether the terminal gets nothing but ASCII
    _diff: FrameDiff | None = None
    _frame: list[str] | None = None
    painted_size: tuple[int, int] | None = None  # columns and rows of the latest frame

    def write(self, data: str) -> None:
        """Take one piece of output; frames lie between the two marks of synchronised output where the terminal has it."""
        if data == _SYNC_START:
            self._frame = []
        elif data == _SYNC_END and self._frame is not None:
            frame, self._frame = "".join(self._frame), None
            if len(frame) > _SMALL_FRAME:
                frame = f"{_SYNC_START}{frame}{_SYNC_END}"
            if frame:
                super().write(frame)
        elif self._frame is not None:
            self._frame.append(self._changed(data))
        else:
            data = self._changed(data)
            if data:
                super().write(data)

    def forget_screen(self) -> None:
        """Send the next frame whole, whatever the terminal shows."""
        self._diff = None

    def _changed(self, data: str) -> str:
        if not data.startswith("\x1b[") or data in _HARMLESS:
            return data
        size = (self._app.size.width, self._app.size.height)
        if self._diff is None or self._diff.size != size:
            self._diff = FrameDiff(counts_ambiguous=not _may_be_wide(os.environ))
            self._diff.resize(*size)
        changed = self._diff.update(data)
        if changed is None:
            self._diff.forget()
            return data
        self.painted_size = size
        return changed


def _may_be_wide(env: Mapping[str, str]) -> bool:
    """Whether the locale is one whose terminals may draw ambiguous characters such as `…` two cells wide."""
    value = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    return value.startswith(("zh", "ja", "ko"))
