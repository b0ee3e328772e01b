"""`<state>/tarmac.log`: rotating, redacted, for this user's eyes only (design §5.1, §6.5)."""

from __future__ import annotations

import logging
import logging.handlers
import os
from collections.abc import Callable
from io import TextIOWrapper
from typing import cast

from tarmac.profiles.places import Places
from tarmac.terms.secrets import Secret, redact

_LARGEST = 1_000_000
_KEPT = 3
_ROOT = "tarmac"


def start_log(places: Places, known_secrets: Callable[[], tuple[Secret, ...]] = tuple) -> None:
    """Send what the parts of tarmac log to the file, and nowhere else.

    `known_secrets` is asked at every line. A file that cannot be written is no reason not to work: then nothing is logged.
    """
    logger = logging.getLogger(_ROOT)
    stop_log()
    logger.setLevel(logging.INFO)
    # Otherwise warnings would be printed to stderr, into the answer of a command or over the screen of the app.
    logger.propagate = False
    handler: logging.Handler
    try:
        places.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(places.log_file, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8", delay=True)
        handler.setFormatter(_Redacting(known_secrets))
    except OSError:
        handler = logging.NullHandler()
    logger.addHandler(handler)


def stop_log() -> None:
    """Close the file."""
    logger = logging.getLogger(_ROOT)
    for handler in tuple(logger.handlers):
        if isinstance(handler, _PrivateFile | logging.NullHandler):
            logger.removeHandler(handler)
            handler.close()


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
