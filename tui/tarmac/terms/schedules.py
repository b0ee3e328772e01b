"""When a dataset flow runs: the three kinds of schedule and their form on the wire (platform-api §3.7, C3, C6).

`startTime` and `endTime` are epoch seconds; everything else in Flow Service is milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tarmac.terms.times import from_seconds, parse_duration, to_seconds

# Without an end the platform stops a flow six months after its creation (EDA, EDU).
DEFAULT_LIFETIME_MONTHS = 6
# Both documents allow these; 8 and 9 are each in one only (C3). The live flow spec decides.
AGREED_HOUR_STEPS = (3, 6, 12)
KNOWN_HOUR_STEPS = (3, 6, 8, 9, 12)
AD_HOC_LEAD = timedelta(days=365)
AD_HOC_LENGTH = timedelta(days=1)


class ScheduleKind(StrEnum):
    """The `kind` of an export's schedule."""

    AD_HOC = "ad-hoc"
    ONCE = "once"
    INCREMENTAL = "incremental"


class ExportMode(StrEnum):
    """`scheduleParams.exportMode`."""

    DAILY_FULL = "DAILY_FULL_EXPORT"
    FIRST_FULL_THEN_INCREMENTAL = "FIRST_FULL_THEN_INCREMENTAL"


@dataclass(frozen=True)
class Schedule:
    """What a person asked for. `every` is set for incremental schedules only; a missing `end` is given one by the planner."""

    kind: ScheduleKind = ScheduleKind.AD_HOC
    every: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class ScheduleParams:
    """`scheduleParams` of a flow as sent or stored; every field may be missing in a stored one."""

    export_mode: str | None = None
    time_unit: str | None = None
    interval: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    folder_template: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the whole object; partial ones may replace the rest (platform-api §3.8)."""
        pairs = {
            "exportMode": self.export_mode,
            "timeUnit": self.time_unit,
            "interval": self.interval,
            "startTime": None if self.start is None else to_seconds(self.start),
            "endTime": None if self.end is None else to_seconds(self.end),
            "foldernameTemplate": self.folder_template,
        }
        return {key: value for key, value in pairs.items() if value is not None}

    @classmethod
    def from_wire(cls, raw: Mapping[str, Any]) -> ScheduleParams:
        """Read a stored object: numbers may be strings (AEPP), the template key has two spellings (C4)."""
        return cls(
            export_mode=_text(raw.get("exportMode")),
            time_unit=_lower(raw.get("timeUnit")),
            interval=_number(raw.get("interval")),
            start=_moment(raw.get("startTime")),
            end=_moment(raw.get("endTime")),
            folder_template=_text(raw.get("foldernameTemplate") or raw.get("folderNameTemplate")),
        )

    @property
    def step(self) -> timedelta | None:
        """The time between runs; None for a one-time or unscheduled flow."""
        if not self.interval or self.time_unit not in {"hour", "day"}:
            return None
        return timedelta(hours=self.interval) if self.time_unit == "hour" else timedelta(days=self.interval)


def parse_schedule(text: str) -> Schedule:
    """Read `ad-hoc`, `once`, `daily` or `every 6h`, or what screens say: `on demand`, `every 6 hours`, `every day`.

    Raises ValueError with the accepted forms.
    """
    match text.split():
        case ["ad-hoc"] | ["on", "demand"]:
            return Schedule(ScheduleKind.AD_HOC)
        case ["once"]:
            return Schedule(ScheduleKind.ONCE)
        case ["daily"] | ["every", "day"]:
            return Schedule(ScheduleKind.INCREMENTAL, every=timedelta(days=1))
        case ["every", "hour"]:
            return Schedule(ScheduleKind.INCREMENTAL, every=timedelta(hours=1))
        case ["every", number, ("hours" | "days") as unit]:
            return parse_schedule(f"every {number}{unit[0]}")
        case ["every", step]:
            every = parse_duration(step)
            if every > timedelta(0):
                return Schedule(ScheduleKind.INCREMENTAL, every=every)
            raise ValueError(f"{step!r} is no time at all")
        case _:
            raise ValueError(f'{text!r} is no schedule; write ad-hoc, once, daily or "every 6h"')


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day of month `months` later, or the last day of that month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    for day in (moment.day, 30, 29, 28):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise ValueError(f"no such month: {year}-{month}")  # pragma: no cover - 28 exists in every month


def _text(value: object) -> str | None:
    # Half a surrogate pair can stand in JSON, but in no file and on no screen.
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) and value else None


def _lower(value: object) -> str | None:
    text = _text(value)
    return None if text is None else text.lower()


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if value == value and abs(value) < 1e15 else None
    digits = value.strip() if isinstance(value, str) else ""
    if digits.removeprefix("-").isdecimal() and len(digits) < 16:
        return int(digits)
    return None


def _moment(value: object) -> datetime | None:
    number = _number(value)
    if number is None:
        return None
    try:
        return from_seconds(number)
    except OverflowError:
        return None
