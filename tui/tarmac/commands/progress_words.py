"""The events of an export as lines for stderr, one at most a poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.commands.words import count
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import format_elapsed

if TYPE_CHECKING:
    from tarmac.services.exports.progress import Band, Counting, ExportEvent, RunSeen, StepDone, WaitingForReady


# A quick poll is no reason for a line each: a log of hours should stay readable.
_EVERY_S = 5.0


def passing(event: ExportEvent) -> str:
    """Return the kind of what passes, whose newest line is enough on a terminal; empty for what is to stay there."""
    from tarmac.services.exports.progress import Counting, RunSeen, WaitingForReady

    return type(event).__name__ if isinstance(event, Counting | RunSeen | WaitingForReady) else ""


class ProgressWords:
    """Turns events into lines; knows what it said last, so that quick polls and many files do not flood the screen."""

    def __init__(self) -> None:
        self._counted = 0
        self._said_at_s = -_EVERY_S
        self._said_state = ""

    def line(self, event: ExportEvent) -> str | None:
        """Return the line for an event, None where there is nothing new to say."""
        from tarmac.services.exports.progress import Counting, RunFired, RunSeen, StepDone, WaitingForReady

        match event:
            case StepDone():
                return _step(event)
            case WaitingForReady():
                state = f"waiting {'' if event.problem is None else event.problem.code}"
                return _waiting(event) if self._is_due(state, event.elapsed_s) else None
            case RunFired():
                return f"run {plain(event.run_id)} was accepted"
            case RunSeen():
                state = f"{event.run.phase} {event.run.status_word} {event.stale_s > 0} {event.going.tempo}"
                return _seen(event) if self._is_due(state, event.elapsed_s) else None
            case Counting():
                return self._counting(event)
            case _:
                return None

    def _is_due(self, state: str, elapsed_s: float) -> bool:
        """A new state is said at once, the same one again after a while."""
        if state == self._said_state and elapsed_s - self._said_at_s < _EVERY_S:
            return False
        self._said_state, self._said_at_s = state, elapsed_s
        return True

    def _counting(self, event: Counting) -> str | None:
        # Every tenth of the files, and the last one.
        step = max(1, event.files_total // 10)
        if event.files_done < event.files_total and event.files_done < self._counted + step:
            return None
        self._counted = event.files_done
        return f"counted {count(event.rows)} rows in {event.files_done:,} of {plural(event.files_total, 'file')}"


def _step(event: StepDone) -> str:
    return f"{event.step.action.sign} {event.step.noun.value}  {plain(event.id)}"


def _waiting(event: WaitingForReady) -> str:
    left = format_elapsed(max(0.0, event.deadline_s - event.elapsed_s))
    asked = {0: "not asked yet", 1: "asked once"}.get(event.probes, f"asked {event.probes} times")
    if event.problem is not None:
        said = plain(event.problem.message, 200)
        return f"waiting: {said} {asked}, again in {max(1, round(event.next_probe_s))} s, at most {left} more"
    return (
        f"waiting: not ready for {format_elapsed(event.elapsed_s)}{_usual(event.usual)}, {asked}, "
        f"again in {max(1, round(event.next_probe_s))} s, at most {left} more"
    )


def _seen(event: RunSeen) -> str:
    run = event.run
    word = (
        run.phase.value if run.phase.value != "unknown" else f"status {plain(run.status_word, 40) or 'not known yet'}"
    )
    stale = f", no answer for {event.stale_s:.0f} s" if event.stale_s > 0 else ""
    rows = "" if run.output_rows is None else f", {count(run.output_rows)} rows"
    slow = event.going.tempo.value in {"slow", "stalled"}
    how = f"; {event.going.words}" if slow else _usual(event.usual)
    since = "after" if run.phase.is_final else "for"
    return f"run {word} {since} {format_elapsed(event.elapsed_s)}{how}{rows}{stale}"


def _usual(usual: Band | None) -> str:
    if usual is None:
        return ""
    low, high = format_elapsed(usual.low_s), format_elapsed(usual.high_s)
    return f" (usually {low})" if low == high else f" (usually {low} to {high})"
