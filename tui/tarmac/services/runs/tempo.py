"""Is this run as quick as usual, slow, or has it stopped moving? By the flow's own history, and by what changes (design §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tarmac.platform.models import Run, RunPhase
from tarmac.services.exports.progress import Band, Going, Tempo
from tarmac.terms.times import format_elapsed

# A run that was accepted begins within minutes; one that was accepted too early may never begin (platform-api §4.2).
_BEGINS_WITHIN_S = 600.0
# What is a little later than ever before is not slow yet.
_USUAL_TIMES, _USUAL_MORE_S = 1.25, 5.0
_STALLED_TIMES, _STALLED_MORE_S = 3.0, 300.0
# Without any history of the flow: nothing has changed for so long.
_UNKNOWN_STALLED_S = 3600.0


@dataclass
class Changes:
    """When the platform's record of a run last changed, as far as it was seen here (UTC)."""

    run: Run | None = None
    at: datetime | None = None

    def see(self, run: Run, now: datetime) -> datetime:
        """Take in what was seen; return the moment of the last change."""
        same = self.run is not None and (self.run.raw, self.run.status_word) == (run.raw, run.status_word)
        if self.at is None or not same:
            first = run.started_at or run.created_at
            self.at = min(first, now) if self.at is None and first is not None else now
            self.run = run
        return self.at


def judge(run: Run, elapsed_s: float, usual: Band | None, changed_at: datetime, now: datetime) -> Going:
    """Return how the run goes, in words for people; nothing is said about what cannot be known."""
    if run.phase.is_final:
        return Going()
    quiet_s = max(0.0, (now - changed_at).total_seconds())
    if run.phase is RunPhase.QUEUED and elapsed_s > max(_BEGINS_WITHIN_S, 0.0 if usual is None else usual.high_s):
        since = now - timedelta(seconds=elapsed_s)
        return Going(
            Tempo.STALLED,
            f"accepted {format_elapsed(elapsed_s)} ago and not begun: a run that was accepted too early may never start",
            since,
        )
    if usual is None or not usual.is_own:
        if quiet_s > _UNKNOWN_STALLED_S:
            return Going(
                Tempo.STALLED, _stalled(changed_at, quiet_s, "how long it usually takes is not known"), changed_at
            )
        return Going()
    words = f"usually {usual.words}"
    if elapsed_s <= usual.high_s:
        return Going(Tempo.USUAL, f"not slower than usual ({usual.words})")
    if elapsed_s <= usual.high_s * _USUAL_TIMES + _USUAL_MORE_S:
        return Going(Tempo.USUAL, f"a little slower than usual ({usual.words})")
    limit_s = usual.high_s * _STALLED_TIMES + _STALLED_MORE_S
    if elapsed_s > limit_s and quiet_s > max(_STALLED_MORE_S, usual.high_s):
        return Going(Tempo.STALLED, _stalled(changed_at, quiet_s, words), changed_at)
    return Going(Tempo.SLOW, f"slow: {words}, so far {usual.measured(elapsed_s)}")


def _stalled(changed_at: datetime, quiet_s: float, words: str) -> str:
    return f"stalled since {changed_at:%H:%M} UTC: nothing has changed for {format_elapsed(quiet_s)} ({words})"
