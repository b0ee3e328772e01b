"""Time: aware UTC inside, epoch milliseconds (almost everywhere) and seconds (schedules) on the wire, a clock to inject."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# No wait and no schedule is longer, and any moment of ours plus or minus this much is still one of the calendar's.
_LONGEST_DAYS = 36_500
# A year less than the calendar has at its far end: a schedule's own end lies up to a year after its start.
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class Clock(Protocol):
    """Where a service gets the time and waits; tests inject one that does not wait."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


def from_millis(value: float) -> datetime:
    """Turn epoch milliseconds (catalog, connections, flows, runs) into an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=value)


def to_millis(moment: datetime) -> int:
    """Turn an aware datetime into whole epoch milliseconds; what is written is never later than the moment itself."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_seconds(value: float) -> datetime:
    """Turn epoch seconds (`scheduleParams`, AWS `expiryTime`) into an aware UTC datetime."""
    return _EPOCH + timedelta(seconds=value)


def to_seconds(moment: datetime) -> int:
    """Turn an aware datetime into whole epoch seconds."""
    return int(moment.timestamp())


def parse_duration(text: str) -> timedelta:
    """Read `20s`, `5m`, `2h`, `30d` or `250ms`, up to a hundred years. Raises ValueError with the accepted forms."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a number and one of ms, s, m, h, d, for example 20s or 2h")
    seconds = float(match[1]) * _UNIT_SECONDS[match[2]]
    if seconds > _LONGEST_DAYS * _UNIT_SECONDS["d"]:
        raise ValueError(f"{text!r} is longer than a hundred years; write at most {_LONGEST_DAYS}d")
    return timedelta(seconds=seconds)


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; a naive one is taken as UTC. Raises OverflowError at the very ends of the calendar."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_moment(text: str) -> datetime:
    """Read a day or a moment that a person typed: ISO 8601, in UTC unless it says another zone.

    The machine's own zone never counts: the same words mean the same moment everywhere, and every answer shows it as UTC.
    Raises ValueError with the accepted forms, and for a year in which no sum of times would be safe.
    """
    try:
        moment = utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is not a moment such as 2026-12-01 01:00, which is UTC, or 2026-12-01T02:00+01:00"
        ) from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"{text!r} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


@overload
def iso_z(moment: None) -> None: ...


@overload
def iso_z(moment: datetime) -> str: ...


def iso_z(moment: datetime | None) -> str | None:
    """Write a moment for programs: ISO 8601 in UTC, with Z; None for what is not known."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_elapsed(seconds: float) -> str:
    """Write a duration as `0:23`, `6:12` or `1:38:25`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def in_words(left: timedelta) -> str:
    """Write a time that is left by its two largest units: `6 d 4 h`, `5 h 10 min`, `12 min`, `under a minute`."""
    minutes = int(left.total_seconds()) // 60
    if minutes < 1:
        return "under a minute"
    days, rest = divmod(minutes, 1440)
    hours, mins = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (mins, "min")]
    first = next(place for place, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)
