from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.workspaces import opened, wish
from tarmac.services.errors import NotConfirmed, ReadOnly
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export
from tarmac.services.flows.change_applying import apply_changes
from tarmac.services.flows.change_plan import plan_extend, plan_reschedule, plan_switch
from tarmac.services.flows.changes import FlowPlan, ItemOutcome, ItemResult
from tarmac.services.flows.choosing import choose_flows
from tarmac.services.flows.delete_plan import plan_delete
from tarmac.services.flows.deleting import Deleter
from tarmac.services.flows.flow_list import FlowListing, FlowRow, list_everywhere, list_flows
from tarmac.services.flows.orphans import find_orphans, plan_cleanup
from tarmac.services.plans.plan import Verdict
from tarmac.services.plans.planning import make_plan
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.schedules import Schedule, ScheduleKind

SOON = timedelta(days=30)
Outcomes = list[ItemOutcome]


async def applied(ws: Workspace, plan: FlowPlan, *confirm: str) -> list[ItemResult]:
    return [result async for result in apply_changes(ws, plan, confirm=confirm)]


def outcomes(results: Sequence[ItemResult]) -> list[str]:
    return [result.outcome.name for result in results]


def named(listing: FlowListing, *labels: str) -> tuple[FlowRow, ...]:
    return tuple(next(row for row in listing.rows if label in row.name) for label in labels)


async def stored(emulated: Emulated, flow_id: str) -> dict[str, Any]:
    async with emulated.client() as client:
        [item] = (await client.get(f"{FLOW_SERVICE}/flows/{flow_id}")).json()["items"]
        assert isinstance(item, dict)
        return item


async def change_as_another_client(emulated: Emulated, flow_id: str, path: str, value: Any) -> None:
    async with emulated.client() as client:
        etag = (await stored(emulated, flow_id))["etag"]
        change = [{"op": "replace", "path": path, "value": value}]
        answer = await client.patch(f"{FLOW_SERVICE}/flows/{flow_id}", json=change, headers={"if-match": etag})
        assert answer.status_code == 200, answer.text


async def test_six_are_extended_in_one_plan_while_another_client_changes_two_of_them(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        rows = listing.ending(SOON)
        plan = await plan_extend(ws, rows)
        assert [len(item.steps) for item in plan.items] == [1] * 6
        # One gets another end, which is the same thing; one another name, which is not.
        theirs = {**(await stored(emulated, rows[1].id))["scheduleParams"]}
        theirs["endTime"] += 86_400
        await change_as_another_client(emulated, rows[1].id, "/scheduleParams", theirs)
        await change_as_another_client(emulated, rows[3].id, "/name", "renamed meanwhile")
        results = await applied(ws, plan)
        assert outcomes(results) == ["DONE", "CONFLICT", "DONE", "DONE", "DONE", "DONE"]
        assert [each.field for each in results[1].differences] == ["schedule end"]
        assert (await stored(emulated, rows[1].id))["scheduleParams"]["endTime"] == theirs["endTime"]
        assert (await stored(emulated, rows[3].id))["name"] == "renamed meanwhile"
        after = await list_flows(ws)
        assert [row.id for row in after.ending(SOON)] == [rows[1].id]
        # Whoever gives the same plan again changes nothing.
        assert outcomes(await applied(ws, plan)) == ["UNCHANGED", "CONFLICT", *["UNCHANGED"] * 4]


async def test_a_412_between_look_and_write_is_survived(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        plan = await plan_extend(ws, (await list_flows(ws)).ending(SOON))
        emulated.add_faults(
            request=[
                {"method": "PATCH", "path": f"{FLOW_SERVICE}/flows/*", "status": 412, "body": {"errorMessage": "x"}}
            ]
        )
        assert set(outcomes(await applied(ws, plan))) == {"DONE"}


async def test_a_change_whose_answer_is_lost_is_not_sent_twice(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        [row] = named(await list_flows(ws), "daily 00")
        emulated.add_faults(
            request=[{"method": "PATCH", "path": f"{FLOW_SERVICE}/flows/*", "when": "after-commit", "close": "drop"}]
        )
        assert outcomes(await applied(ws, await plan_extend(ws, [row]))) == ["DONE"]
        assert len(emulated.requests("PATCH")) == 1


async def test_unknown_fields_of_a_schedule_survive(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        [row] = named(await list_flows(ws), "daily 00")
        before = (await stored(emulated, row.id))["scheduleParams"]
        await change_as_another_client(emulated, row.id, "/scheduleParams", {**before, "legacyHint": "keep"})
        [row] = named(await list_flows(ws), "daily 00")
        assert outcomes(await applied(ws, await plan_extend(ws, [row]))) == ["DONE"]
        after = (await stored(emulated, row.id))["scheduleParams"]
        assert after["legacyHint"] == "keep"
        assert {**after, "endTime": 0, "legacyHint": 0} == {**before, "endTime": 0, "legacyHint": 0}


@pytest.mark.parametrize("enable", [True, False])
async def test_switching_is_idempotent_and_survives_a_lost_answer(tmp_path: Path, enable: bool) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        label = "daily 03" if enable else "daily 09"
        [row] = named(await list_flows(ws), label)
        emulated.add_faults(request=[{"method": "POST", "path": "*/action*", "when": "after-commit", "close": "drop"}])
        plan = await plan_switch(ws, [row], enable=enable)
        assert outcomes(await applied(ws, plan)) == ["DONE"]
        assert outcomes(await applied(ws, plan)) == ["UNCHANGED"]
        assert (await stored(emulated, row.id))["state"] == ("enabled" if enable else "disabled")


async def test_an_extended_notebook_flow_has_a_window_again(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        [row] = named(await list_flows(ws), "notebook")
        assert outcomes(await applied(ws, await plan_extend(ws, [row]))) == ["DONE"]
        [row] = named(await list_flows(ws), "notebook")
        assert row.warnings == ()
        assert row.schedule == "on demand"


async def test_a_step_that_is_not_offered_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        rows = named(await list_flows(ws), "daily 00", "daily 09")
        plan = await plan_reschedule(ws, rows, Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=5)))
        assert outcomes(await applied(ws, plan)) == ["REFUSED", "REFUSED"]
        assert emulated.requests("PATCH") == []


@pytest.mark.parametrize(("hours", "verdict"), [(6, Verdict.OK), (9, Verdict.WARNING), (5, Verdict.BLOCKER)])
async def test_a_step_is_judged_alike_for_a_new_flow_and_a_changed_one(
    tmp_path: Path, hours: int, verdict: Verdict
) -> None:
    """Also where the live flow spec cannot be read, and the table stands in for it."""
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(
            request=[{"method": "GET", "path": f"{FLOW_SERVICE}/flowSpecs/*", "status": 404, "times": 9}]
        )
        schedule = Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=hours))
        made = await make_plan(ws, wish(emulated.dataset_id(), schedule=schedule))
        [check] = [each for each in made.checks if each.title.startswith("a run every")]
        assert check.verdict is verdict
        [item] = (await plan_reschedule(ws, named(await list_flows(ws), "daily 00"), schedule)).items
        assert (item.refused is not None) == (verdict is Verdict.BLOCKER)
        assert any(check.title in note for note in item.notes) == (verdict is Verdict.WARNING)
        if item.refused is not None:
            assert (item.refused.message, item.refused.meaning) == (check.title, check.detail)


async def test_two_datasets_of_a_flow_share_the_schedule_and_this_is_said_before(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        rows = named(await list_flows(ws), "three-hourly")
        plan = await plan_reschedule(ws, rows, Schedule(ScheduleKind.INCREMENTAL, timedelta(days=1)))
        assert any("share this schedule" in note for note in plan.items[0].steps[0].notes)


async def test_read_only_sends_nothing(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path, read_only=True) as ws:
        plan = await plan_extend(ws, (await list_flows(ws)).ending(SOON))
        with pytest.raises(ReadOnly):
            await applied(ws, plan)
        assert emulated.requests("PATCH") == []


async def test_a_production_sandbox_asks_for_its_name(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        prod = (await list_everywhere(ws))[1]
        plan = await plan_extend(ws, prod.ending(SOON))
        assert [guard.confirm for guard in plan.guards] == ["prod"]
        with pytest.raises(NotConfirmed):
            await applied(ws, plan)
        assert emulated.requests("PATCH") == []
        assert set(outcomes(await applied(ws, plan, "prod"))) == {"DONE"}


async def test_deleting_takes_what_nobody_else_uses_in_the_right_order(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=30) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        [row] = named(listing, "daily 00")
        plan = await plan_delete(ws, [row], [listing])
        # The base connection serves other flows of the same owner.
        assert [step.noun.value for step in plan.items[0].steps] == [
            "dataflow",
            "target connection",
            "source connection",
        ]
        [result] = await applied(ws, plan)
        assert (result.outcome, len(result.deleted)) == (ItemOutcome.DONE, 3)
        after = await list_flows(ws)
        assert row.id not in {each.id for each in after.rows}
        assert all(after.inventory.base_of(each.flow) is not None for each in after.rows)
        assert outcomes(await applied(ws, plan)) == ["UNCHANGED"]
        sharing = [
            each for each in after.rows if after.inventory.base_of(each.flow) == listing.inventory.base_of(row.flow)
        ]
        rest = await plan_delete(ws, sharing, [after])
        results = await applied(ws, rest)
        assert set(outcomes(results)) == {"DONE"}
        base = listing.inventory.base_of(row.flow)
        assert base is not None
        assert base.id not in (await list_flows(ws)).inventory.bases


async def test_a_flow_that_was_changed_is_not_deleted(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        [row] = named(listing, "daily 00")
        plan = await plan_delete(ws, [row], [listing])
        await change_as_another_client(emulated, row.id, "/name", "in use again")
        [result] = await applied(ws, plan)
        assert result.outcome is ItemOutcome.CONFLICT
        assert (await stored(emulated, row.id))["name"] == "in use again"


async def test_orphans_go_and_connections_in_use_stay(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        assert [each.noun.value for each in find_orphans(listing)] == [
            *["target connection"] * 2,
            *["source connection"] * 3,
            *["base connection"] * 3,
        ]
        # Nothing of others is touched unless asked for.
        assert not (await plan_cleanup(ws, [listing])).has_changes
        plan = await plan_cleanup(ws, [listing], others=True)
        # Somebody takes one of them into use between the look and the deletion.
        taken = next(item for item in plan.items if item.steps[0].noun.value == "source connection")
        await change_as_another_client(emulated, listing.rows[0].id, "/sourceConnectionIds", [taken.id])
        results = await applied(ws, plan)
        kept = [result for result in results if result.kept]
        assert [result.item.id for result in kept] == [taken.id]
        after = await list_flows(ws)
        assert taken.id in after.inventory.sources
        for row in after.rows:
            assert after.inventory.base_of(row.flow) is not None
            assert after.inventory.dataset_ids(row.flow)


async def test_a_connection_that_is_taken_into_use_while_deleting_stays_and_is_no_error(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        plan = await plan_cleanup(ws, [listing], others=True)
        item = next(each for each in plan.items if each.steps[0].noun.value == "source connection")
        platform, chain = await ws.platform(), await ws.ledger.begin()
        deleter = await Deleter.begin(ws, platform, platform.address.sandbox, chain)
        await change_as_another_client(emulated, listing.rows[0].id, "/sourceConnectionIds", [item.id])
        result = await deleter.carry_out(item)
        assert (result.error, result.deleted, len(result.kept)) == (None, (), 1)
        # Refused for another reason it is an error as before.
        emulated.add_faults(request=[{"method": "DELETE", "path": f"{FLOW_SERVICE}/*", "status": 400}])
        other = next(each for each in plan.items if each.steps[0].noun.value == "target connection")
        assert (await deleter.carry_out(other)).outcome is ItemOutcome.FAILED


async def test_a_name_that_several_flows_have_is_not_guessed(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=10) as emulated, opened(emulated, tmp_path) as ws:
        listing = await list_flows(ws)
        first, second = listing.rows[:2]
        await change_as_another_client(emulated, first.id, "/name", second.name)
        listing = await list_flows(ws)
        with pytest.raises(UsageError, match="2 flows are called"):
            choose_flows([listing], [second.name])
        assert choose_flows([listing], [first.id])[0].id == first.id
        with pytest.raises(UsageError, match="no dataset flow"):
            choose_flows([listing], ["nothing like it"])


async def test_a_saved_export_that_cannot_be_rewritten_does_not_undo_what_was_done(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        made = wish(emulated.dataset_id())
        async for _ in export(ws, made):
            pass
        file = ws.exports.save(made.export)
        [row] = (await list_flows(ws)).rows
        plan = await plan_reschedule(ws, (row,), Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=6)))
        file.write_text("format = 3\n")
        [result] = await applied(ws, plan)
        assert (result.outcome, result.is_good) == (ItemOutcome.DONE, False)
        assert result.error is not None
        assert "was changed" in result.error.message
        assert str(file) in result.error.message
        assert (await stored(emulated, row.id))["scheduleParams"]["interval"] == 6
        noted = [entry.kind for entry in await ws.ledger.entries() if entry.text("step") == f"reschedule {row.id}"]
        assert noted == [Kind.INTENT, Kind.RESULT]
