"""Watching one run to its end: often at first, never without a deadline, stale data shown with its age (design §6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tarmac.platform.atlas import explain_code
from tarmac.platform.errors import BadAnswer, NotFound, PlatformError
from tarmac.platform.models import Run, RunPhase
from tarmac.services.errors import RunFailed, StillRunning
from tarmac.services.exports.history import Duration
from tarmac.services.exports.pacing import Pace, backoff_s
from tarmac.services.exports.progress import Going, RunSeen
from tarmac.services.runs.run_feed import Sighting
from tarmac.services.runs.tempo import Changes, judge
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain
from tarmac.terms.times import format_elapsed

# A run may not be found for a moment after it was fired, or by a server that lags behind the others.
_APPEARS_WITHIN_S = 120.0
# Two clocks that differ by more than this between two looks: the machine slept, or its clock was set.
_JUMP_S = 30.0
# A look is given this long even where no time is left for it.
_LEAST_LOOK_S = 2.0
_FAILED = "Trigger it again; if it fails again, test the base connection and look at the run's raw answer."


async def watch(
    ws: Workspace, run_id: str, *, deadline_s: float, flow_id: str | None = None
) -> AsyncGenerator[RunSeen, None]:
    """Yield the run at every poll until its phase is final; an unknown status word is neither success nor the end.

    While the platform does not answer, the last known state is yielded again with growing `stale_s`. Raises StillRunning at
    the deadline, and at once what waiting cannot cure (rights, sign-in, a run that does not exist).
    """
    with ws.runs.watching(run_id, flow_id):
        async with aclosing(_looks(ws, run_id, deadline_s, flow_id)) as looks:
            async for seen in looks:
                yield seen


async def _looks(ws: Workspace, run_id: str, deadline_s: float, flow_id: str | None) -> AsyncGenerator[RunSeen, None]:
    platform = await ws.platform()
    usual = await ws.history.usual(Duration.RUN, flow_id)
    pace, started = Pace.up_to(ws.config.timing.poll.total_seconds()), ws.clock.monotonic()
    seen = Sighting(Run(run_id, flow_id, RunPhase.UNKNOWN, ""), ws.now(), started)
    times, changes, pause = _Times(ws), Changes(), 0.0
    is_seen, failures, looks = False, 0, 0
    while True:
        times.look()
        left_s = deadline_s - (ws.clock.monotonic() - started)
        try:
            async with asyncio.timeout(max(_LEAST_LOOK_S, left_s)):
                seen = await ws.runs.look(platform, run_id, max_age_s=pause / 2)
        except TimeoutError:
            raise _still_running(seen.run, times.age_s, Going()) from None
        except PlatformError as error:
            since_s = ws.clock.monotonic() - seen.seen_s
            if not _may_pass(error, since_s):
                raise error if is_seen else _never_began(run_id, error) from error
            failures += 1
        else:
            failures = 0
            looks += 1
            times.seen(seen.run)
            is_seen = True
        run, elapsed = seen.run, ws.clock.monotonic() - started
        changed_at = changes.see(run, seen.at)
        going = judge(run, times.age_s, usual, changed_at, ws.now()) if is_seen else Going()
        yield RunSeen(run, seen.at, times.age_s, usual, times.stale_s(seen) if failures else 0.0, going)
        if is_seen and run.phase.is_final:
            if looks > 1 and run.phase is not RunPhase.FAILED:
                await ws.history.add(Duration.RUN, run.flow_id or flow_id or "", times.age_s, ws.now())
            return
        if elapsed >= deadline_s:
            raise _still_running(run, times.age_s, going)
        pause = backoff_s(failures, pace.cap_s) if failures else pace.next_s(times.age_s)
        # Counted from the answer, not from now: all who had the same answer are due together and share the next one.
        known_s = 0.0 if failures else ws.clock.monotonic() - seen.seen_s
        await ws.clock.sleep(max(0.0, min(pause - known_s, deadline_s - elapsed)))


class _Times:
    """How long a run has been going on, also across a laptop's sleep, in which no monotonic second passes."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._started = self._looked = ws.clock.monotonic()
        self._wall = ws.clock.now()
        self._before_s = 0.0
        self._asleep_s = 0.0
        self._is_known = False

    def look(self) -> None:
        """Compare both clocks; a wall clock that runs away from the other one means that the machine slept."""
        now, wall = self._ws.clock.monotonic(), self._ws.clock.now()
        slept = (wall - self._wall).total_seconds() - (now - self._looked)
        if abs(slept) > _JUMP_S:
            self._asleep_s += max(0.0, slept)
            self._is_known = False
        self._looked, self._wall = now, wall

    def seen(self, run: Run) -> None:
        """Take the run's own start as the beginning, once, and again after a jump."""
        if self._is_known:
            return
        self._is_known = True
        since = run.started_at or run.created_at
        if since is None:
            self._before_s = self._asleep_s
            return
        until = run.ended_at if run.phase.is_final and run.ended_at is not None else self._ws.now()
        age_s = max(0.0, (until - since).total_seconds())
        self._before_s = age_s - (self._looked - self._started)

    @property
    def age_s(self) -> float:
        """Seconds since the run began."""
        return max(0.0, self._before_s + self._ws.clock.monotonic() - self._started)

    def stale_s(self, seen: Sighting) -> float:
        """Seconds since the platform last answered, those asleep included."""
        awake_s = self._ws.clock.monotonic() - seen.seen_s
        return max(awake_s, (self._ws.now() - seen.at).total_seconds())


def run_failure(run: Run) -> RunFailed:
    """Return the error that a failed run stands for, in the platform's words and ours."""
    first = run.errors[0] if run.errors else None
    code = plain(first.code, 80) if first is not None and first.code else "run-failed"
    text = plain(first.message, 400) if first is not None and first.message else "the platform gives no reason"
    known = explain_code(first.code) if first is not None else None
    others = f" It names {len(run.errors)} errors in all." if len(run.errors) > 1 else ""
    return RunFailed(
        f"run {plain(run.id, 80)} failed: {text}",
        code=code,
        meaning=f"The platform gave up while writing.{others} Files that it left behind are not complete.",
        next_step=_FAILED if known is None else known.next_step,
    )


def _may_pass(error: PlatformError, since_s: float) -> bool:
    """Whether it is worth asking again, `since_s` seconds after the run was last seen, or fired."""
    if isinstance(error, NotFound):
        return since_s < _APPEARS_WITHIN_S
    return error.is_passing or error.maybe_done or isinstance(error, BadAnswer)


def _never_began(run_id: str, error: PlatformError) -> TarmacError:
    """Say what a run that was accepted and is not there means; every other error is said as it is."""
    if not isinstance(error, NotFound):
        return error
    return RunFailed(
        f"run {plain(run_id, 80)} was accepted, but the platform does not know it",
        code="run-never-began",
        meaning="A run that is accepted before the platform is ready may never start. Nothing was written.",
        next_step="Give the same command again: the dataflow is reused and a new run is fired.",
        request_id=error.request_id,
    )


def _still_running(run: Run, elapsed_s: float, going: Going) -> StillRunning:
    word, shown = plain(run.status_word, 40) or "not known", plain(run.id, 80)
    if run.is_over_by_its_times:
        return StillRunning(
            f"run {shown} has the status {word!r}, which tarmac does not know, also after {format_elapsed(elapsed_s)}",
            meaning=f"By its own times it ended at {run.ended_at:%Y-%m-%d %H:%M} UTC. An unknown word is taken neither for a "
            "success nor for the end.",
            next_step=f"Count what landed: tarmac verify {shown}",
        )
    if run.phase is RunPhase.UNKNOWN and run.status_word:
        word += ", a word that tarmac does not know"
    return StillRunning(
        f"run {shown} was still going on after {format_elapsed(elapsed_s)} (status {word})",
        meaning="It goes on without tarmac." + (f" It is {going.words}." if going.words else ""),
        next_step=f"Follow it with `tarmac watch {shown}`, then `tarmac verify {shown}`.",
    )
