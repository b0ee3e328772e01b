"""`scheduleParams` as sent, and as read from whoever wrote them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.terms.schedules import ScheduleParams, parse_schedule

START = datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_times_are_whole_epoch_seconds_on_the_wire() -> None:
    """Everything else in Flow Service is milliseconds (§3.7)."""
    params = ScheduleParams("FIRST_FULL_THEN_INCREMENTAL", "hour", 6, START, START + timedelta(days=1), "%DATASET_ID%")
    assert params.to_wire() == {
        "exportMode": "FIRST_FULL_THEN_INCREMENTAL",
        "timeUnit": "hour",
        "interval": 6,
        "startTime": 1_795_395_600,
        "endTime": 1_795_482_000,
        "foldernameTemplate": "%DATASET_ID%",
    }
    assert ScheduleParams.from_wire(params.to_wire()) == params


@pytest.mark.parametrize("key", ["foldernameTemplate", "folderNameTemplate"])
def test_both_spellings_of_the_template_are_read(key: str) -> None:
    """C4."""
    assert ScheduleParams.from_wire({key: "%DATASET_ID%"}).folder_template == "%DATASET_ID%"


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (" 3 ", 3), (3.0, 3), ("-3", -3), ("--3", None), ("3-", None), ("9" * 5000, None), (True, None)],
)
def test_numbers_may_be_texts_and_anything_else_is_none(value: Any, number: int | None) -> None:
    """aepp writes `interval: "1"`."""
    assert ScheduleParams.from_wire({"interval": value}).interval == number


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text("-0123456789")
KEYS = ("exportMode", "timeUnit", "interval", "startTime", "endTime", "foldernameTemplate")


@given(st.fixed_dictionaries({key: SCALARS | st.lists(SCALARS, max_size=2) for key in KEYS}))
def test_any_stored_schedule_is_read(raw: dict[str, Any]) -> None:
    params = ScheduleParams.from_wire(raw)
    for text in (params.export_mode, params.time_unit, params.folder_template):
        assert text is None or text.encode()
    assert ScheduleParams.from_wire(params.to_wire()) == params


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("on demand", "ad-hoc"),
        ("every day", "daily"),
        ("every 6 hours", "every 6h"),
        ("every 2 days", "every 2d"),
        ("every hour", "every 1h"),
    ],
)
def test_a_schedule_is_read_as_it_is_shown_too(text: str, same: str) -> None:
    assert parse_schedule(text) == parse_schedule(same)
