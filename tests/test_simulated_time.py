"""Simulated time stands still while a thread is at work, however slow the machine is."""

from __future__ import annotations

import asyncio
import threading

from support.simulated_time import SimulatedClock


async def test_time_waits_for_threads() -> None:
    clock = SimulatedClock()
    is_let_go = threading.Event()
    seen: list[float] = []

    async def in_a_thread() -> None:
        await asyncio.to_thread(is_let_go.wait, 30)
        seen.append(clock.monotonic())
        await clock.sleep(60)
        seen.append(clock.monotonic())

    async def by_the_minute() -> None:
        while len(seen) < 2:
            await clock.sleep(60)

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(by_the_minute())
            group.create_task(in_a_thread())

    # Real time, as on a machine that has much else to do.
    asyncio.get_running_loop().call_later(0.05, is_let_go.set)
    await clock.run(asyncio.create_task(both()), 3_600)
    assert seen == [0, 60]


async def test_time_waits_for_tasks_that_wake_one_another() -> None:
    clock = SimulatedClock()
    seen: list[float] = []

    async def by_many_hands() -> None:
        for _ in range(1000):
            await asyncio.create_task(asyncio.sleep(0))
        seen.append(clock.monotonic())
        await clock.sleep(60)
        seen.append(clock.monotonic())

    async def by_the_second() -> None:
        while len(seen) < 2:
            await clock.sleep(1)

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(by_the_second())
            group.create_task(by_many_hands())

    await clock.run(asyncio.create_task(both()), 3_600)
    assert seen == [0, 60]
