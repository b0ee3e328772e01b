"""What somebody else changed in a flow since a plan was made."""

from __future__ import annotations

from datetime import datetime

from tarmac.platform.models import Flow
from tarmac.services.plans.plan import Difference
from tarmac.services.plans.schedule_plan import describe
from tarmac.services.plans.stored_schedule import step_words
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.text import plain


def changed_meanwhile(seen: Flow, now: Flow, *, whole: bool) -> tuple[Difference, ...]:
    """Return what is not as it was when the plan was made: the schedule, and with `whole` name, state and connections too."""
    found = [*schedule_changes(seen.schedule, now.schedule)]
    if whole:
        pairs: tuple[tuple[str, object, object], ...] = (
            ("name", plain(seen.name, 120), plain(now.name, 120)),
            ("state", seen.state, now.state),
            ("source connection", ", ".join(seen.source_connection_ids), ", ".join(now.source_connection_ids)),
            ("target connection", ", ".join(seen.target_connection_ids), ", ".join(now.target_connection_ids)),
        )
        found += [Difference(field, str(was), str(is_)) for field, was, is_ in pairs if was != is_]
    return tuple(found)


def schedule_changes(was: ScheduleParams | None, now: ScheduleParams | None) -> tuple[Difference, ...]:
    """Compare two schedules field by field, in words."""
    if was is None or now is None:
        one = "none" if was is None else describe(was)
        other = "none" if now is None else describe(now)
        return () if was is now else (Difference("schedule", one, other),)
    pairs: tuple[tuple[str, object, object], ...] = (
        ("export mode", was.export_mode, now.export_mode),
        ("schedule step", step_words(was), step_words(now)),
        ("schedule start", was.start, now.start),
        ("schedule end", was.end, now.end),
        ("folder template", was.folder_template, now.folder_template),
    )
    return tuple(Difference(field, _shown(one), _shown(other)) for field, one, other in pairs if one != other)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return "not set" if value is None else plain(str(value), 120)
