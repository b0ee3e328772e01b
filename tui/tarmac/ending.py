"""What the app leaves behind: where a person was, for the next start; after a crash one line and a redacted report."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tarmac.terms.errors import TarmacError

if TYPE_CHECKING:
    from textual.screen import Screen

    from tarmac.session import Session


def keep_place(session: Session, mode: str, screen: Screen[object] | None) -> None:
    """Write down the mode, and the filter and row of its `screen`."""
    if session.places is None or session.profile is None:
        return
    from tarmac.services.setup.local_files import SessionState, write_session

    text, row = getattr(screen, "remember", lambda: (None, None))()
    with contextlib.suppress(TarmacError):  # a disk that refuses keeps nobody from leaving
        write_session(session.places, SessionState(session.profile, mode, text, row))


def crash_words(error: Exception | None, session: Session, where: str) -> str:
    """Write the report of a crash and return the words to leave with. `where` names the part that a person was in."""
    from tarmac.services.crash_report import crash_error, write_report

    if error is None or session.places is None:
        return "tarmac: something went wrong inside tarmac"
    told = crash_error(error, write_report(error, where, session.places, session.known_secrets))
    return f"tarmac: {told.message}\n  {told.meaning}\n  Next: {told.next_step}"
