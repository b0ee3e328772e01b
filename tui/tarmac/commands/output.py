"""Where a command writes: the answer on stdout, or one JSON document there; everything else on stderr."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.text import plain


class AnswerLost(TarmacError):
    """Stdout took no more: a full disk, most of the time."""

    default_code = "answer-lost"


class Output:
    """One per command. With `as_json` stdout gets exactly one document, whatever happens.

    `if_lost` is what to do about an answer that could not be written, once stdout takes something again.
    """

    def __init__(self, *, as_json: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.as_json = as_json
        self._stdout = stdout if stdout is not None else sys.stdout
        self._stderr = stderr if stderr is not None else sys.stderr
        self._last_progress = ""
        self._passing = ""  # the kind of the line that is still open on the terminal
        self._width = _width(self._stderr)
        self._answered = False
        self.if_lost = "then give the command again"

    def lines(self, lines: Iterable[str]) -> None:
        """Write the answer for people; with JSON nothing, the document says it."""
        if not self.as_json:
            self._answer("".join(f"{line}\n" for line in lines))

    def line(self, text: str) -> None:
        """Write one line of the answer for people."""
        self.lines((text,))

    def raw(self, text: str) -> None:
        """Write text as it is, code for example, with or without JSON."""
        self._answered = True
        self._answer(text)

    def document(self, value: Mapping[str, Any] | list[Any]) -> None:
        """Write the one document, if JSON was asked for and none was written yet."""
        if self.as_json and not self._answered:
            self._answered = True
            self._answer(json.dumps(value, ensure_ascii=True) + "\n")

    def _answer(self, text: str) -> None:
        """Write to stdout, below what is still open on the terminal.

        Raises BrokenPipeError where nobody reads any more, else AnswerLost.
        """
        self.settle()
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            self._answered = True  # there is no second try
            discard_rest(self._stdout)
            closed = error.errno == errno.EBADF
            raise AnswerLost(
                "the answer could not be written: "
                + ("stdout is closed" if closed else error.strerror or type(error).__name__),
                meaning="What the command had to do is done all the same.",
                next_step=f"{'Open stdout' if closed else 'Make room where stdout goes'}, {self.if_lost}.",
            ) from error

    def progress(self, text: str, passing: str = "") -> None:
        """Write a line about what is going on to stderr; the same line twice in a row is written once.

        On a terminal a line takes the place of the one before where both are `passing` of the same kind, such as a wait that
        is told again and again. In a file or a pipe every line is one.
        """
        if text == self._last_progress:
            return
        self._last_progress = text
        if not passing or not self._width:
            self.note(text)
            return
        if passing != self._passing:
            self.settle()
        self._passing = passing
        shown = plain(text)
        with contextlib.suppress(OSError):
            self._stderr.write("\r\x1b[K" + (shown if len(shown) < self._width else shown[: self._width - 2] + "…"))
            self._stderr.flush()

    def settle(self) -> None:
        """End the line that is still open on the terminal, so that the next one begins below it."""
        if self._passing:
            self._passing = ""
            with contextlib.suppress(OSError):
                self._stderr.write("\n")
                self._stderr.flush()

    def note(self, text: str) -> None:
        """Write a line to stderr, on a line of its own; a log that cannot be written is no reason to stop an export."""
        self.settle()
        with contextlib.suppress(OSError):
            self._stderr.write(plain(text) + "\n")
            self._stderr.flush()

    def problem(self, error: TarmacError) -> None:
        """Say on stderr what happened, what it means and what to do next."""
        self.note(f"tarmac: {error.message}")
        if error.meaning:
            self.note(f"  {error.meaning}")
        if error.next_step:
            self.note(f"  Next: {error.next_step}")
        if error.request_id:
            self.note(f"  Request id: {error.request_id}")


def _width(stream: TextIO) -> int:
    """Return how many cells wide the terminal behind `stream` is; 0 where there is none that could rewrite a line."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return 0
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return 0


def discard_rest(stream: TextIO) -> None:
    """Let what `stream` still holds go nowhere: Python would complain once more when it flushes it at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def status_of(error: TarmacError) -> str:
    """Return the `status` of a JSON answer for an error (design §5.2)."""
    if isinstance(error, UsageError):
        return "refused"
    return {3: "running", 4: "mismatch"}.get(int(error.exit_code), "failed")
