"""One row of the Runs screen, event by event: what a followed export looks like after each thing that happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from tarmac.platform.models import Run, RunPhase
from tarmac.services.exports.progress import (
    Counting,
    ExportEvent,
    ExportResult,
    Finished,
    FollowedRun,
    FollowState,
    Going,
    Outcome,
    Planned,
    RunFired,
    RunSeen,
    StepDone,
    StepStarted,
    WaitingForReady,
)
from tarmac.services.plans.plan import Noun, Wish
from tarmac.terms.text import plain
from tarmac.terms.times import format_elapsed

_OUTCOMES = {
    Outcome.LANDED: FollowState.LANDED,
    Outcome.FAILED: FollowState.FAILED,
    Outcome.REFUSED: FollowState.FAILED,
    Outcome.MISMATCH: FollowState.MISMATCH,
}


def new_row(key: str, wish: Wish, now: datetime, at: datetime, *, flow_id: str | None = None) -> FollowedRun:
    """Return the row of an export that has just been started."""
    return FollowedRun(
        key=key,
        export=wish.export.name,
        destination=wish.destination.kind.spec.title,
        state=FollowState.APPLYING,
        started_at=now,
        elapsed_s=0.0,
        as_of=at,
        begun_at=at,
        flow_id=flow_id,
    )


def row_after(row: FollowedRun, event: ExportEvent, now: datetime, at: datetime) -> FollowedRun:
    """Return the row as it is after `event`; nothing in it changes between events."""
    waited_s = max(0.0, (now - row.started_at).total_seconds())
    row = replace(row, as_of=at, elapsed_s=waited_s if row.took_s is None else row.took_s)
    match event:
        case Planned(plan=plan):
            return replace(row, flow_id=plan.flow_id or row.flow_id)
        case StepStarted(step=step):
            return replace(row, state=FollowState.APPLYING, detail=step.noun.value)
        case StepDone(step=step, id=made):
            # The first is the flow that runs; what follows are flows that it replaces.
            return replace(row, flow_id=made) if step.noun is Noun.FLOW and row.flow_id is None else row
        case WaitingForReady():
            left = max(0.0, event.deadline_s - event.elapsed_s)
            asked = "asked once" if event.probes == 1 else f"asked {event.probes:,} times"
            if event.problem is not None:
                asked = f"{plain(event.problem.message)} {asked}"
            return replace(
                row,
                state=FollowState.WAITING if event.problem is None else FollowState.TROUBLED,
                usual=event.usual,
                countdown_s=event.next_probe_s,
                elapsed_s=event.elapsed_s,
                detail=f"{asked}; tarmac gives up waiting in {format_elapsed(left)}",
            )
        case RunFired():
            return replace(
                row, state=FollowState.QUEUED, flow_id=event.flow_id, run_id=event.run_id, countdown_s=None, usual=None
            )
        case RunSeen():
            return _after_look(row, event)
        case Counting():
            done = f"{event.files_done:,} of {event.files_total:,} files, {event.rows:,} rows so far"
            return replace(row, state=FollowState.COUNTING, detail=done, files=event.files_total)
        case Finished(result=result):
            return _finished(row, result)
        case _:
            assert_never(event)


def _after_look(row: FollowedRun, event: RunSeen) -> FollowedRun:
    run = event.run
    state = FollowState.QUEUED if run.phase is RunPhase.QUEUED else FollowState.RUNNING
    detail = f"the platform says {plain(run.status_word, 40)}" if run.status_word else "the platform says nothing yet"
    if event.stale_s:
        detail = f"no answer for {format_elapsed(event.stale_s)}; what is shown is from {event.as_of:%H:%M:%S} UTC"
    return replace(
        _with_metrics(row, run),
        state=state,
        run_id=run.id,
        elapsed_s=event.elapsed_s if run.took_s is None else run.took_s,
        took_s=run.took_s,
        usual=event.usual,
        as_of=event.as_of,
        detail=detail,
        going=event.going,
    )


def _with_metrics(row: FollowedRun, run: Run) -> FollowedRun:
    return replace(row, rows=run.output_rows, bytes=run.output_bytes, files=run.output_files)


def _finished(row: FollowedRun, result: ExportResult) -> FollowedRun:
    return replace(
        row,
        # Still going on at the deadline: our waiting is over, the run is not.
        state=_OUTCOMES.get(result.outcome, FollowState.CANCELLED),
        flow_id=result.flow_id or row.flow_id,
        run_id=result.run_id or row.run_id,
        rows=result.rows,
        bytes=result.bytes,
        files=result.files,
        verified=result.verified,
        receipt=result.receipt,
        error=result.error,
        countdown_s=None,
        going=Going(),
        detail="" if result.error is None else result.error.message,
    )
