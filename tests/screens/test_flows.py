"""The Flows screen against an emulator: what needs a look, what could not be read, what is found."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.keys import app_at, home, started, to_flows, wait_for
from tarmac.screens.flow_plan import plan_lines
from tarmac.screens.flows import FlowsScreen
from tarmac.services.flows.changes import FlowAction, FlowItem, FlowPlan
from tarmac.terms.errors import TarmacError
from tarmac.widgets.rows import Cell


async def test_flows_are_listed_without_their_runs_and_it_is_said_once(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=6) as emulated:
        emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/runs*", "status": 500, "times": 0}])
        async with app_at(home(emulated, tmp_path)).run_test(size=(140, 30)) as pilot:
            await wait_for(pilot, "signed in")
            screen = await to_flows(pilot, 6)
            screen = await wait_for(pilot, "Last runs were not read")
            assert "not read" in screen
            assert "late" not in screen
            assert screen.count("Last runs were not read") == 1
            await pilot.press("enter")
            assert "none seen" not in await wait_for(pilot, "not read")


async def test_a_refused_credential_names_the_same_keys_on_every_screen(tmp_path: Path) -> None:
    keys = "p: profiles, and e there to edit one"
    async with started(tmp_path, sample_flows=3) as (emulated, pilot):
        await to_flows(pilot, 3)
        await pilot.press("1")
        await wait_for(pilot, "[1 Datasets]")
        emulated.add_faults(request=[{"path": "/data/*", "status": 401, "times": 0}])
        for mode in ("1", "5"):
            await pilot.press(mode, "r")
            said = await wait_for(pilot, lambda text: f"r: read again · {keys}" in " ".join(text.split()))
            assert "refused with 401" in " ".join(said.split())
        screen = pilot.app.screen
        assert isinstance(screen, FlowsScreen)
        screen.report(TarmacError("the secret cannot be read", code="secret", next_step="Set it."))
        await wait_for(pilot, f"the secret cannot be read. Set it. {keys}")


async def test_a_text_that_is_longer_than_its_box_says_how_to_read_on(tmp_path: Path) -> None:
    async with started(tmp_path, size=(120, 36), sample_flows=3) as (_, pilot):
        await to_flows(pilot, 3)
        await pilot.press("o")
        await wait_for(pilot, "esc close")
        assert "pgdn more" in await wait_for(pilot, lambda text: re.search(r"1-\d+/\d+", text) is not None)
        await pilot.press("pagedown")
        await wait_for(pilot, lambda text: re.search(r" 1-\d+/", text) is None)
        await pilot.press("escape", "enter")
        assert "pgdn" not in await wait_for(pilot, "esc close")  # all of it is in view


async def test_a_text_that_no_flow_has_is_no_empty_sandbox(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3) as (_, pilot):
        await to_flows(pilot, 3)
        await pilot.press("/", *"zz", "enter")
        screen = await wait_for(pilot, "No flow has 'zz' in its line.")
        assert "esc shows all again" in screen
        assert "This sandbox has no" not in screen
        await pilot.press("escape")
        await wait_for(pilot, "3 dataset flows")


async def test_a_step_that_is_not_offered_is_refused_with_those_that_are(tmp_path: Path) -> None:
    async with started(tmp_path, sample_flows=3) as (_, pilot):
        await to_flows(pilot, 3)
        await pilot.press("t")
        await wait_for(pilot, "New schedule")
        await pilot.press("ctrl+u", *"every 5h", "enter")
        screen = await wait_for(pilot, "Not possible")
        assert "a run every 5 hours is not offered" in " ".join(screen.replace("│", " ").split())
        assert "The platform offers 3, 6" in screen


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_of_all_sandboxes_every_row_says_which_one(tmp_path: Path, size: tuple[int, int]) -> None:
    async with started(tmp_path, size=size, sample_flows=6) as (_, pilot):
        await to_flows(pilot, 6)
        await pilot.press("b")
        screen = await wait_for(pilot, "9 dataset flows of all sandboxes")
        assert "SANDBOX" in screen
        assert "NOTICE" in screen
        assert (screen.count(" ml-dev "), screen.count(" prod ")) == (7, 3)  # the top line names the profile's own
        await pilot.press("/", *"prod", "enter")
        await wait_for(pilot, "3 of 9 flows of all sandboxes · / prod")
        await pilot.press("escape", "b")
        assert "SANDBOX" not in await wait_for(pilot, lambda text: "6 dataset flows ·" in text)


def test_the_middle_of_a_long_name_is_left_out_where_flows_are_changed() -> None:
    name = "a_dataset_with_a_name_of_its_own_" * 3 + "the_end"
    item = FlowItem("f", name, "prod", FlowAction.EXTEND, notes=("it is so already",))
    [line] = plan_lines(FlowPlan(FlowAction.EXTEND, (item,), datetime(2026, 11, 23, tzinfo=UTC)))
    assert isinstance(line, Cell)
    assert line.text.startswith("= a_dataset")
    assert line.text.endswith("the_end: it is so already")
    assert len(line.text.split()[1]) < 50
