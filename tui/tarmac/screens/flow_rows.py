"""Flows as rows of the table, and one flow with everything that is known of it as lines to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tarmac.screens.run_rows import SHORT
from tarmac.terms.quantities import both_times, moment_words
from tarmac.terms.states import ObjectState
from tarmac.terms.text import without_marker
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.flows.flow_list import FlowRow

COLUMNS = (
    Column("name", "NAME", min_width=18, max_width=64, weight=3, fits=True, wanted=32, middle=True),
    Column("state", "STATE", width=8),
    Column("look", "NOTICE", width=19, min_width=9, drop=1, fits=True),
    Column("schedule", "SCHEDULE", width=12, min_width=9, fits=True),
    Column("end", "ENDS", width=10),
    Column("next", "NEXT (UTC)", width=11, drop=3),
    Column("kind", "DESTINATION", width=12, drop=4),
    Column("owner", "OWNER", min_width=18, max_width=48, weight=1, drop=5),
    Column("last", "LAST (UTC)", width=14, drop=6),
    Column("datasets", "DATASETS", min_width=14, max_width=30, weight=1, drop=7),
)
# Of all sandboxes: flows of the same name are told apart by it, so it stays; the schedule is given up before what needs a look.
_SANDBOX = Column("sandbox", "SANDBOX", width=20, min_width=7, fits=True)
COLUMNS_EVERYWHERE = (
    COLUMNS[0],
    _SANDBOX,
    *(replace(each, drop=2) if each.key == "schedule" else each for each in COLUMNS[1:]),
)
_FAR = timedelta(days=180)
_STATES: dict[str, Tone] = {ObjectState.ENABLED: Tone.GOOD, ObjectState.DISABLED: Tone.DIM}


class Order(StrEnum):
    """What the list is sorted by."""

    LOOK = "what needs a look first"
    NAME = "name"
    NEXT = "next run"
    END = "end"
    LAST = "last run"
    OWNER = "owner"

    @property
    def key(self) -> Callable[[FlowRow], tuple[float | str, ...]]:
        """The key to sort by; what is not known comes last."""
        match self:
            case Order.NEXT:
                return lambda row: (_number(row.next_runs[0] if row.next_runs else None), row.name.casefold())
            case Order.END:
                return lambda row: (_number(row.end), row.name.casefold())
            case Order.LAST:
                # The newest first.
                return lambda row: (-_started(row), row.name.casefold())
            case Order.OWNER:
                return lambda row: (f"{row.owner} {row.name}".casefold(),)
            case Order.NAME:
                return lambda row: (row.name.casefold(),)
            case Order.LOOK:
                return lambda row: row.look_order

    def next(self) -> Order:
        """Return the order after this one."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


def row_of(row: FlowRow, now: datetime, *, with_sandbox: bool) -> Row:
    """Return the flow's line; `now` is when the list was read."""
    found = row.look_at
    look = found[0].value if found else ""
    if len(found) > 1:
        look += f" +{len(found) - 1}"
    is_bad = any(each.is_bad for each in row.warnings)
    is_ending = any(each.is_about_end for each in row.warnings)
    end = "not known" if row.end is None else f"{row.end:%Y-%m-%d}"
    last = row.last_run
    cells: list[Cell | str] = [
        without_marker(row.label),
        Cell(row.state, _STATES.get(row.state, Tone.WARN)),
        Cell(look, Tone.BAD if is_bad else Tone.WARN),
        row.schedule.removesuffix("ours") if row.schedule.endswith(" hours") else row.schedule,
        Cell(end, Tone.WARN if is_ending else Tone.PLAIN),
        _next(row, now),
        SHORT.get(row.kind, row.kind),
        row.owner if row.export is None else f"{row.owner}: {row.export}",
        row.no_run_words if last is None else f"{_short(last.status)} {_day(last.started_at)}".strip(),
        row.dataset_words,
    ]
    if with_sandbox:
        cells.insert(1, row.sandbox)
    return Row(row.id, tuple(cells))


def flows_words(rows: Sequence[FlowRow]) -> str:
    """Name what a change is about: the flow, or how many are marked."""
    return without_marker(rows[0].label) if len(rows) == 1 else f"{len(rows)} marked flows"


def schedule_now(rows: Sequence[FlowRow]) -> str:
    """Return the schedule that all of them have, to be typed over; empty where they differ or it cannot be typed."""
    found = {row.schedule for row in rows}
    return found.pop() if len(found) == 1 and "no step" not in found else ""


def detail_lines(row: FlowRow) -> list[Line]:
    """Return everything about one flow."""
    lines: list[Line] = []
    for warn, note in zip(row.warnings, row.notes, strict=True):
        lines.append((Cell("! ", Tone.WARN), Cell(f"{warn.value}: {note}", Tone.WARN)))
    if lines:
        lines.append("")
    given = "" if row.end_is_given or row.end is None else ", by default: six months after it was made"
    last = row.last_run
    left = "not known" if row.runs_left is None else f"{row.runs_left:,}"
    seen = row.no_run_words if last is None else f"{last.status}, {moment_words(last.started_at)} UTC"
    lines += [
        _fact("state", row.state),
        _fact("schedule", row.schedule),
        _fact("ends", "not known" if row.end is None else f"{both_times(row.end)}{given}"),
        _fact("runs left", left),
        *(_fact("" if place else "next runs", both_times(at)) for place, at in enumerate(row.next_runs)),
        _fact("last run", seen),
        *([] if last is None else [_fact("", last.id)]),
        "",
        _fact("destination", f"{row.kind}: {row.destination}"),
        *(_fact("" if place else "datasets", f"{each.name} ({each.id})") for place, each in enumerate(row.datasets)),
        *([_fact("", "they share this flow's schedule")] if len(row.datasets) > 1 else []),
        "",
        _fact("owner", row.owner + ("" if row.export is None else f": export {row.export}")),
        _fact("made", f"{moment_words(row.created_at)} UTC"),
        _fact("sandbox", row.sandbox),
        _fact("id", row.id),
    ]
    return lines


def _fact(label: str, text: str) -> Line:
    return (Cell(f"{label:<13}", Tone.DIM), text)


def _next(row: FlowRow, now: datetime) -> str:
    if not row.next_runs:
        return "none"
    first = row.next_runs[0]
    # Far ahead the year matters more than the hour.
    return f"{first:%Y-%m-%d}" if first - now > _FAR else f"{first:%m-%d %H:%M}"


def _number(moment: datetime | None) -> float:
    return float("inf") if moment is None else moment.timestamp()


def _started(row: FlowRow) -> float:
    last = row.last_run
    return 0.0 if last is None or last.started_at is None else last.started_at.timestamp()


def _short(status: str) -> str:
    return {"success": "ok", "failed": "✘"}.get(status, status)[:2]


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%m-%d %H:%M}"
