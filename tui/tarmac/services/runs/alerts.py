"""One alert a change: a run landed, failed, does not agree, stopped moving, or did not come, and all is well again.

What was told last is remembered for each export on the disk (`alert_book`), so that several processes that see the same tell
it once, and a recovery is told even by another process than the one that told the trouble.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

from tarmac.platform.models import Run, RunPhase
from tarmac.profiles.errors import ProfileError
from tarmac.services.exports.ledger_file import LedgerError
from tarmac.services.exports.progress import (
    ExportEvent,
    ExportResult,
    Finished,
    FollowState,
    Outcome,
    RunFired,
    RunSeen,
    Tempo,
)
from tarmac.services.runs.alert import Alert, Change
from tarmac.services.runs.alert_book import news
from tarmac.services.runs.hooks import send_hooks
from tarmac.services.runs.missing_runs import MissingRun
from tarmac.services.runs.scheduled_runs import NotCome, ScheduleNews
from tarmac.services.runs.watching import run_failure
from tarmac.services.workspace import Workspace

Event = TypeVar("Event", bound=ExportEvent)

Say = Callable[[str], None]

_LOCK_WAIT_S = 5.0
# What was told longer ago is not late any more.
_TOLD_KEPT = 1_000
_CHANGES = {
    Outcome.LANDED: Change.LANDED,
    Outcome.FAILED: Change.FAILED,
    Outcome.REFUSED: Change.FAILED,
    Outcome.MISMATCH: Change.MISMATCH,
}


def alert_of_result(result: ExportResult, now: datetime, run_began_at: datetime | None = None) -> Alert | None:
    """Return the alert of an export's end; None while it goes on, and where nothing was sent because of its arguments."""
    change = _CHANGES.get(result.outcome)
    if change is None or (result.outcome is Outcome.REFUSED and result.flow_id is None):
        return None
    return Alert(
        change,
        result.export,
        now,
        run_id=result.run_id,
        flow_id=result.flow_id,
        dataset_id=result.dataset_id,
        destination=result.destination,
        folder=result.folder,
        rows=result.rows,
        words=f"{result.export} {change.value}",
        error=None if result.error is None else result.error.as_json(),
        run_began_at=run_began_at,
    )


def _in_the_log_only(_problem: str) -> None:
    """What went wrong with a hook is in the log already."""


async def with_alerts(
    ws: Workspace, export: str, events: AsyncGenerator[Event, None], say: Say = _in_the_log_only
) -> AsyncGenerator[Event, None]:
    """Hand on the events of an export; tell the hooks of every change. Without hooks nothing else happens.

    `say` hears what went wrong with a hook.
    """
    flow_id: str | None = None
    began_at: datetime | None = None
    stalled = False
    async with aclosing(events) as stream:
        async for event in stream:
            yield event
            if not ws.config.notify.has_hooks:
                continue
            if isinstance(event, RunFired):
                flow_id = event.flow_id
            elif isinstance(event, RunSeen):
                run, going = event.run, event.going
                began_at, flow_id = _began_at(run), flow_id or run.flow_id
                is_stalled = going.tempo is Tempo.STALLED
                if is_stalled and not stalled:
                    words = f"{export}: {going.words}"
                    alert = Alert(Change.STALLED, export, ws.now(), run.id, flow_id, words=words, run_began_at=began_at)
                    await tell(ws, alert, say)
                stalled = is_stalled
            elif isinstance(event, Finished):
                end = alert_of_result(event.result, ws.now(), began_at)
                if end is not None:
                    await tell(ws, end, say)


async def with_schedule_alerts(
    ws: Workspace, found: AsyncGenerator[ScheduleNews, None]
) -> AsyncGenerator[ScheduleNews, None]:
    """Hand on the news of the schedules; tell the hooks of every run that is late, and again when it is missed."""
    told: dict[tuple[str, FollowState], None] = {}
    async with aclosing(found) as stream:
        async for each in stream:
            yield each
            # A late run is news at every look, because its words change.
            if isinstance(each, NotCome) and (each.row.key, each.row.state) not in told:
                row, is_missed = each.row, each.row.state is FollowState.MISSED
                told[row.key, row.state] = None
                for oldest in tuple(told)[:-_TOLD_KEPT]:
                    del told[oldest]
                await tell_missing(
                    ws, [MissingRun(row.export, row.flow_id or "", row.started_at, is_missed, each.words)]
                )


async def tell_missing(ws: Workspace, missing: Collection[MissingRun], say: Say = _in_the_log_only) -> None:
    """Tell of scheduled runs that have not come, the older one first."""
    for each in missing:
        change = Change.MISSED if each.is_missed else Change.LATE
        alert = Alert(change, each.export, ws.now(), flow_id=each.flow_id or None, words=each.words, due=each.due)
        await tell(ws, alert, say)


async def tell_of_run(ws: Workspace, export: str, run: Run, say: Say = _in_the_log_only) -> None:
    """Tell the end of a run that was only watched; whether its rows landed was not counted then."""
    change = {RunPhase.SUCCEEDED: Change.LANDED, RunPhase.FAILED: Change.FAILED, RunPhase.PARTIAL: Change.MISMATCH}
    if run.phase not in change:
        return
    alert = Alert(
        change[run.phase],
        export,
        ws.now(),
        run.id,
        run.flow_id,
        rows=run.output_rows,
        words=f"{export} {change[run.phase].value}, by the run's own numbers",
        error=run_failure(run).as_json() if run.phase is RunPhase.FAILED else None,
        run_began_at=_began_at(run),
    )
    await tell(ws, alert, say)


async def tell(ws: Workspace, alert: Alert, say: Say = _in_the_log_only) -> tuple[str, ...]:
    """Tell the hooks, unless this change was told before; return what went wrong with them, in sentences.

    A hook that fails is never an error of the export.
    """
    notify = ws.config.notify
    if not notify.has_hooks:
        return ()
    problem: tuple[str, ...] = ()
    try:
        async with ws.ledger.only_one("alerts", wait_s=_LOCK_WAIT_S):
            told = await asyncio.to_thread(news, ws.state_dir / "alerts.json", alert)
    except (LedgerError, ProfileError) as error:
        told, problem = alert, (error.message,)
    if told is None:
        return ()
    problems = (*problem, *await send_hooks(ws, notify, told.as_json(ws)))
    for each in problems:
        say(f"! {each}")
    return problems


def _began_at(run: Run) -> datetime | None:
    return run.created_at or run.started_at
