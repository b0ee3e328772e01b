from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.workspaces import opened, wish
from tarmac.profiles.places import name_complaint
from tarmac.services.exports.exporting import export
from tarmac.services.flows.adopting import name_for
from tarmac.services.flows.flow_list import FlowRow, list_everywhere, list_flows, row_of
from tarmac.services.flows.warnings import Warn
from tarmac.terms.schedules import ScheduleKind


def by_label(rows: tuple[FlowRow, ...], label: str) -> FlowRow:
    return next(row for row in rows if label in row.name)


async def test_hundreds_of_flows_cost_a_handful_of_requests(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=300) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        assert len(listing.rows) == 300
        assert listing.counted == 300
        # Pages of a hundred of four lists, some pages of runs, the datasets: none of it for each flow.
        assert len(emulated.requests("GET")) < 40
        assert len({row.id for row in listing.rows}) == 300


async def test_each_habit_is_told_in_words(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        rows = (await list_flows(ws)).rows
        daily = by_label(rows, "daily 00")
        assert (daily.schedule, daily.state, daily.kind) == ("every day", "enabled", "Amazon S3")
        assert Warn.ENDS_SOON in daily.warnings
        assert len(daily.next_runs) == 3
        assert daily.last_run is not None
        assert daily.owner == "ada@acme.example"
        assert not daily.is_ours
        assert by_label(rows, "six-hourly").schedule == "every 6 hours"
        kinds = {label: by_label(rows, label).schedule_kind for label in ("daily 00", "six-hourly", "once", "notebook")}
        assert list(kinds.values()) == [
            ScheduleKind.INCREMENTAL,
            ScheduleKind.INCREMENTAL,
            ScheduleKind.ONCE,
            ScheduleKind.AD_HOC,
        ]
        notebook = by_label(rows, "notebook")
        assert (notebook.schedule, notebook.next_runs) == ("on demand", ())
        assert notebook.warnings == (Warn.ZERO_RUNS,)
        assert "extend it past its start" in notebook.notes[0]
        disabled = by_label(rows, "daily 03")
        assert (disabled.warnings, disabled.next_runs) == ((Warn.DISABLED,), ())
        assert by_label(rows, "once").warnings == ()
        assert Warn.ENDED in by_label(rows, "daily 06").warnings
        gone = by_label(rows, "deleted")
        assert gone.datasets[0].is_gone
        assert {Warn.DATASET_GONE, Warn.LAST_RUN_FAILED} <= set(gone.warnings)
        assert len(by_label(rows, "three-hourly").datasets) == 2
        assert all(row.last_run is not None for row in rows if "notebook" not in row.name)


async def test_those_that_end_soon_are_found_in_every_sandbox(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        listings = await list_everywhere(ws)
        assert [listing.sandbox for listing in listings] == [emulated.sandbox, "prod"]
        own = listings[0]
        ending = own.ending(timedelta(days=30))
        assert len(ending) == 6
        assert [row for row in own.rows if row.look_at[:1] == (Warn.ENDS_SOON,)] == [
            row for row in ending if row.look_at[0] is Warn.ENDS_SOON
        ]
        ends = [row.end for row in ending if row.end is not None]
        assert ends == sorted(ends)
        assert len(listings[1].ending(timedelta(days=30))) == 2


async def test_our_own_flow_is_known_by_its_marker(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=3) as emulated, opened(emulated, tmp_path) as ws:
        async for _ in export(ws, wish(emulated.dataset_id()), wait=False):
            pass
        rows = (await list_flows(ws)).rows
        assert [(row.export, row.owner) for row in rows if row.is_ours] == [("churn", "tarmac")]


async def test_a_scheduled_run_that_does_not_come_is_noticed(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        row = by_label(listing.rows, "six-hourly")
        assert Warn.LATE not in row.warnings
        # What the list says two hours after a run was due, when none was seen.
        due = row.next_runs[0]
        later = row_of(row.flow, listing.inventory, due + timedelta(hours=2), exports={})
        assert Warn.LATE in later.warnings
        assert f"{due:%Y-%m-%d %H:%M}" in " ".join(later.notes)
        at_once = row_of(row.flow, listing.inventory, due + timedelta(minutes=20), exports={})
        assert Warn.LATE not in at_once.warnings


async def test_what_needs_a_look_leads_the_gravest_first(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        rows = (await list_flows(ws)).rows
        firsts = [row.look_at[0] if row.look_at else None for row in rows]
        order = [*Warn, None]
        assert firsts == sorted(firsts, key=order.index)
        assert {Warn.DATASET_GONE, Warn.ENDS_SOON, Warn.ENDED, Warn.ZERO_RUNS, None} <= set(firsts)
        # That a flow is disabled is its state: no reason to stand above those that run.
        assert by_label(rows, "daily 03").look_at == ()
        assert all(list(row.warnings) == sorted(row.warnings, key=order.index) for row in rows)


async def test_runs_that_cannot_be_read_are_no_runs_that_did_not_come(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/runs*", "status": 500, "times": 0}])
        listing = await list_flows(ws)
        assert listing.unread is not None
        # Some flows say themselves what ran last.
        unknown = [row for row in listing.rows if row.last_run is None]
        assert len(unknown) > 3
        assert {row.no_run_words for row in unknown} == {"not read"}
        assert all(row.knows_runs for row in listing.rows if row.last_run is not None)
        assert not any(Warn.LATE in row.warnings for row in listing.rows)
        row = next(row for row in unknown if row.schedule == "every 6 hours")
        later = row.next_runs[0] + timedelta(hours=2)
        assert Warn.LATE in row_of(row.flow, listing.inventory, later, exports={}).warnings
        assert Warn.LATE not in row_of(row.flow, listing.inventory, later, exports={}, knows_runs=False).warnings


async def test_a_flow_that_ran_before_the_newest_runs_is_asked_for_alone_or_said_to_be_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        whole = {row.id: row.last_run for row in (await list_flows(ws)).rows}
        monkeypatch.setattr("tarmac.services.flows.flow_list._RUN_PAGES", 1)
        asked = len(emulated.requests("GET", f"{FLOW_SERVICE}/runs"))
        rows = (await list_flows(ws)).rows
        assert {row.id: row.last_run for row in rows} == whole
        alone = len(emulated.requests("GET", f"{FLOW_SERVICE}/runs")) - asked - 1
        assert alone > 1
        # More than that are not asked for: then it is not said that there was none.
        monkeypatch.setattr("tarmac.services.flows.flow_list._ASKED_ALONE", 1)
        unread = [row for row in (await list_flows(ws)).rows if row.no_run_words == "not read"]
        assert len(unread) == alone - 1
        assert not any(Warn.LATE in row.warnings for row in unread)


async def test_a_name_in_another_script_is_told_apart_by_its_dataset(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        row = by_label((await list_flows(ws)).rows, "daily 00")
        assert name_for(row) == "training_set_churn-daily-00"
        for name in ("\u0628\u064a\u0627\u0646\u0627\u062a daily 30", "\u9867\u5ba2"):
            proposed = name_for(replace(row, flow=replace(row.flow, name=name)))
            assert proposed.endswith(f"-{row.datasets[0].id[-6:]}")
            assert name_complaint(proposed) is None
