from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from support.fake_clock import FakeClock
from tarmac.services.exports.pacing import Pace, Throttle, backoff_s


@given(window_s=st.floats(min_value=10, max_value=3600), cap_s=st.floats(min_value=1, max_value=30))
def test_being_ready_is_noticed_within_a_tenth_of_the_wait(window_s: float, cap_s: float) -> None:
    pace, elapsed, questions = Pace.up_to(cap_s), 0.0, 1
    while elapsed < window_s:
        elapsed += pace.next_s(elapsed)
        questions += 1
    assert elapsed <= window_s * 1.1
    assert questions <= 210 + window_s / cap_s


def test_a_ten_minute_window_takes_about_a_hundred_questions() -> None:
    pace, elapsed, questions = Pace.up_to(20), 0.0, 1
    while elapsed < 600:
        elapsed += pace.next_s(elapsed)
        questions += 1
    assert questions < 120


def test_backoff_grows_and_is_capped() -> None:
    waits = [backoff_s(failures, 5) for failures in range(1, 50)]
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 30


async def test_any_number_of_watched_runs_asks_once_a_second() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, burst=3)
    asked: list[float] = []
    everybody = asyncio.Barrier(50)

    async def one_run() -> None:
        with throttle.watching():
            await everybody.wait()
            for _ in range(4):
                await throttle.turn()
                asked.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(one_run())
    assert len(asked) == 200
    assert all(later - earlier >= 0.99 for earlier, later in pairwise(asked[4:]))


async def test_one_run_alone_keeps_the_rate_too_after_a_quick_beginning() -> None:
    clock = FakeClock()
    throttle = Throttle(clock)
    asked = []
    with throttle.watching():
        for _ in range(20):
            await throttle.turn()
            asked.append(clock.monotonic())
    assert asked[2] == 0
    assert asked[-1] >= 16.99


async def test_the_rate_goes_with_the_poll() -> None:
    async def taken(poll_s: float) -> float:
        clock = FakeClock()
        throttle = Throttle.for_poll(clock, timedelta(seconds=poll_s))
        for _ in range(103):
            await throttle.turn()
        return clock.monotonic()

    assert [round(await taken(poll_s)) for poll_s in (5, 60, 1, 0.1)] == [100, 100, 20, 2]
