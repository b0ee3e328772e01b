"""Numbers as people read them: thousands separators, IEC units, moments in UTC; what is not known is a dash, never a zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

UNKNOWN = "–"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def count_words(number: int | None) -> str:
    """Write `104,200`; a dash for what is not known."""
    return UNKNOWN if number is None else f"{number:,}"


def plural(number: int, noun: str) -> str:
    """Write `1 file`, `2 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size_words(size_bytes: int | None) -> str:
    """Write `3.0 MiB`; a dash for what is not known."""
    if size_bytes is None:
        return UNKNOWN
    size = float(size_bytes)
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    return f"{size_bytes} B" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def moment_words(moment: datetime | None) -> str:
    """Write `2026-11-23 14:02` in UTC; a dash for what is not known."""
    return UNKNOWN if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def both_times(moment: datetime) -> str:
    """Write a moment in UTC and, where that differs, in local time: `2027-11-23 01:00 UTC (02:00 CET)`."""
    universal = moment.astimezone(UTC)
    words = f"{universal:%Y-%m-%d %H:%M} UTC"
    try:
        local = moment.astimezone()
    except (OverflowError, OSError, ValueError):
        return words  # a stored "never" at the calendar's end has no local time
    if local.utcoffset() == timedelta(0):
        return words
    shown = f"{local:%H:%M}" if local.date() == universal.date() else f"{local:%Y-%m-%d %H:%M}"
    return f"{words} ({shown} {local.tzname()})"
