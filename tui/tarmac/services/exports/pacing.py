"""How often the platform is asked: often while little time has passed, rarely later, never faster than it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from tarmac.platform.errors import Refused
from tarmac.platform.retries import RetryPolicy
from tarmac.terms.errors import TarmacError
from tarmac.terms.times import Clock

# Asking again after 5 % of the time already spent keeps what is lost by asking too late below 5 % of the wait,
# at about 100 questions for a ready window of ten minutes.
_SHARE = 0.05
_FLOOR_SHARE = 40
# What goes on for hours is asked about more and more rarely: what is lost by that stays below 0.2 % of the wait.
_LONG_SHARE = 0.002
_LONGEST_S = 60.0
# Questions of all watchers together while one `poll` passes: with the usual five seconds that is one a second.
_A_POLL = 5.0
_FEW = 2


@dataclass(frozen=True)
class Pace:
    """Steps between two questions: 5 % of the elapsed time, at least `floor_s`, at most `cap_s` seconds.

    What has taken hours is asked about once a minute in the end.
    """

    floor_s: float
    cap_s: float

    @classmethod
    def up_to(cls, cap_s: float) -> Pace:
        """Return the pace that ends at one question every `cap_s` seconds and begins 40 times as fast."""
        return cls(cap_s / _FLOOR_SHARE, cap_s)

    def next_s(self, elapsed_s: float) -> float:
        """Return the seconds until the next question."""
        cap_s = max(self.cap_s, min(_LONGEST_S, elapsed_s * _LONG_SHARE))
        return min(cap_s, max(self.floor_s, elapsed_s * _SHARE))


def asked_to_wait_s(error: TarmacError) -> float:
    """Return the seconds that the platform asked to wait with a refusal, as far as a request heeds them, too; else 0."""
    retry_after = error.retry_after if isinstance(error, Refused) else None
    return 0.0 if retry_after is None else min(RetryPolicy.longest_retry_after, retry_after.total_seconds())


def backoff_s(failures: int, cap_s: float) -> float:
    """Return the wait after `failures` (≥ 1) unanswered questions: 1, 2, 4 … seconds, at most six times `cap_s`."""
    return min(2.0 ** min(failures - 1, 16), max(1.0, cap_s * 6))


class Throttle:
    """Keeps many watchers together at `per_s` questions a second, in the order of asking (design §8).

    `burst` turns may be saved up, so that the first looks at a new run come at once.
    """

    @classmethod
    def for_poll(cls, clock: Clock, poll: timedelta) -> Throttle:
        """Return the throttle that goes with `poll`: one question a second for 5 s; who polls oftener wants more."""
        return cls(clock, per_s=max(1.0, _A_POLL / max(poll.total_seconds(), 0.001)))

    def __init__(self, clock: Clock, *, per_s: float = 1.0, burst: int = 3) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = float(burst)
        self._left = float(burst)
        self._seen = clock.monotonic()
        self._queue = asyncio.Lock()
        self._watchers = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take part while the block runs."""
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    @property
    def is_shared(self) -> bool:
        """Whether there are so many that asking for all of them at once is worth it."""
        return self._watchers > _FEW

    async def turn(self) -> None:
        """Wait for a turn."""
        async with self._queue:
            self._refill()
            while self._left < 1.0:
                await self._clock.sleep((1.0 - self._left) / self._per_s)
                self._refill()
            self._left = max(0.0, self._left - 1.0)

    def _refill(self) -> None:
        now = self._clock.monotonic()
        # A hair more than earned, so that rounding cannot ask for one more sleep of nothing.
        self._left = min(self._burst, self._left + (now - self._seen) * self._per_s + 1e-9)
        self._seen = now
