"""What the app leaves behind: where a person was, what is not finished, after a crash one line and a redacted report."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from textual.screen import Screen

    from tarmac.services.exports.progress import FollowedRun
    from tarmac.session import Session

_NAMED = 3  # exports by name; of more only how many
_NAME = 60


def keep_place(session: Session, mode: str, screen: Screen[object] | None) -> None:
    """Write down the mode, and the filter and row of its `screen`."""
    if session.places is None or session.profile is None:
        return
    from tarmac.services.setup.local_files import SessionState, write_session

    text, row = getattr(screen, "remember", lambda: (None, None))()
    with contextlib.suppress(TarmacError):  # a disk that refuses keeps nobody from leaving
        write_session(session.places, SessionState(session.profile, mode, text, row))


def unfinished_words(rows: Sequence[FollowedRun], profile: str | None, *, is_demo: bool = False) -> list[str]:
    """Say on a line each what needs tarmac to go on, and what goes on at the platform; empty where all has ended."""
    if not rows:
        return []
    from tarmac.services.exports.progress import FollowState as State

    made = [row for row in rows if row.state is State.APPLYING]
    waiting = [row for row in rows if row.state in {State.WAITING, State.TROUBLED}]
    going = [row for row in rows if row.state in {State.QUEUED, State.RUNNING, State.COUNTING}]
    if is_demo:
        left = [*made, *waiting, *going]
        gone = "The demo's emulator ended with tarmac, and all that was made there."
        return [f"{_count(left)} not finished: {_names(left)}. {gone}"] if left else []
    lines = []
    if made:
        go_on = "Start tarmac again, then 4 Runs and u: continue, adopt or clean up."
        lines.append(f"{_count(made)} not made to the end: {_names(made)}. {go_on}")
    if waiting:
        fired = (
            "tarmac fires the run when it is started again within 2 hours; a scheduled run the platform starts itself."
        )
        lines.append(f"{_count(waiting)} not finished: {_names(waiting)}. {fired}")
    if going:
        run = next((row.run_id for row in going if row.run_id is not None), None)
        words = [] if run is None else ["tarmac", "watch", run, *([] if profile is None else ["--profile", profile])]
        watch = f"; or: {shlex.join(words)}" if words else ""
        goes_on = f"The platform goes on by itself; tarmac follows it when it is started again{watch}"
        lines.append(f"{_count(going)} not followed to the end: {_names(going)}. {goes_on}")
    return lines


def _count(rows: Sequence[FollowedRun]) -> str:
    return "1 export is" if len(rows) == 1 else f"{len(rows)} exports are"


def _names(rows: Sequence[FollowedRun]) -> str:
    named = ", ".join(f"{plain(row.export, _NAME)} ({row.state.value})" for row in rows[:_NAMED])
    return named if len(rows) <= _NAMED else f"{named} and {len(rows) - _NAMED} more"


def crash_words(error: Exception | None, session: Session, where: str) -> str:
    """Write the report of a crash and return the words to leave with. `where` names the part that a person was in."""
    from tarmac.services.crash_report import crash_error, write_report

    if error is None or session.places is None:
        return "tarmac: something went wrong inside tarmac"
    told = crash_error(error, write_report(error, where, session.places, session.known_secrets))
    return f"tarmac: {told.message}\n  {told.meaning}\n  Next: {told.next_step}"
