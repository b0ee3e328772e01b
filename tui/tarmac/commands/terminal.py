"""Whether there is a terminal to show the app in."""

from __future__ import annotations

import os
import sys

from tarmac.terms.errors import UsageError


def require_terminal(verbs: str) -> None:
    """Raise UsageError (exit 64) that names the verbs, which need no terminal."""
    # The app draws on stderr, so that stdout may be a pipe.
    if os.environ.get("TERM", "") in {"", "dumb"} or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "there is no terminal to show the app in",
            code="no-terminal",
            meaning="The app needs an interactive terminal, and TERM must be set and not be dumb.",
            next_step=f"Use a verb, which needs none: {verbs}.",
        )
