"""Watching one run to its end: often at first, never without a deadline, stale data shown with its age (design §6)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tarmac.platform.errors import BadAnswer, NotFound, PlatformError
from tarmac.platform.models import Run, RunPhase
from tarmac.services.errors import RunFailed, StillRunning
from tarmac.services.history import Duration
from tarmac.services.pacing import Pace, backoff_s
from tarmac.services.progress import RunSeen
from tarmac.services.workspace import Workspace
from tarmac.terms.text import plain
from tarmac.terms.times import format_elapsed

# A run may not be found for a moment after it was fired.
_APPEARS_WITHIN_S = 120.0


async def watch(
    ws: Workspace, run_id: str, *, deadline_s: float, flow_id: str | None = None
) -> AsyncGenerator[RunSeen, None]:
    """Yield the run at every poll until its phase is final; an unknown status word is neither success nor the end.

    While the platform does not answer, the last known state is yielded again with growing `stale_s`. Raises StillRunning at
    the deadline, and at once what waiting cannot cure (rights, sign-in, a run that does not exist).
    """
    with ws.throttle.watching():
        async with aclosing(_looks(ws, run_id, deadline_s, flow_id)) as looks:
            async for seen in looks:
                yield seen


async def _looks(ws: Workspace, run_id: str, deadline_s: float, flow_id: str | None) -> AsyncGenerator[RunSeen, None]:
    platform = await ws.platform()
    usual = await ws.history.usual(Duration.RUN, flow_id)
    pace, started = Pace.up_to(ws.config.timing.poll.total_seconds()), ws.clock.monotonic()
    run = Run(run_id, flow_id, RunPhase.UNKNOWN, "")
    as_of, fresh_at, age_s = ws.now(), started, 0.0
    is_seen, failures, looks = False, 0, 0
    while True:
        try:
            run = await platform.runs.get(run_id)
        except PlatformError as error:
            elapsed = ws.clock.monotonic() - started
            if not _may_pass(error, is_seen=is_seen, elapsed_s=elapsed):
                raise
            failures += 1
        else:
            as_of, fresh_at, failures = ws.now(), ws.clock.monotonic(), 0
            looks += 1
            if not is_seen:
                is_seen, age_s = True, _age_s(run, ws)
        elapsed = ws.clock.monotonic() - started
        yield RunSeen(run, as_of, elapsed + age_s, usual, ws.clock.monotonic() - fresh_at if failures else 0.0)
        if is_seen and run.phase.is_final:
            if looks > 1 and run.phase is not RunPhase.FAILED:
                await ws.history.add(Duration.RUN, run.flow_id or flow_id or "", elapsed + age_s, ws.now())
            return
        if elapsed >= deadline_s:
            raise _still_running(run, elapsed + age_s)
        pause = backoff_s(failures, pace.cap_s) if failures else pace.next_s(elapsed + age_s)
        await ws.clock.sleep(min(pause, deadline_s - elapsed))
        await ws.throttle.turn()


def run_failure(run: Run) -> RunFailed:
    """Return the error that a failed run stands for, in the platform's words and ours."""
    first = run.errors[0] if run.errors else None
    code = plain(first.code, 80) if first is not None and first.code else "run-failed"
    text = plain(first.message, 400) if first is not None and first.message else "the platform gives no reason"
    others = f" It names {len(run.errors)} errors in all." if len(run.errors) > 1 else ""
    return RunFailed(
        f"run {plain(run.id, 80)} failed: {text}",
        code=code,
        meaning=f"The platform gave up while writing.{others} Files that it left behind are not complete.",
        next_step="Trigger it again; if it fails again, test the base connection and look at the run's raw answer.",
    )


def _may_pass(error: PlatformError, *, is_seen: bool, elapsed_s: float) -> bool:
    if isinstance(error, NotFound):
        return not is_seen and elapsed_s < _APPEARS_WITHIN_S
    return error.is_passing or error.maybe_done or isinstance(error, BadAnswer)


def _age_s(run: Run, ws: Workspace) -> float:
    """Return how long the run had been going on when it was first seen."""
    since = run.started_at or run.created_at
    if since is None:
        return 0.0
    until = run.ended_at if run.phase.is_final and run.ended_at is not None else ws.now()
    return max(0.0, (until - since).total_seconds())


def _still_running(run: Run, elapsed_s: float) -> StillRunning:
    word = plain(run.status_word, 40) or "not known"
    return StillRunning(
        f"run {plain(run.id, 80)} was still going on after {format_elapsed(elapsed_s)} (status {word})",
        meaning="It goes on without tarmac.",
        next_step=f"Follow it with `tarmac watch {plain(run.id, 80)}`, then `tarmac verify {plain(run.id, 80)}`.",
    )
