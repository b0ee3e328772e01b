"""What `scheduleParams` may hold, and when a schedule is due (§3.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from tarmac.emulator.answers import bad_request
from tarmac.emulator.folders import unknown_macro
from tarmac.terms.schedules import (
    DEFAULT_LIFETIME_MONTHS,
    KNOWN_HOUR_STEPS,
    ExportMode,
    ScheduleParams,
    add_months,
)
from tarmac.terms.times import to_seconds

# Later than this is milliseconds taken for seconds (it would be the year 5138).
_LAST_SECOND = 100_000_000_000


def checked_schedule(
    raw: Any,
    created_at: datetime,
    stored: Mapping[str, Any] | None = None,
    *,
    hour_steps: Collection[int] = KNOWN_HOUR_STEPS,
) -> dict[str, Any]:
    """Return the object to store, with the six-month end where none was given. Raises ApiError 400.

    `stored` is the schedule that is changed: its end may lie before the start, since the platform itself sets such ends.
    """
    if not isinstance(raw, Mapping):
        raise bad_request("The field [scheduleParams] must be an object.")
    params = ScheduleParams.from_wire(raw)
    for key in ("startTime", "endTime"):
        if raw.get(key) is not None and not 0 <= _seconds(raw[key]) < _LAST_SECOND:
            raise bad_request(f"The field [scheduleParams.{key}] must be a time in epoch seconds.")
    for key, value in (("startTime", params.start), ("interval", params.interval), ("timeUnit", params.time_unit)):
        if value is None:
            raise bad_request(f"The field [scheduleParams.{key}] is required.")
    _check_step(params, hour_steps)
    is_new_end = stored is None or stored.get("endTime") != raw.get("endTime")
    if is_new_end and params.end is not None and params.start is not None and params.end <= params.start:
        raise bad_request("The field [scheduleParams.endTime] must be after the startTime.")
    if params.folder_template is not None and (macro := unknown_macro(params.folder_template)) is not None:
        raise bad_request(f"The folder name template holds the unknown macro [{macro}].")
    end = to_seconds(add_months(created_at, DEFAULT_LIFETIME_MONTHS))
    return {"endTime": end, **raw}


def is_one_time(params: ScheduleParams) -> bool:
    """Whether the schedule is the one-time full export."""
    return params.interval == 0


def due_moments(params: ScheduleParams, after: datetime | None, until: datetime) -> list[datetime]:
    """Return the scheduled moments in `(after, until]`, oldest first; the end date is no longer in it."""
    if params.start is None:
        return []
    last = until if params.end is None else min(until, params.end - timedelta(microseconds=1))
    if params.step is None:
        return [params.start] if params.start <= last and (after is None or after < params.start) else []
    first = 0 if after is None or after < params.start else (after - params.start) // params.step + 1
    count = (last - params.start) // params.step + 1 if last >= params.start else 0
    return [params.start + params.step * number for number in range(first, count)]


def next_moment(params: ScheduleParams, after: datetime) -> datetime | None:
    """Return the first scheduled moment later than `after`, or None when there is none."""
    if params.start is None:
        return None
    if after < params.start:
        moment = params.start
    elif params.step is None:
        return None
    else:
        moment = params.start + params.step * ((after - params.start) // params.step + 1)
    return moment if params.end is None or moment < params.end else None


def _check_step(params: ScheduleParams, hour_steps: Collection[int]) -> None:
    if params.export_mode is not None and params.export_mode not in set(ExportMode):
        raise bad_request(
            f"The field [scheduleParams.exportMode] must be one of {[mode.value for mode in ExportMode]}."
        )
    is_full = params.export_mode == ExportMode.DAILY_FULL
    if params.time_unit == "day" and params.interval == 0:
        if not is_full:
            raise bad_request("An interval of 0 is for the exportMode [DAILY_FULL_EXPORT] only.")
        return
    if is_full:
        raise bad_request("The exportMode [DAILY_FULL_EXPORT] is for one-time exports: timeUnit [day], interval [0].")
    if params.time_unit == "day":
        if params.interval != 1:
            raise bad_request("The field [scheduleParams.interval] must be 1 for the timeUnit [day].")
    elif params.time_unit == "hour":
        if params.interval not in hour_steps:
            steps = ", ".join(str(step) for step in hour_steps)
            raise bad_request(f"The field [scheduleParams.interval] must be one of {steps} for the timeUnit [hour].")
    else:
        raise bad_request("The field [scheduleParams.timeUnit] must be one of [day, hour].")


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return -1.0
