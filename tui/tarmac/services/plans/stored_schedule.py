"""What a stored schedule means: which kind it is, what a saved export would say of it, its end and its runs."""

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

# A flow whose first scheduled run comes so long after it was made is run on demand (design §5.1: "start a year ahead").
_FAR_AHEAD = AD_HOC_LEAD - timedelta(days=30)


def is_ad_hoc(params: ScheduleParams | None, created_at: datetime | None) -> bool:
    """Whether a schedule only keeps a place for runs on demand: none at all, or a first run about a year after creation."""
    if params is None or params.start is None:
        return True
    return created_at is not None and params.start - created_at > _FAR_AHEAD


def schedule_kind(params: ScheduleParams | None, created_at: datetime | None) -> ScheduleKind:
    """Return which of the three kinds a stored schedule is."""
    if params is None or is_ad_hoc(params, created_at):
        return ScheduleKind.AD_HOC
    return ScheduleKind.ONCE if params.step is None or is_full(params) else ScheduleKind.INCREMENTAL


def is_full(params: ScheduleParams) -> bool:
    """Whether every run holds everything, which the platform does once only."""
    return params.export_mode is not None and params.export_mode.upper() == ExportMode.DAILY_FULL


def schedule_of(flow: Flow) -> Schedule:
    """Return a stored schedule as a wish: what a saved export of this flow would say."""
    params = flow.schedule
    kind = schedule_kind(params, flow.created_at)
    if params is None or kind is ScheduleKind.AD_HOC:
        return Schedule()
    return Schedule(kind, None if kind is ScheduleKind.ONCE else params.step, params.start, params.end)


def step_words(params: ScheduleParams) -> str:
    """Write the step of a schedule: `every 6 hours`, `every day`, `once`, `no step`."""
    if params.interval == 0 or is_full(params):
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
