"""`<state>/tarmac.log`: rotating, redacted, for this user's eyes only (design §5.1, §6.5)."""

from __future__ import annotations

import logging
import logging.handlers
import os
import queue
import threading
from collections.abc import Callable
from io import TextIOWrapper
from typing import cast

from tarmac.profiles.places import Places
from tarmac.terms.secrets import Secret, redact

_LARGEST = 1_000_000
_KEPT = 3
_ROOT = "tarmac"
# A disk that does not answer must not keep the app from ending.
_LAST_LINES_S = 0.2


def start_log(places: Places, known_secrets: Callable[[], tuple[Secret, ...]] = tuple, *, aside: bool = False) -> None:
    """Send what the parts of tarmac log to the file, and nowhere else; `aside`: by a thread, so that no disk holds up a screen.

    Of what the libraries log (asyncio, httpx, asyncssh …) the warnings and errors go there, too: Python would print them as
    they are, with whatever secret they hold. `known_secrets` is asked at every line. A file that cannot be written is no
    reason not to work: then nothing is logged.
    """
    handler: logging.Handler
    try:
        places.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(places.log_file, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8", delay=True)
        handler.setFormatter(_Redacting(known_secrets))
        if aside:
            handler = _Aside(handler)
    except OSError:
        handler = _Nowhere()
    _send_to(handler)


def stop_log() -> None:
    """Close the file. What comes later goes nowhere: without a handler Python would print it as it is."""
    _send_to(_Nowhere())


def _send_to(handler: logging.Handler) -> None:
    """Let this be where lines go, in place of the one before, which is closed."""
    ours, everyone = logging.getLogger(_ROOT), logging.getLogger()
    ours.setLevel(logging.INFO)
    # Otherwise warnings would be printed to stderr, into the answer of a command or over the screen of the app.
    ours.propagate = False
    for logger, now in ((everyone, _OfOthers(handler)), (ours, handler)):
        before = [each for each in logger.handlers if isinstance(each, _PrivateFile | _Aside | _Nowhere | _OfOthers)]
        logger.addHandler(now)
        for each in before:
            logger.removeHandler(each)
            each.close()


class _Nowhere(logging.NullHandler):
    """One of ours, told from those that libraries set."""


class _OfOthers(logging.Handler):
    """Hands on the warnings and errors of the libraries; what they tell of all else is not for tarmac's log."""

    def __init__(self, to: logging.Handler) -> None:
        super().__init__(logging.WARNING)
        self._to = to

    def emit(self, record: logging.LogRecord) -> None:
        self._to.handle(record)


class _Aside(logging.handlers.QueueHandler):
    """Hands lines to a thread that writes them. One that hangs at the end is left behind."""

    def __init__(self, handler: logging.Handler) -> None:
        self._lines: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        super().__init__(self._lines)
        self._written_by = threading.Thread(target=self._write, args=(handler,), name="log", daemon=True)
        self._written_by.start()

    def _write(self, handler: logging.Handler) -> None:
        while (record := self._lines.get()) is not None:
            handler.handle(record)
        handler.close()

    def close(self) -> None:
        """Write what is there yet, and end the thread."""
        self._lines.put(None)
        self._written_by.join(_LAST_LINES_S)
        super().close()


class _PrivateFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        # The file stays open over many lines; the handler closes it.
        return cast("TextIOWrapper", open(self.baseFilename, self.mode, encoding=self.encoding, opener=private))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Drop the line: a full disk must not print over the screen."""


class _Redacting(logging.Formatter):
    def __init__(self, known: Callable[[], tuple[Secret, ...]]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        """Format as usual, then mask; tracebacks too."""
        return redact(super().format(record), *self._known())
