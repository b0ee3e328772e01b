"""Schedules, owners and ends of flows in words, alike for the Flows screen and `tarmac flows`."""

from __future__ import annotations

from datetime import datetime, timedelta

from tarmac.platform.models import Flow
from tarmac.terms.schedules import (
    AD_HOC_LEAD,
    DEFAULT_LIFETIME_MONTHS,
    ExportMode,
    Schedule,
    ScheduleKind,
    ScheduleParams,
    add_months,
)

# A flow whose first scheduled run comes so long after it was made is run on demand.
_FAR_AHEAD = AD_HOC_LEAD - timedelta(days=30)


def is_ad_hoc(params: ScheduleParams | None, created_at: datetime | None) -> bool:
    """Whether a schedule only keeps a place for runs on demand: none at all, or a first run about a year after creation."""
    if params is None or params.start is None:
        return True
    return created_at is not None and params.start - created_at > _FAR_AHEAD


def schedule_kind(params: ScheduleParams | None, created_at: datetime | None) -> ScheduleKind:
    """Return which of the three kinds a stored schedule is."""
    if is_ad_hoc(params, created_at):
        return ScheduleKind.AD_HOC
    assert params is not None  # noqa: S101 - is_ad_hoc says so
    return ScheduleKind.ONCE if params.step is None else ScheduleKind.INCREMENTAL


def schedule_of(flow: Flow) -> Schedule:
    """Return a stored schedule as a wish: what a saved export of this flow would say."""
    params = flow.schedule
    match schedule_kind(params, flow.created_at):
        case ScheduleKind.AD_HOC:
            return Schedule()
        case ScheduleKind.ONCE:
            return Schedule(ScheduleKind.ONCE, None, params.start if params else None, params.end if params else None)
        case ScheduleKind.INCREMENTAL:
            assert params is not None  # noqa: S101 - ad hoc otherwise
            return Schedule(ScheduleKind.INCREMENTAL, params.step, params.start, params.end)


def schedule_words(params: ScheduleParams | None, created_at: datetime | None) -> str:
    """Write a stored schedule in a few words: `every 6 hours`, `every day`, `once`, `on demand`."""
    if is_ad_hoc(params, created_at):
        return "on demand"
    assert params is not None  # noqa: S101 - is_ad_hoc says so
    return step_words(params)


def step_words(params: ScheduleParams) -> str:
    """Write the step of a schedule."""
    if params.interval == 0 or params.export_mode == ExportMode.DAILY_FULL:
        return "once"
    if params.interval is None or params.time_unit is None:
        return "no step"
    unit = params.time_unit
    return f"every {unit}" if params.interval == 1 else f"every {params.interval} {unit}s"


def effective_end(params: ScheduleParams | None, created_at: datetime | None) -> datetime | None:
    """Return when the flow ends: its own end, else six months after its creation (§3.7); None where neither is known."""
    if params is not None and params.end is not None:
        return params.end
    return None if created_at is None else add_months(created_at, DEFAULT_LIFETIME_MONTHS)


def runs_between(params: ScheduleParams, end: datetime | None, after: datetime | None = None) -> int | None:
    """Return how many scheduled runs lie before `end` (and after `after`); None without a start or an end."""
    if params.start is None or end is None:
        return None
    if params.step is None:
        is_over = after is not None and params.start <= after
        return 1 if params.start < end and not is_over else 0
    total = max(0, -((params.start - end) // params.step))
    if after is None or after < params.start:
        return total
    return max(0, total - ((after - params.start) // params.step + 1))


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
