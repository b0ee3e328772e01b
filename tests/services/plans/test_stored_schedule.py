"""What a stored schedule is taken for, whichever of its fields are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tarmac.services.plans.schedule_plan import describe, schedule_differences
from tarmac.services.plans.stored_schedule import schedule_kind, step_words
from tarmac.terms.schedules import ExportMode, Schedule, ScheduleKind, ScheduleParams

MADE = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
START = MADE + timedelta(days=1)
FULL, DELTAS = ExportMode.DAILY_FULL.value, ExportMode.FIRST_FULL_THEN_INCREMENTAL.value


@pytest.mark.parametrize(
    ("params", "kind", "words"),
    [
        (ScheduleParams(FULL, "day", 0, START), ScheduleKind.ONCE, "once"),
        (ScheduleParams(FULL, None, None, START), ScheduleKind.ONCE, "once"),
        (ScheduleParams(FULL, "day", 1, START), ScheduleKind.ONCE, "once"),
        (ScheduleParams(DELTAS, None, 0, START), ScheduleKind.ONCE, "once"),
        (ScheduleParams(DELTAS, None, None, START), ScheduleKind.ONCE, "no step"),
        (ScheduleParams(DELTAS, "hour", 6, START), ScheduleKind.INCREMENTAL, "every 6 hours"),
        (ScheduleParams(DELTAS, "day", 1, MADE + timedelta(days=365)), ScheduleKind.AD_HOC, "every day"),
    ],
)
def test_kind_and_step_of_a_stored_schedule(params: ScheduleParams, kind: ScheduleKind, words: str) -> None:
    assert schedule_kind(params, MADE) is kind
    assert step_words(params) == words
    assert describe(params).startswith(f"{words}, 2")


def test_one_full_export_is_once_with_an_interval_or_without() -> None:
    have = ScheduleParams(FULL, None, None, START, START + timedelta(days=1))
    wanted = Schedule(ScheduleKind.ONCE, start=START, end=START + timedelta(days=1))
    assert schedule_differences(wanted, have, MADE) == ()
