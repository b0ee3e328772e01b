"""What is kept of an error that nobody expected: versions and traceback, redacted, for this user's eyes only (design §6.5)."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tarmac import __version__
from tarmac.profiles.places import Places
from tarmac.terms.errors import TarmacError
from tarmac.terms.secrets import Secret, redact

_KEPT = 10


def write_report(error: BaseException, doing: str, places: Places, known: Iterable[Secret] = ()) -> Path | None:
    """Write the report and return its file; None where it cannot be written. Values of variables are not in it."""
    lines = [
        f"tarmac {__version__}, Python {sys.version.split()[0]}, {sys.platform}",
        f"command: {doing}",
        "",
        *traceback.format_exception(error),
    ]
    text = redact("\n".join(lines), *known)
    try:
        places.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = places.state / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError:
        return None
    with contextlib.suppress(OSError):  # this one is written all the same
        _forget_older(path)
    return path


def _forget_older(newest: Path) -> None:
    """Keep a few reports: a command that a machine repeats would fill the disk with them. Raises OSError."""
    for file in sorted(newest.parent.glob("crash-*.txt"))[:-_KEPT]:
        if file != newest:
            file.unlink(missing_ok=True)


def crash_error(error: BaseException, report: Path | None) -> TarmacError:
    """Return what a person is told; nothing of the error but its type, whose text could hold anything."""
    return TarmacError(
        f"something went wrong inside tarmac ({type(error).__name__})",
        code="crash",
        meaning=f"A report without secrets is in {report}." if report else "No report could be written.",
        next_step="Try again; if it stays so, send that report."
        if report
        else "Try again with TARMAC_STATE_DIR set to a folder that can be written: the report will be there.",
    )
