"""Moments on the wire: exact both ways, never later than they are."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.terms.quantities import both_times
from tarmac.terms.times import (
    format_elapsed,
    from_millis,
    from_seconds,
    iso_z,
    parse_duration,
    parse_moment,
    to_millis,
    to_seconds,
)

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


@pytest.mark.parametrize("text", ["36501d", "99999999999d", "9999999d", "9" * 400 + "s"])
def test_a_duration_that_no_calendar_holds_is_wrong_input(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a hundred years; write at most 36500d"):
        parse_duration(text)


def test_the_longest_duration_leads_to_a_moment() -> None:
    assert datetime(2026, 11, 23, tzinfo=UTC) + parse_duration("36500d") > datetime(2126, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
        (" 2026-12-01 01:00 ", datetime(2026, 12, 1, 1, tzinfo=UTC)),
        ("2026-12-01T01:00Z", datetime(2026, 12, 1, 1, tzinfo=UTC)),
        ("2026-12-01T01:00+05:30", datetime(2026, 11, 30, 19, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_unless_it_says_another_zone(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment
    assert parse_moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01", "1", "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00"]
)
def test_what_is_no_moment_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is not a moment such as 2026-12-01 01:00, which is UTC"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["1969-12-31", "9999-01-01T00:00Z"])
def test_a_moment_at_the_calendars_ends_is_wrong_input(text: str) -> None:
    with pytest.raises(ValueError, match="is not in the years 1970 to 9998"):
        parse_moment(text)


def test_a_stored_never_has_words_in_every_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert both_times(datetime.max.replace(tzinfo=UTC)) == "9999-12-31 23:59 UTC"
        assert both_times(datetime(2026, 12, 1, 1, tzinfo=UTC)) == "2026-12-01 01:00 UTC (10:00 JST)"
    finally:
        monkeypatch.undo()
        time.tzset()


@given(MOMENTS)
def test_what_is_written_for_programs_is_read_back(moment: datetime) -> None:
    assert iso_z(moment).endswith("Z")
    assert parse_moment(iso_z(moment)) == moment
    assert iso_z(None) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (23.9, "0:23"), (372, "6:12"), (5905, "1:38:25"), (-3, "0:00")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert format_elapsed(seconds) == text
