"""Late and missed: when a scheduled run is owed, for how long it may take, and from when on it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tarmac.platform.models import Flow
from tarmac.services.flows.punctuality import EARLY, Overdue, awaited, next_moment, overdue, tolerance
from tarmac.terms.schedules import ExportMode, ScheduleParams

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVERY_3H = ScheduleParams(
    ExportMode.FIRST_FULL_THEN_INCREMENTAL.value, "hour", 3, START, START + timedelta(days=30), None
)
FLOW = Flow("f", "churn", "enabled", schedule=EVERY_3H, created_at=START - 2 * HOUR)


def told(flow: Flow, hours: float, *began: float) -> list[tuple[float, bool]]:
    """What is overdue `hours` after the start: the hour of each moment, and whether it is missed."""
    moments = [START + HOUR * each for each in began]
    return [((each.due - START) / HOUR, each.is_missed) for each in overdue(flow, moments, START + HOUR * hours)]


def test_a_run_is_late_after_the_tolerance_and_missed_at_the_next_moment() -> None:
    assert told(FLOW, -0.1) == []
    assert told(FLOW, 0.99) == []
    assert told(FLOW, 1.0) == [(0, False)]
    assert told(FLOW, 2.99) == [(0, False)]
    assert told(FLOW, 3.0) == [(0, True)]
    assert told(FLOW, 4.0) == [(0, True), (3, False)]
    assert told(FLOW, 6.5) == [(3, True)]


def test_a_run_pays_for_its_own_moment_only() -> None:
    assert told(FLOW, 4.5, 0.1, 3.2) == []
    assert told(FLOW, 4.5, 0.1) == [(3, False)]
    assert told(FLOW, 4.5, 3.2) == [(0, True)]
    # A late one counts when it comes after all; one that begins a little early is the run of the moment that follows.
    assert told(FLOW, 2.9, 2.8) == []
    early = 3.0 - EARLY / HOUR
    assert told(FLOW, 4.5, 0.1, early) == []
    assert told(FLOW, 4.5, early) == [(0, True)]


def test_what_was_made_changed_or_disabled_owes_nothing() -> None:
    assert told(replace(FLOW, created_at=START + MINUTE), 2.0) == []
    assert told(replace(FLOW, updated_at=START + MINUTE), 2.0) == []
    assert told(replace(FLOW, updated_at=START + MINUTE), 4.0) == [(3, False)]
    assert told(replace(FLOW, state="disabled"), 4.0) == []
    assert told(replace(FLOW, schedule=None), 4.0) == []
    assert told(replace(FLOW, created_at=START - timedelta(days=300)), 4.0) == [(0, True), (3, False)]
    assert told(replace(FLOW, created_at=START - timedelta(days=365)), 4.0) == []  # only kept open for runs on demand


def test_the_last_moment_of_a_window_is_missed_when_the_next_would_have_come() -> None:
    flow = replace(FLOW, schedule=replace(EVERY_3H, end=START + 4 * HOUR))
    [late] = overdue(flow, [START], START + 4.5 * HOUR)
    assert late == Overdue(START + 3 * HOUR, is_missed=False, next_due=None)
    assert told(flow, 7.0, 0.0) == [(3, True)]


def test_a_one_time_run_is_late_until_its_window_ends() -> None:
    once = ScheduleParams(ExportMode.DAILY_FULL.value, "day", 0, START, START + 24 * HOUR, None)
    flow = replace(FLOW, schedule=once)
    assert told(flow, 0.9) == []
    assert told(flow, 5.0) == [(0, False)]
    assert told(flow, 24.0) == [(0, True)]
    assert told(flow, 24.0, 20.0) == []


@pytest.mark.parametrize(("step", "allowed"), [(3, 60), (24, 60), (1.5, 30)])
def test_the_tolerance_is_an_hour_or_a_third_of_a_short_step(step: float, allowed: int) -> None:
    assert tolerance(HOUR * step) == allowed * MINUTE


def test_when_to_look_next() -> None:
    assert next_moment(FLOW, START - MINUTE) == START
    assert next_moment(FLOW, START) == START + 3 * HOUR
    assert next_moment(replace(FLOW, state="disabled"), START) is None
    assert awaited(FLOW, [], START - MINUTE) is None
    assert awaited(FLOW, [], START + MINUTE) == START
    assert awaited(FLOW, [START + MINUTE], START + 2 * MINUTE) is None


def test_the_words_say_what_and_since_when() -> None:
    late = Overdue(START, is_missed=False)
    assert late.words(START + 70 * MINUTE) == "late since 2026-11-23 12:00 UTC (1 h 10 min)"
    assert replace(late, is_missed=True).words(START) == "missed: its run of 2026-11-23 12:00 UTC never came"
