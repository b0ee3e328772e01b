"""The Flows screen against an emulator: what needs a look, what could not be read, what is found."""

from __future__ import annotations

from pathlib import Path

from support.emulated import FLOW_SERVICE, running_emulator
from support.keys import app_at, home, wait_for


async def test_flows_are_listed_without_their_runs_and_it_is_said_once(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=6) as emulated:
        emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/runs*", "status": 500, "times": 0}])
        async with app_at(home(emulated, tmp_path)).run_test(size=(140, 30)) as pilot:
            await wait_for(pilot, "signed in")
            await pilot.press("5")
            screen = await wait_for(pilot, "6 dataset flows")
            screen = await wait_for(pilot, "Last runs were not read")
            assert "not read" in screen
            assert "late" not in screen
            assert screen.count("Last runs were not read") == 1
            await pilot.press("enter")
            assert "none seen" not in await wait_for(pilot, "not read")
