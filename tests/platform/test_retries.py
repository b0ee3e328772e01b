from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.platform.retries import RetryPolicy, parse_http_date, parse_retry_after

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("Mon, 23 Nov 2026 14:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 23 Nov 2026 13:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: timedelta | None) -> None:
    assert parse_retry_after(value, NOW) == expected


@given(st.text())
def test_no_header_text_breaks_it(text: str) -> None:
    wait = parse_retry_after(text, NOW)
    assert wait is None or wait >= timedelta(0)
    parse_http_date(text)


@given(st.integers(2, 10_000), st.floats(0, 1))
def test_backoff_is_capped_and_never_negative(attempt: int, share: float) -> None:
    policy = RetryPolicy(share=lambda: share)
    assert 0 < policy.wait_before(attempt) <= policy.longest_wait


def test_backoff_doubles_and_jitter_takes_at_most_half() -> None:
    full, half = RetryPolicy(share=lambda: 1.0), RetryPolicy(share=lambda: 0.0)
    assert [full.wait_before(attempt) for attempt in (2, 3, 4, 5, 6, 7)] == [0.5, 1, 2, 4, 8, 8]
    assert half.wait_before(4) == 1


def test_a_very_long_retry_after_is_capped() -> None:
    assert RetryPolicy().wait_before(2, timedelta(days=3)) == 180
