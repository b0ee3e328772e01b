"""When and how long to wait before asking again: capped exponential backoff with jitter, `Retry-After`."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Statuses that pass by themselves; only reads are asked again for them (platform-api §8.2).
PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def _random_share() -> float:
    return random.random()  # noqa: S311 - spreads load, protects nothing


@dataclass(frozen=True)
class RetryPolicy:
    """How patient one call is. Seconds throughout; `share` gives 0..1 and spreads callers out."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0
    patience: float = 60.0  # no attempt is started later than this after the first one
    throttle_patience: float = 180.0  # the same for 429: the platform is there and asks us to wait
    # As long as that patience: whoever asks earlier than told is throttled for longer.
    longest_retry_after: float = 180.0
    share: Callable[[], float] = _random_share

    def wait_before(self, attempt: int, retry_after: timedelta | None = None) -> float:
        """Return the seconds to wait before attempt number `attempt` (the second attempt is 2).

        A `Retry-After` is honoured up to `longest_retry_after`; without one the wait doubles from `first_wait`, half of it
        by chance.
        """
        if retry_after is not None:
            return min(max(0.0, retry_after.total_seconds()), self.longest_retry_after)
        full = min(self.longest_wait, self.first_wait * 2.0 ** min(attempt - 2, 20))
        return full * (0.5 + self.share() / 2)


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After` as seconds or as an HTTP date; None if missing or neither. Never negative."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    moment = parse_http_date(text)
    return None if moment is None else max(timedelta(0), moment - now)


def parse_http_date(value: str | None) -> datetime | None:
    """Read an HTTP date as aware UTC; None if it is none."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
