"""From a wished schedule to `scheduleParams`, and whether a stored schedule already does what is wished (platform-api §3.7).

Ad hoc: the flow must have a schedule, but none of its runs is wanted. It starts a year ahead and ends a day later. The end
is always given: without one the platform ends a flow six months after its creation, before its start, and whether it
then still accepts ad-hoc runs is not known (§12.2). The mode is FIRST_FULL_THEN_INCREMENTAL, since DAILY_FULL_EXPORT is
legal with interval 0 only, which means "once, at the start".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tarmac.services.plans.plan import Difference, ScheduleWindow
from tarmac.services.plans.stored_schedule import runs_between, step_words
from tarmac.terms.quantities import both_times
from tarmac.terms.schedules import (
    AD_HOC_LEAD,
    AD_HOC_LENGTH,
    DEFAULT_LIFETIME_MONTHS,
    ExportMode,
    Schedule,
    ScheduleKind,
    ScheduleParams,
    add_months,
)
from tarmac.terms.times import utc

INCREMENTAL_MONTHS = 12
# An ad-hoc flow whose first scheduled run comes nearer than this is moved another year ahead.
AD_HOC_RENEWAL = timedelta(days=7)
ONE_DAY = timedelta(days=1)
_AD_HOC_HOUR = 1


def wanted_params(schedule: Schedule, now: datetime, folder_template: str | None = None) -> ScheduleParams:
    """Return the whole object to send for a wish made at `now` (platform time, UTC)."""
    match schedule.kind:
        case ScheduleKind.AD_HOC:
            start = (now + AD_HOC_LEAD).replace(hour=_AD_HOC_HOUR, minute=0, second=0, microsecond=0)
            mode, unit, interval, end = ExportMode.FIRST_FULL_THEN_INCREMENTAL, "day", 1, start + AD_HOC_LENGTH
        case ScheduleKind.ONCE:
            start = utc(schedule.start) if schedule.start is not None else _next_minute(now)
            end = utc(schedule.end) if schedule.end is not None else start + ONE_DAY
            mode, unit, interval = ExportMode.DAILY_FULL, "day", 0
        case ScheduleKind.INCREMENTAL:
            start = utc(schedule.start) if schedule.start is not None else _next_hour(now)
            end = utc(schedule.end) if schedule.end is not None else add_months(max(start, now), INCREMENTAL_MONTHS)
            mode = ExportMode.FIRST_FULL_THEN_INCREMENTAL
            unit, interval = step_on_wire(schedule.every or ONE_DAY)
    # Seconds are all that the wire holds.
    whole_start, whole_end = start.replace(microsecond=0), end.replace(microsecond=0)
    return ScheduleParams(mode.value, unit, interval, whole_start, whole_end, folder_template)


def step_on_wire(every: timedelta) -> tuple[str, int]:
    """Return `timeUnit` and `interval` of a step in whole hours or of one day."""
    if every == ONE_DAY:
        return "day", 1
    return "hour", round(every.total_seconds() / 3600)


def schedule_differences(
    schedule: Schedule, have: ScheduleParams | None, now: datetime, folder_template: str | None = None
) -> tuple[Difference, ...]:
    """Compare by meaning: a start or end that nobody asked for may be any that still works at `now`."""
    want = params_to_send(schedule, have, now, folder_template)
    if have is None:
        return (Difference("schedule", "none", describe(want)),)
    found = [
        Difference(field, shown, wanted)
        for field, shown, wanted in (
            ("export mode", (have.export_mode or "").upper() or "not set", str(want.export_mode)),
            ("schedule step", step_words(have), step_words(want)),
            ("folder template", have.folder_template or "default", folder_template or "default"),
        )
        if shown != wanted
    ]
    if have.start != want.start:
        found.append(Difference("schedule start", _moment(have.start), _moment(want.start)))
    if have.end != want.end:
        found.append(Difference("schedule end", _moment(have.end), _moment(want.end)))
    return tuple(found)


def params_to_send(
    schedule: Schedule, have: ScheduleParams | None, now: datetime, folder_template: str | None = None
) -> ScheduleParams:
    """Return the whole object for a change: what still fits of the stored window is kept."""
    if have is None:
        return wanted_params(schedule, now, folder_template)
    want = wanted_params(schedule, now, folder_template)
    if have.start is not None and _start_fits(schedule, have, now):
        # An end that has to be made up follows the start that stays.
        if schedule.kind is ScheduleKind.AD_HOC:
            want = replace(want, start=have.start, end=have.start + AD_HOC_LENGTH)
        else:
            want = wanted_params(replace(schedule, start=have.start), now, folder_template)
    if _end_fits(schedule, have, now) and _reaches(have.end, want.start) and not _is_moved(schedule, have, want):
        want = replace(want, end=have.end)
    return want


def window_of(kind: ScheduleKind, params: ScheduleParams, now: datetime, *, made_at: datetime) -> ScheduleWindow:
    """Say when the flow may run. `made_at` is its creation (or now), from which the platform's default end counts."""
    if params.start is None:
        return ScheduleWindow("no schedule: it runs on demand only")
    default_end = add_months(made_at, DEFAULT_LIFETIME_MONTHS)
    if params.end is None:
        note = f"it has no end of its own: the platform stops it on {default_end:%Y-%m-%d}"
        return ScheduleWindow(f"from {both_times(params.start)}", params.start, default_end, None, (note,))
    notes = [f"ends {both_times(params.end)}"]
    if params.end > default_end:
        notes.append(
            f"without this end the platform would stop it on {default_end:%Y-%m-%d}, six months after it was made"
        )
    step, runs = params.step, runs_between(params, params.end)
    match kind:
        case ScheduleKind.AD_HOC:
            words = f"ad hoc only: first scheduled run {both_times(params.start)}"
        case ScheduleKind.ONCE:
            words = f"once, at {both_times(params.start)}"
        case ScheduleKind.INCREMENTAL:
            words = f"{step_words(params)}, first run {both_times(params.start)}"
            notes.append("the first run holds everything, later ones what is new")
    first = params.start
    if step is not None and first < now:
        first = first + step * (-((first - now) // step))
    return ScheduleWindow(words, first if first < params.end else None, params.end, runs, tuple(notes))


def describe(params: ScheduleParams) -> str:
    """Write stored or wanted parameters on one line."""
    return f"{step_words(params)}, {_moment(params.start)} to {_moment(params.end)}"


def _start_fits(schedule: Schedule, have: ScheduleParams, now: datetime) -> bool:
    if have.start is None:
        return False
    if schedule.kind is ScheduleKind.AD_HOC:
        return have.start > now + AD_HOC_RENEWAL
    if schedule.start is not None:
        return have.start == utc(schedule.start).replace(microsecond=0)
    return not _is_placeholder(have, now)


def _end_fits(schedule: Schedule, have: ScheduleParams, now: datetime) -> bool:
    if have.end is None or have.start is None or have.end <= have.start:
        return False
    if schedule.kind is ScheduleKind.AD_HOC:
        return True
    if schedule.end is not None:
        return have.end == utc(schedule.end).replace(microsecond=0)
    if _is_placeholder(have, now):
        return False
    # A one-time flow is done after its run; that its window is over changes nothing for an ad-hoc run of it.
    return schedule.kind is ScheduleKind.ONCE or have.end > now


def _is_placeholder(have: ScheduleParams, now: datetime) -> bool:
    """Whether a window only kept a flow open for runs on demand: it holds one step at most, far ahead, or none at all."""
    if have.start is None or have.step is None or have.start <= now:
        return False
    end = have.end if have.end is not None else add_months(now, DEFAULT_LIFETIME_MONTHS)
    return end - have.start <= AD_HOC_LENGTH


def _reaches(end: datetime | None, start: datetime | None) -> bool:
    return end is not None and start is not None and end > start


def _is_moved(schedule: Schedule, have: ScheduleParams, want: ScheduleParams) -> bool:
    """Whether an ad-hoc window goes elsewhere as a whole."""
    return schedule.kind is ScheduleKind.AD_HOC and have.start != want.start


def _moment(moment: datetime | None) -> str:
    return "not set" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
