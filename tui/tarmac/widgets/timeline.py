"""A schedule as a line of time: now, the first run, the runs after it, the end; in UTC and local time."""

from __future__ import annotations

from datetime import datetime, timedelta

from tarmac.terms.quantities import both_times
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

_LABEL = 11


def timeline(
    now: datetime, first: datetime | None, end: datetime | None, *, width: int, step: timedelta | None = None
) -> list[Line]:
    """Return an axis of at most `width` cells and a line for each moment; nothing where nothing is scheduled."""
    moments = [("now", now)] + [(name, at) for name, at in (("first run", first), ("ends", end)) if at is not None]
    if len(moments) < 2:
        return []
    lines: list[Line] = [_axis(now, first, end, max(20, min(width, 64)), step)]
    for name, at in moments:
        away = "" if name == "now" else away_words(at - now)
        lines.append((Cell(f"{name:<{_LABEL}}", Tone.DIM), both_times(at), Cell(away and f"   {away}", Tone.DIM)))
    return lines


def _axis(now: datetime, first: datetime | None, end: datetime | None, width: int, step: timedelta | None) -> Line:
    last = max(each for each in (now, first, end) if each is not None)
    span = max((last - now).total_seconds(), 1.0)

    def place(at: datetime) -> int:
        return max(0, min(width - 1, round((at - now).total_seconds() / span * (width - 1))))

    start = width if first is None else place(first)
    stop = width - 1 if end is None else place(end)
    cells = ["┄" if at < start else "━" for at in range(width)]
    if first is not None and step is not None:
        # Without an end the axis ends with what is known, and so do the runs on it.
        at, limit = first, last if end is None else end
        while at < limit and step / timedelta(seconds=span) * width >= 2:
            cells[place(at)] = "●"
            at += step
    cells[0] = "├"
    if end is not None:
        cells[stop] = "┤"
    if first is not None:
        cells[min(start, stop - 1 if end is not None else stop)] = "●"
    return Cell("".join(cells), Tone.ACCENT)


def away_words(distance: timedelta) -> str:
    """Write how far ahead: `in 365 d`, `in 5 h`, `in 4 min`; `past` for what lies behind."""
    seconds = int(distance.total_seconds())
    if seconds < 0:
        return "past"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"in {seconds // size} {unit}"
    return "now"
