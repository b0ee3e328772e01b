"""Scheduled runs that should have begun and have not: late at first, missed once the next moment has come.

Alike for the Flows screen, the Runs screen and `tarmac runs`. Moments are the platform's time, UTC.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarmac.platform.models import Flow, Run
from tarmac.services.flows.words import last_due, next_runs
from tarmac.services.plans.stored_schedule import effective_end, is_ad_hoc
from tarmac.terms.states import ObjectState
from tarmac.terms.times import in_words

# A scheduled run appears a little after its moment; only later than this is it late.
TOLERANCE = timedelta(hours=1)
# The platform's clocks differ a little: a run that began so long before its moment is the run of that moment.
EARLY = timedelta(minutes=5)


@dataclass(frozen=True)
class Overdue:
    """A moment at which no run began. `next_due` is None for the last one of a schedule."""

    due: datetime
    is_missed: bool
    next_due: datetime | None = None

    def words(self, now: datetime) -> str:
        """Write `late since 2026-11-23 15:00 UTC (1 h 10 min)` or `missed: its run of … never came`."""
        if self.is_missed:
            return f"missed: its run of {self.due:%Y-%m-%d %H:%M} UTC never came"
        return f"late since {self.due:%Y-%m-%d %H:%M} UTC ({in_words(now - self.due)})"


def tolerance(step: timedelta | None) -> timedelta:
    """Return how long after its moment a run is not late yet: an hour, or a third of a shorter step."""
    return TOLERANCE if step is None else min(TOLERANCE, step / 3)


def overdue(flow: Flow, began: Collection[datetime], now: datetime, *, moments: int = 2) -> tuple[Overdue, ...]:
    """Return which of the last one or two moments of a flow went by without a run, the older one first.

    `began` says when its newest runs were made, back to the first of these moments at least. A flow that is not enabled
    owes nothing, nor does one that was made or changed after the moment.
    """
    params, end = flow.schedule, effective_end(flow.schedule, flow.created_at)
    due = last_due(params, end, now)
    if flow.state != ObjectState.ENABLED or params is None or due is None or is_ad_hoc(params, flow.created_at):
        return ()
    step = params.step
    changed = max((each for each in (flow.created_at, flow.updated_at) if each is not None), default=None)
    found = []
    for moment in (due,) if step is None or moments < 2 else (due - step, due):
        if (params.start is not None and moment < params.start) or (changed is not None and changed > moment):
            continue
        until = None if step is None else moment + step
        if any(each >= moment - EARLY and (until is None or each < until - EARLY) for each in began):
            continue
        is_missed = now >= until if until is not None else end is not None and now >= end
        if is_missed or now - moment >= tolerance(step):
            found.append(
                Overdue(moment, is_missed, until if until is not None and (end is None or until < end) else None)
            )
    return tuple(found)


def awaited(flow: Flow, began: Collection[datetime], now: datetime) -> datetime | None:
    """Return the moment that has come and whose run has not begun yet; None where nothing is awaited."""
    params, end = flow.schedule, effective_end(flow.schedule, flow.created_at)
    due = last_due(params, end, now)
    if flow.state != ObjectState.ENABLED or due is None or is_ad_hoc(params, flow.created_at):
        return None
    return None if any(each >= due - EARLY for each in began) else due


def next_moment(flow: Flow, now: datetime) -> datetime | None:
    """Return when the flow runs next by its schedule; None if never."""
    if flow.state != ObjectState.ENABLED or is_ad_hoc(flow.schedule, flow.created_at):
        return None
    moments = next_runs(flow.schedule, effective_end(flow.schedule, flow.created_at), now, 1)
    return moments[0] if moments else None


def is_scheduled(flow: Flow) -> bool:
    """Whether a flow runs by itself: it is enabled and its schedule is more than a place for runs on demand."""
    return flow.state == ObjectState.ENABLED and not is_ad_hoc(flow.schedule, flow.created_at)


def began_at(runs: Collection[Run]) -> tuple[datetime, ...]:
    """Return when runs were made, as far as they say so."""
    return tuple(moment for run in runs if (moment := run.created_at or run.started_at) is not None)
