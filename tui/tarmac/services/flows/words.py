"""Schedules, owners and ends of flows in words, alike for the Flows screen and `tarmac flows`."""

from __future__ import annotations

from datetime import datetime, timedelta

from tarmac.services.plans.stored_schedule import is_ad_hoc, step_words
from tarmac.terms.schedules import ScheduleParams


def schedule_words(params: ScheduleParams | None, created_at: datetime | None) -> str:
    """Write a stored schedule in a few words: `every 6 hours`, `every day`, `once`, `on demand`."""
    return "on demand" if params is None or is_ad_hoc(params, created_at) else step_words(params)


def zero_runs_words(params: ScheduleParams | None, created_at: datetime | None, end: datetime | None) -> str:
    """Say that no scheduled run lies in the window, and what mends it; empty where some do, or where none is wanted."""
    if params is None or params.start is None or end is None or params.start < end:
        return ""
    cause = "" if params.end is not None else ", which the platform sets six months after creation"
    start_words = f"it starts {params.start:%Y-%m-%d} but ends {end:%Y-%m-%d}{cause}"
    if is_ad_hoc(params, created_at):
        return (
            f"{start_words}: whether it still accepts runs on demand after that is not known; extend it past its start"
        )
    return f"{start_words}: it will never run; extend it past its start, or reschedule it"


def next_runs(params: ScheduleParams | None, end: datetime | None, now: datetime, count: int) -> tuple[datetime, ...]:
    """Return the next `count` moments at which the platform will run it, oldest first; fewer where it ends before."""
    if params is None or params.start is None:
        return ()
    first, step = params.start, params.step
    if step is None:
        moments = [first] if first > now else []
    else:
        if first <= now:
            first += step * ((now - first) // step + 1)
        moments = [first + step * number for number in range(count)]
    return tuple(each for each in moments[:count] if end is None or each < end)


def last_due(params: ScheduleParams | None, end: datetime | None, now: datetime) -> datetime | None:
    """Return the latest scheduled moment that has passed; None when there was none."""
    if params is None or params.start is None or params.start > now:
        return None
    last = now if end is None else min(now, end - timedelta(seconds=1))
    if last < params.start:
        return None
    return params.start if params.step is None else params.start + params.step * ((last - params.start) // params.step)


def days_words(span: timedelta) -> str:
    """Write a span to an end: `in 3 d`, `in 5 h`, `2 d ago`."""
    seconds = abs(span.total_seconds())
    number, unit = (seconds // 86400, "d") if seconds >= 86400 else (max(1, seconds // 3600), "h")
    return f"in {number:.0f} {unit}" if span > timedelta(0) else f"{number:.0f} {unit} ago"
