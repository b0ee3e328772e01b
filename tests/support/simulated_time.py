"""Simulated time for many tasks: it moves to the next waiter when everybody waits, so that a day passes in seconds."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any


class SimulatedClock:
    """A `Clock`. `run` moves the time on until a task is over; `sleep_through` is a laptop that sleeps.

    Between two moments the event loop runs until no task has anything left to do, and what was given to a thread is waited
    for. The network of a simulation is simulated, too: nothing tells that an answer is still under way on a real one.
    """

    def __init__(self, start: datetime = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._asleep = 0.0
        self._waiters: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0
        self._in_threads = 0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed + self._asleep)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._waiters, (self._elapsed + max(0.0, seconds), self._number, future))
        await future

    def sleep_through(self, seconds: float) -> None:
        """Let wall time pass without monotonic time, as in a suspended machine."""
        self._asleep += seconds

    async def run(self, task: asyncio.Task[None], until_s: float) -> None:
        """Move on until the task is over or the moment is reached."""
        with self._counting_threads():
            while not task.done():
                await _everybody_waits()
                while self._waiters and self._waiters[0][2].done():
                    heapq.heappop(self._waiters)
                if task.done():
                    return
                if self._in_threads or not self._waiters:
                    # Somebody is waiting for a thread; give it real time.
                    await asyncio.sleep(0.001)
                    continue
                moment, _, future = self._waiters[0]
                if moment > until_s:
                    self._elapsed = until_s
                    return
                heapq.heappop(self._waiters)
                self._elapsed = max(self._elapsed, moment)
                future.set_result(None)

    @contextmanager
    def _counting_threads(self) -> Iterator[None]:
        """Count what the loop has in threads, from the call until the loop has heard of its end."""
        loop = asyncio.get_running_loop()
        run_in_executor = loop.run_in_executor

        def ended(_: asyncio.Future[Any]) -> None:
            self._in_threads -= 1

        def counted(executor: Any, function: Any, *arguments: Any) -> asyncio.Future[Any]:
            future = run_in_executor(executor, function, *arguments)
            self._in_threads += 1
            future.add_done_callback(ended)
            return future

        loop.run_in_executor = counted  # type: ignore[method-assign, assignment]  # every way into a thread goes there
        try:
            yield
        finally:
            loop.run_in_executor = run_in_executor  # type: ignore[method-assign]


async def _everybody_waits() -> None:
    """Let the event loop go round until this task is the only one that could go on."""
    ready: Sized = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # asyncio has no public word for it
    while True:
        await asyncio.sleep(0)
        if not ready:
            return
