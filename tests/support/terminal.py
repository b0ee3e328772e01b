"""A program in a pseudo-terminal, watched like a person would: keys go in, a screen of text comes out, bytes are counted.

Used by the journeys that must go through a real terminal and by the benchmarks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pyte

KEYS: Mapping[str, bytes] = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "space": b" ",
    "backspace": b"\x7f",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    **{f"ctrl+{chr(code)}": bytes([code - 96]) for code in range(ord("a"), ord("z") + 1)},
}
# What a modern terminal answers when it is asked: synchronised output is supported (2026), in-band resize is not (2048).
ANSWERS: Mapping[bytes, bytes] = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}
QUIET_S = 0.15


@dataclass(frozen=True)
class Chunk:
    """What one read brought, and when (seconds since the start)."""

    at_s: float
    data: bytes


@dataclass
class Terminal:
    """Run `command` in a terminal of `columns` × `rows`. Use as a context manager; it ends what it started."""

    command: Sequence[str]
    columns: int = 120
    rows: int = 36
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None

    def __enter__(self) -> Terminal:
        self.screen = pyte.Screen(self.columns, self.rows)
        self.stream = pyte.ByteStream(self.screen)
        self.chunks: list[Chunk] = []
        self.exit_status: int | None = None
        self._is_shown = True
        environment = {
            **{key: value for key, value in os.environ.items() if key not in {"TMUX", "STY", "COLUMNS", "LINES"}},
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            **self.env,
        }
        environment.pop("COLORTERM", None)
        self.started = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            if self.cwd is not None:
                os.chdir(self.cwd)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
            os.execvpe(self.command[0], list(self.command), environment)  # noqa: S606 - a shell would be the wrong program
        self.resize(self.columns, self.rows)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.exit_status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait_exit(5)
        os.close(self.master)

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size, as a person dragging its corner does."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def pump(self, seconds: float) -> bytes:
        """Read what arrives within `seconds`, or at once if something does."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the program has gone and the terminal with it
            data = b""
        if data:
            self.chunks.append(Chunk(time.monotonic() - self.started, data))
            for question, answer in ANSWERS.items():
                for _ in range(data.count(question)):
                    os.write(self.master, answer)
            if not self._is_shown:
                return data
            # pyte knows nothing of the kitty keyboard protocol and would print its private sequences; at a mark without
            # width (U+200E) it drops the rest of the text.
            shown = data
            for strange in (b"\x1b[>1u", b"\x1b[>25u", b"\x1b[<u", "\u200e".encode()):
                shown = shown.replace(strange, b"")
            self.stream.feed(shown)
        return data

    def stop_showing(self) -> None:
        """Read on without a screen: the line is cut, perhaps within a sequence, and pyte fails where a terminal passes over."""
        self._is_shown = False

    def settle(self, quiet_s: float = QUIET_S, limit_s: float = 5.0) -> int:
        """Read until nothing has come for `quiet_s`; return the bytes that came."""
        total, end = 0, time.monotonic() + limit_s
        while time.monotonic() < end:
            data = self.pump(quiet_s)
            if not data:
                break
            total += len(data)
        return total

    def wait_for(self, text: str | Callable[[str], bool], limit_s: float = 20.0) -> str:
        """Read until the screen shows `text` (or the predicate holds); return the screen. Raises AssertionError."""
        shown = (lambda screen: text in screen) if isinstance(text, str) else text
        end = time.monotonic() + limit_s
        while True:
            if shown(self.text):
                return self.text
            if time.monotonic() >= end:
                raise AssertionError(f"{text!r} did not appear within {limit_s} s; the screen shows:\n{self.text}")
            self.pump(0.05)

    def press(self, *keys: str) -> None:
        """Press keys: names of `KEYS`, single characters, or longer text to type."""
        for key in keys:
            self.type(key)
            self.settle(0.08, 2.0)

    def type(self, key: str) -> None:
        """Press one key and read nothing yet: for who counts, or times, what comes of it up to a text that he waits for."""
        os.write(self.master, KEYS.get(key, key.encode()))

    @property
    def text(self) -> str:
        """What the screen shows, without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def raw(self) -> bytes:
        """All bytes so far."""
        return b"".join(chunk.data for chunk in self.chunks)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def wait_exit(self, limit_s: float) -> int | None:
        """Read on until the program has ended; return its exit code (negative: signal), None at the limit."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
                while self.pump(0.0):
                    pass
                return self.exit_status
            self.pump(0.02)
        return None
