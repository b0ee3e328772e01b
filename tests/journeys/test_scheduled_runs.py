"""Runs that nobody here started: they appear on Runs by themselves, and are noticed when they do not come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.events import write_events
from support.keys import app_at, home, wait_for
from support.three_hourly import HOUR, skip, start_of, three_hourly
from support.workspaces import LANDING
from tarmac.profiles.places import Places
from tarmac.services.workspace import Workspace

ROWS, PER_HOUR = 600, 60
QUICK = {"probe": "100ms", "poll": "100ms"}


@asynccontextmanager
async def a_three_hourly_flow(folder: Path) -> AsyncIterator[tuple[Emulated, Places, str]]:
    """An emulator with the export `hourly` every three hours, made by a command that did not wait."""
    async with running_emulator(
        datasets=(("events", write_events(folder, ROWS)),), growth=PER_HOUR, speed=1
    ) as emulated:
        places = home(emulated, folder, timing=QUICK)
        async with await Workspace.open("local", places=places) as ws:
            flow_id = await three_hourly(ws, emulated, LANDING)
        yield emulated, places, flow_id


def line_of(screen: str, words: str) -> str:
    return next(line for line in screen.split("\n") if words in line)


async def at_runs(pilot: Pilot[int]) -> None:
    await wait_for(pilot, "events")
    await pilot.press("4")
    await wait_for(pilot, "4 Runs")


async def test_the_second_run_appears_by_itself_as_a_delta_and_is_counted(tmp_path: Path) -> None:
    async with a_three_hourly_flow(tmp_path) as (emulated, places, flow_id):
        emulated.advance(start_of(emulated, flow_id) + 5)
        app = app_at(places)
        async with app.run_test(size=(120, 36)) as pilot:
            await at_runs(pilot)
            screen = await wait_for(pilot, "✔ rows match")
            assert "delta" not in screen
            emulated.advance(3 * HOUR)
            screen = await wait_for(pilot, lambda text: "landed · delta" in text and text.count("✔ rows match") >= 2)
            assert "2 followed" in screen
            delta = line_of(screen, "landed · delta")
            assert ("hourly" in delta, "✔ rows match" in delta, f" {3 * PER_HOUR} " in delta) == (True, True, True)
            await pilot.press("home", "enter")
            await wait_for(pilot, "part-00000-")
        receipts = [row.receipt for row in app.follows.rows]
        assert all(receipt is not None and receipt.is_file() for receipt in receipts)
        # The next start knows both, and takes up neither again.
        app = app_at(places)
        async with app.run_test(size=(80, 24)) as pilot:
            await at_runs(pilot)
            screen = await wait_for(pilot, lambda text: text.count("✔ rows match") >= 2)
            assert "landed · delta" in screen
            before = len(emulated.requests("GET", f"{FLOW_SERVICE}/runs"))
            async with asyncio.timeout(10):
                while len(emulated.requests("GET", f"{FLOW_SERVICE}/runs")) < before + 2:
                    await pilot.pause(0.02)
            assert "2 followed" in await wait_for(pilot, "landed · delta")


async def test_a_run_that_does_not_come_is_late_then_missed_and_a_disabled_flow_is_told(tmp_path: Path) -> None:
    async with a_three_hourly_flow(tmp_path) as (emulated, places, flow_id):
        app = app_at(places)
        emulated.advance(start_of(emulated, flow_id) + 5)
        async with app.run_test(size=(120, 36)) as pilot:
            await at_runs(pilot)
            await wait_for(pilot, "✔ rows match")
            seconds = start_of(emulated, flow_id) + 3 * HOUR
            due = emulated.running.platform.now() + timedelta(seconds=seconds)
            skip(emulated, flow_id, 5 * HOUR)
            emulated.advance(3 * HOUR + 75 * 60)
            late = f"late since {due:%H:%M}"
            screen = await wait_for(pilot, lambda text: late in text and "is late since" in text)
            assert "late" in line_of(screen, late)
            # The next one comes; the one before is lost, and stays to be seen.
            emulated.advance(2 * HOUR)
            screen = await wait_for(pilot, lambda text: "landed · delta" in text and "missed " in text)
            assert late not in screen
            assert f"missed {due:%m-%d %H:%M}" in screen
            async with emulated.client() as client:
                done = await client.post(f"{FLOW_SERVICE}/flows/{flow_id}/action", params={"op": "disable"})
                assert done.status_code < 300, done.text
            await wait_for(pilot, "hourly is disabled at the platform")
