"""Virtual time: the ready window, schedules, token ends and the seven-day deletion all follow this clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tarmac.emulator.options import MAX_SPEED


class VirtualClock:
    """Virtual now = start + real time passed x speed + what was advanced. It never runs backwards; speed 0 stops it."""

    def __init__(
        self, start: datetime | None = None, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        _check_speed(speed)
        self._monotonic = monotonic
        self._anchor = start or datetime.now(UTC)
        self._anchored_at = monotonic()
        self._speed = speed
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """Return the virtual moment, aware, in UTC."""
        return self._anchor + timedelta(seconds=(self._monotonic() - self._anchored_at) * self._speed)

    def advance(self, seconds: float) -> datetime:
        """Jump ahead; wakes every waiter. Raises ValueError for a step back."""
        if not 0 <= seconds < 1e10:
            raise ValueError(f"the clock only goes forward: {seconds} seconds")
        self._re_anchor(timedelta(seconds=seconds))
        return self._anchor

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on; wakes every waiter. Raises ValueError for a negative speed."""
        _check_speed(speed)
        self._re_anchor(timedelta())
        self._speed = speed

    async def wait_until(self, moment: datetime) -> None:
        """Wait for a virtual moment; advances and speed changes are heeded at once."""
        while (remaining := (moment - self.now()).total_seconds()) > 0:
            changed = self._changed
            try:
                async with asyncio.timeout(remaining / self._speed if self._speed else None):
                    await changed.wait()
            except TimeoutError:
                continue

    async def sleep(self, seconds: float) -> None:
        """Wait for so many virtual seconds."""
        await self.wait_until(self.now() + timedelta(seconds=seconds))

    def _re_anchor(self, step: timedelta) -> None:
        self._anchor, self._anchored_at = self.now() + step, self._monotonic()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _check_speed(speed: float) -> None:
    if not 0 <= speed <= MAX_SPEED:
        raise ValueError(f"speed must be from 0 to {MAX_SPEED:,} virtual seconds per second, not {speed}")
