"""While a slow platform is read: how long already, until when, and esc stops it; what is there keeps its age."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.fake_clock import FakeClock
from support.keys import app_at, home, shown, started, wait_for
from support.workspaces import opened
from tarmac.screens.waiting import Waiting
from tarmac.terms.errors import TarmacError
from tarmac.widgets.message_line import MessageLine

SLOW = {"path": "/data/foundation/*", "delay": 30, "times": 0}


async def test_a_slow_list_says_how_long_it_is_waited_for_and_esc_stops(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3) as (emulated, pilot):
        emulated.add_faults(request=[SLOW])
        await pilot.press("5")
        screen = await wait_for(pilot, "esc stops")
        assert re.search(r"reading… 0:0\d of 5:00, esc stops", screen)
        await pilot.press("escape")
        screen = await wait_for(pilot, "Reading was stopped.")
        assert "[5 Flows]" in screen
        assert "r: read again" in screen
        emulated.clear_faults()
        await pilot.press("r")
        assert "stops" not in await wait_for(pilot, "3 dataset flows")
        # What was read once stays, with its age, and so does what is known of it.
        emulated.add_faults(request=[SLOW])
        await pilot.press("r")
        screen = await wait_for(pilot, "esc stops")
        assert re.search(r"3 dataset flows · reading… 0:0\d of 5:00, esc stops.* · as of \d\d:\d\d UTC", screen)
        await pilot.press("escape")
        screen = await wait_for(pilot, "not up to date")
        assert re.search(r"3 dataset flows · not up to date · .*as of \d\d:\d\d UTC", screen)
        assert screen.count("Reading was stopped.") == 1


async def test_datasets_and_the_plan_are_waited_for_in_the_same_way(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "SFTP")
        await pilot.press("enter")
        await wait_for(pilot, "files in  ml/churn")
        emulated.add_faults(request=[SLOW])
        await pilot.press("ctrl+s")
        await wait_for(pilot, "of 5:00, esc stops")
        await pilot.press("escape")
        screen = await wait_for(pilot, "Reading was stopped.")
        assert "ctrl+r plans again" in screen
        await pilot.press("1", "r")
        screen = await wait_for(pilot, "esc stops")
        assert re.search(r"3 datasets · as of \d\d:\d\d UTC · reading… 0:0\d of 5:00", screen)
        await pilot.press("escape")
        screen = await wait_for(pilot, "3 datasets, not up to date · as of 20")
        assert "training_set_churn" in screen


async def test_a_list_that_cannot_be_read_is_told_once_with_the_keys_that_help(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=3) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "3 datasets can be exported")
            emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/*", "status": 403, "times": 0}])
            await pilot.press("5")
            screen = await wait_for(pilot, "r: read again")
            assert "refused: 403" in screen.splitlines()[0]
            assert pilot.app.screen.query_one(MessageLine).text == ""
            await pilot.press("1", "r")
            await wait_for(pilot, "not up to date")
            said = pilot.app.screen.query_one(MessageLine).text
            assert said.endswith("r: read again")
            assert said.split(".")[0] not in shown(pilot).splitlines()[1]


async def test_a_reading_ends_at_its_limit(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        waiting = Waiting(ws, lambda: None, limit_s=0.01)
        with pytest.raises(TarmacError, match="has not answered within"):
            await waiting.run(asyncio.Event().wait())


async def test_what_is_said_changes_once_a_poll_and_begins_anew_with_each_answer(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running_emulator() as emulated, opened(emulated, tmp_path, poll_s=5, clock=clock) as ws:
        told: list[str] = []
        enough = asyncio.Event()

        def tell() -> None:
            told.append(waiting.words)
            if len(told) == 2:
                waiting.go_on()
            if len(told) == 4:
                enough.set()

        waiting = Waiting(ws, tell)
        await waiting.run(enough.wait())
        assert [each.split()[0] for each in told] == ["0:05", "0:10", "0:05", "0:10"]


async def test_another_profile_is_not_told_to_have_what_the_one_before_had(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        other = places.profile_file("other")
        other.write_text(places.profile_file("local").read_text().replace(emulated.base_url, "http://127.0.0.1:9"))
        other.chmod(0o600)
        app = app_at(places)
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "3 datasets can be exported")
            app.open_profile("other")
            screen = await wait_for(pilot, "not reachable")
            assert "not read" in screen.splitlines()[1]
            assert "as of" not in screen
