from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.workspaces import LANDING, literal, opened, wish
from tarmac.profiles.models import Destination, SecretRef, SecretSource
from tarmac.services.errors import PlanOutdated, PlanRefused
from tarmac.services.exports.applying import apply
from tarmac.services.plans.plan import Action, Noun, Plan, PlanStep, Verdict, Wish
from tarmac.services.plans.planning import make_plan
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind

LAKE = Destination(
    "lake",
    DestinationKind.AMAZON_S3,
    {"bucket": "acme-ml", "path": "features"},
    {"access_key": literal("AKIAIOSFODNN7EXAMPLE"), "secret_key": literal("a" * 40)},
)
SIX_HOURS = Schedule(ScheduleKind.INCREMENTAL, every=timedelta(hours=6))


async def applied(ws: Workspace, what: Wish | Plan) -> Plan:
    plan = what if isinstance(what, Plan) else await make_plan(ws, what)
    async for _ in apply(ws, plan):
        pass
    return plan


def step(plan: Plan, noun: Noun) -> PlanStep:
    return next(each for each in plan.steps if each.noun is noun)


def changed(plan: Plan) -> dict[str, set[str]]:
    """The changed fields by noun."""
    return {
        each.noun.value: {difference.field for difference in each.differences}
        for each in plan.steps
        if each.action in {Action.CREATE, Action.CHANGE}
    }


async def stored_flow(emulated: Emulated, flow_id: str) -> dict[str, object]:
    async with emulated.client() as client:
        [item] = (await client.get(f"{FLOW_SERVICE}/flows/{flow_id}")).json()["items"]
    assert isinstance(item, dict)
    return item


async def test_a_new_wish_is_all_creates_and_what_was_applied_needs_no_change(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id()))
        assert [each.action for each in plan.steps] == [Action.CREATE] * 4 + [Action.FIRE]
        assert plan.flow_id is None
        await applied(ws, plan)
        again = await make_plan(ws, wish(emulated.dataset_id()))
        assert not again.has_changes, changed(again)
        assert again.flow_id is not None
        assert [each.action for each in again.steps] == [Action.REUSE] * 4 + [Action.FIRE]


async def test_what_is_shown_is_what_is_sent(tmp_path: Path) -> None:
    """The bodies of the plan, ids aside, are those that the platform got."""
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await applied(ws, wish(emulated.dataset_id()))
        planned = step(plan, Noun.FLOW).calls[0].body
        [again] = [each for each in (await make_plan(ws, plan.wish)).steps if each.noun is Noun.FLOW]
        stored = await stored_flow(emulated, str(again.existing_id))
        assert stored["name"] == planned["name"]
        assert stored["scheduleParams"] == planned["scheduleParams"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"path": "ml/other"}, {"target connection": {"folder"}}),
        ({"compression": Compression.NONE}, {"target connection": {"compression"}}),
        ({"format": FileFormat.JSON}, {"target connection": {"format"}}),
        (
            {"schedule": SIX_HOURS},
            {"dataflow": {"schedule step", "schedule start", "schedule end"}},
        ),
        ({"schedule": Schedule(ScheduleKind.ONCE)}, {"dataflow": {"export mode", "schedule step"}}),
        ({"folder_template": "%DATASET_ID%/%EXPORT_TIME%"}, {"dataflow": {"folder template"}}),
    ],
)
async def test_every_changed_field_is_planned_applied_and_then_as_wanted(
    tmp_path: Path, fields: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        first = await applied(ws, wish(emulated.dataset_id()))
        other = wish(emulated.dataset_id(), **fields)
        plan = await make_plan(ws, other)
        seen = changed(plan)
        assert set(seen) == set(expected)
        for noun, names in expected.items():
            assert names <= seen[noun] | {"schedule start", "schedule end"}
        await applied(ws, plan)
        again = await make_plan(ws, other)
        assert not again.has_changes, changed(again)
        assert again.flow_id is not None
        back = await make_plan(ws, first.wish)
        assert back.has_changes


async def test_another_dataset_gets_a_new_source_connection_in_the_same_flow(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await applied(ws, wish(emulated.dataset_id(0)))
        other = wish(emulated.dataset_id(1))
        plan = await make_plan(ws, other)
        assert changed(plan) == {"source connection": {"dataset"}, "dataflow": {"source connection"}}
        await applied(ws, plan)
        again = await make_plan(ws, other)
        assert not again.has_changes
        assert again.flow_id == plan.flow_id


async def test_a_disabled_flow_is_enabled(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await applied(ws, wish(emulated.dataset_id()))
        flow_id = (await make_plan(ws, wish(emulated.dataset_id()))).flow_id
        async with emulated.client() as client:
            await client.post(f"{FLOW_SERVICE}/flows/{flow_id}/action", params={"op": "disable"})
        plan = await make_plan(ws, wish(emulated.dataset_id()))
        assert changed(plan) == {"dataflow": {"state"}}
        await applied(ws, plan)
        assert (await stored_flow(emulated, str(flow_id)))["state"] == "enabled"


async def test_another_storage_gets_a_flow_of_its_own_and_the_old_one_stops(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        both = {"landing": LANDING, "lake": LAKE}
        async with opened(emulated, tmp_path, destinations=both) as ws:
            await applied(ws, wish(emulated.dataset_id()))
            old = (await make_plan(ws, wish(emulated.dataset_id()))).flow_id
            plan = await applied(ws, wish(emulated.dataset_id(), LAKE))
            assert step(plan, Noun.FLOW).action is Action.CREATE
            assert (await stored_flow(emulated, str(old)))["state"] == "disabled"
            again = await make_plan(ws, wish(emulated.dataset_id(), LAKE))
            assert not again.has_changes, changed(again)
            # And back: the disabled flow is taken up again, the other one stops.
            await applied(ws, wish(emulated.dataset_id()))
            assert (await stored_flow(emulated, str(old)))["state"] == "enabled"
            assert (await stored_flow(emulated, str(again.flow_id)))["state"] == "disabled"


async def test_a_corrected_secret_is_given_to_the_platform(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        async with opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
            await applied(ws, wish(emulated.dataset_id(), LAKE))
            assert not (await make_plan(ws, wish(emulated.dataset_id(), LAKE))).has_changes
        corrected = replace(LAKE, credentials={**LAKE.credentials, "secret_key": literal("b" * 40)})
        async with opened(emulated, tmp_path, destinations={"lake": corrected}) as ws:
            plan = await make_plan(ws, wish(emulated.dataset_id(), corrected))
            assert changed(plan) == {"base connection": {"secrets"}}
            await applied(ws, plan)
            assert not (await make_plan(ws, wish(emulated.dataset_id(), corrected))).has_changes
        assert b"b" * 40 not in (tmp_path / "state" / "test" / "ledger.jsonl").read_bytes()


async def test_plans_hold_no_secret(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), LAKE))
        assert "a" * 40 not in repr(plan)
        assert "Bearer ey" not in repr(plan)
        await applied(ws, plan)
        assert b"a" * 40 not in (tmp_path / "state" / "test" / "ledger.jsonl").read_bytes()


async def test_a_secret_that_cannot_be_had_is_known_before_anything_is_sent(tmp_path: Path) -> None:
    missing = replace(LAKE, credentials={**LAKE.credentials, "secret_key": SecretRef(SecretSource.ENV, "NO_SUCH_VAR")})
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": missing}) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), missing))
        assert any("NO_SUCH_VAR" in check.title for check in plan.blockers)
        with pytest.raises(PlanRefused):
            await applied(ws, plan)
        assert emulated.requests("POST", f"{FLOW_SERVICE}/*") == []


async def test_somebody_elses_change_in_between_is_not_overwritten(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await applied(ws, wish(emulated.dataset_id()))
        mine = await make_plan(ws, wish(emulated.dataset_id(), path="ml/mine"))
        await applied(ws, wish(emulated.dataset_id(), path="ml/theirs"))
        with pytest.raises(PlanOutdated):
            await applied(ws, mine)


async def test_an_unknown_dataset_names_near_ones_and_an_id_is_found(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        known = emulated.ready["datasets"][0]
        with pytest.raises(UsageError) as refused:
            await make_plan(ws, wish(known["name"][:-1] + "~"))
        assert known["name"] in refused.value.meaning
        plan = await make_plan(ws, wish(known["name"]))
        assert plan.dataset.id == known["id"]


@pytest.mark.parametrize(("hours", "verdict"), [(6, Verdict.OK), (5, Verdict.BLOCKER), (2, Verdict.BLOCKER)])
async def test_the_live_flow_spec_decides_about_hour_steps(tmp_path: Path, hours: int, verdict: Verdict) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        schedule = Schedule(ScheduleKind.INCREMENTAL, every=timedelta(hours=hours))
        plan = await make_plan(ws, wish(emulated.dataset_id(), schedule=schedule))
        found = [check for check in plan.checks if check.title.startswith("a run every")]
        assert [check.verdict for check in found] == [verdict]


async def test_the_checks_of_the_landing_zone_are_there(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id()))
        titles = {check.title: check.verdict for check in plan.checks}
        assert titles["dataset is exportable"] is Verdict.OK
        assert titles["landing zone reachable"] is Verdict.OK
        assert titles["files are deleted after 7 days"] is Verdict.WARNING
        assert plan.folder_preview.startswith(f"ml/churn/{emulated.dataset_id()}/exportTime=")
