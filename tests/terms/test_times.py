"""Moments on the wire: exact both ways, never later than they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.terms.times import format_elapsed, from_millis, from_seconds, parse_duration, to_millis, to_seconds

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(st.integers(0, 7_000_000_000_000))
def test_milliseconds_come_back_as_they_were(value: int) -> None:
    assert to_millis(from_millis(value)) == value


@given(MOMENTS)
def test_what_is_written_is_never_later(moment: datetime) -> None:
    written = from_millis(to_millis(moment))
    assert written <= moment < written + timedelta(milliseconds=1)


@given(st.integers(0, 7_000_000_000))
def test_seconds_come_back_as_they_were(value: int) -> None:
    assert to_seconds(from_seconds(value)) == value


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("250ms", 0.25), ("2h", 7200), ("30d", 2_592_000), (" 5 m ", 300)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5 weeks", "1h30m"])
def test_what_is_no_duration_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="for example 20s or 2h"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (23.9, "0:23"), (372, "6:12"), (5905, "1:38:25"), (-3, "0:00")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert format_elapsed(seconds) == text
