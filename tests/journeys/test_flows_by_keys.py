"""The Flows screen with the keyboard alone: extend what ends soon while somebody else changes one, adopt, orphans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.keys import app_at, home, shown, wait_for

SIZES = [(80, 24), (120, 36)]


async def stored(emulated: Emulated) -> list[dict[str, Any]]:
    async with emulated.client() as client:
        items: list[dict[str, Any]] = []
        answer = (await client.get(f"{FLOW_SERVICE}/flows", params={"limit": "100"})).json()
        items += answer["items"]
        return items


async def at_flows(pilot: Pilot[int]) -> str:
    await wait_for(pilot, "training_set_churn")
    await pilot.press("5")
    return await wait_for(pilot, "dataset flows ·")


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x36"])
async def test_what_ends_soon_is_extended_while_another_client_changes_one(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running_emulator(sample_flows=30) as emulated:
        app = app_at(home(emulated, tmp_path))
        async with app.run_test(size=size) as pilot:
            screen = await at_flows(pilot)
            assert "30 dataset flows" in screen
            assert "! 6 end " in screen
            assert screen.count("ends soon") == 6
            assert "30 of 100 in use" in screen
            await pilot.press("w")
            await wait_for(pilot, "6 marked")
            # One of them shall not be touched; above them stand six that fail.
            await pilot.press(*["down"] * 6, "space")
            await wait_for(pilot, "5 marked")
            await pilot.press("x")
            await wait_for(pilot, "New end of 5 marked flows")
            await pilot.press("enter")
            screen = await wait_for(pilot, "Extend 5 flows?")
            assert "schedule end" in screen
            assert not emulated.requests("PATCH")
            # Meanwhile somebody else extends one of the five.
            [theirs] = [flow for flow in await stored(emulated) if flow["name"] == "training_set_churn daily 00"]
            changed = {**theirs["scheduleParams"], "endTime": theirs["scheduleParams"]["endTime"] + 86_400}
            async with emulated.client() as client:
                answer = await client.patch(
                    f"{FLOW_SERVICE}/flows/{theirs['id']}",
                    json=[{"op": "replace", "path": "/scheduleParams", "value": changed}],
                    headers={"if-match": theirs["etag"]},
                )
                assert answer.status_code == 200
            await pilot.press("y")
            screen = await wait_for(pilot, "4 of 5 done")
            assert "changed by somebody else" in screen
            assert "when planned" in screen
            await pilot.press("escape")
            await wait_for(pilot, "! 2 end ")
            [kept] = [flow for flow in await stored(emulated) if flow["id"] == theirs["id"]]
            assert kept["scheduleParams"] == changed


async def test_a_schedule_is_asked_for_by_the_words_of_the_list_and_begins_with_what_is_there(tmp_path: Path) -> None:
    async with (
        running_emulator(sample_flows=10) as emulated,
        app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot,
    ):
        await at_flows(pilot)
        await pilot.press("slash", *"six-hourly", "enter")
        await wait_for(pilot, "1 of 10 flows")
        await pilot.press("t")
        screen = await wait_for(pilot, "New schedule of ")
        assert "six-hourly" in screen[screen.index("New schedule of ") :]
        assert "every 6 hours" in screen
        await pilot.press("enter")
        await wait_for(pilot, "Nothing to change")
        await pilot.press("escape", "t", *["backspace"] * 20, *"on demand", "enter")
        await wait_for(pilot, "Reschedule 1 flow?")


async def test_deleting_asks_for_the_word_and_orphans_are_looked_at_first(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        app = app_at(home(emulated, tmp_path))
        async with app.run_test(size=(120, 36)) as pilot:
            await at_flows(pilot)
            await pilot.press("D")
            screen = await wait_for(pilot, "Type delete")
            assert "- target connection" in screen
            await pilot.press("enter")
            await wait_for(pilot, "type delete to do it")
            await pilot.press(*"delete", "enter")
            await wait_for(pilot, "Delete: done")
            await pilot.press("escape")
            await wait_for(pilot, "9 dataset flows")
            await pilot.press("n")
            screen = await wait_for(pilot, "Connections that no flow uses")
            assert "abandoned 1" in screen
            await pilot.press("a", "D")
            await wait_for(pilot, "Type delete")
            await pilot.press(*"delete", "enter")
            await wait_for(pilot, "all 8 done")
            await pilot.press("escape")
            await wait_for(pilot, "9 dataset flows ·")
            assert len(await stored(emulated)) == 9


async def test_a_flow_of_somebody_else_becomes_an_export(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(120, 36)) as pilot:
            await at_flows(pilot)
            await pilot.press("slash", *"six-hourly", "enter")
            await wait_for(pilot, "1 of 10 flows")
            await pilot.press("a")
            await wait_for(pilot, "Adopt as the export")
            await pilot.press(*["backspace"] * 48, *"theirs", "enter")
            screen = await wait_for(pilot, "Adopted as theirs")
            assert 'kind = "azure-blob"' in screen
            assert "base_connection" in screen
            assert places.export_file("local", "theirs").is_file()
            await pilot.press("escape")
            await wait_for(pilot, "1 of 10 flows")
            await pilot.press("enter")
            await wait_for(pilot, "adopted: export theirs")
            assert not emulated.requests("PATCH")


async def test_read_only_changes_nothing_and_says_so(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        app = app_at(home(emulated, tmp_path), read_only=True)
        async with app.run_test(size=(80, 24)) as pilot:
            await at_flows(pilot)
            for key in ("x", "t", "e", "d", "D", "a", "n"):
                await pilot.press(key)
                await wait_for(pilot, "read-only")
            assert "Type delete" not in shown(pilot)


async def test_times_beyond_the_calendar_are_wrong_answers_and_the_past_is_the_platforms(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        emulated.advance(2 * 365 * 86_400)
        async with app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot:
            await at_flows(pilot)
            await pilot.press("t")
            await wait_for(pilot, "New schedule")
            await pilot.press("ctrl+u", *"every 99999999999d", "enter")
            await wait_for(pilot, "longer than a hundred years")
            await pilot.press("escape", "x")
            await wait_for(pilot, "New end")
            await pilot.press(*"0001-01-01T00:00+01:00", "enter")
            await wait_for(pilot, "is not a moment such as")
            # Ahead by this machine's clock, behind by the platform's, which decides.
            await pilot.press("ctrl+u", *f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}", "enter")
            await wait_for(pilot, "that is in the past")
            assert not emulated.requests("PATCH")
