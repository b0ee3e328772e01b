"""Base connections: chosen before one is made, tested by the platform, given other keys in place and never twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.workspaces import LANDING, HastyClock, literal, opened, wish
from tarmac.profiles.models import Destination
from tarmac.services.errors import PlanOutdated, ReadOnly
from tarmac.services.exports.applying import apply
from tarmac.services.plans.planning import make_plan
from tarmac.services.storages.base_connections import base_in_use, rotate, usable_bases, writer_test
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError

LAKE = Destination(
    "lake",
    DestinationKind.AMAZON_S3,
    {"bucket": "acme-ml", "path": "features"},
    {"access_key": literal("AKIAIOSFODNN7EXAMPLE"), "secret_key": literal("a" * 40)},
)
NEW_KEY = replace(LAKE, credentials={**LAKE.credentials, "secret_key": literal("b" * 40)})
CONNECTION = f"{FLOW_SERVICE}/connections/*"


async def base_made(emulated: Emulated, ws: Workspace) -> str:
    async for _ in apply(ws, await make_plan(ws, wish(emulated.dataset_id(), LAKE))):
        pass
    [base] = await usable_bases(ws, LAKE.kind)
    return base.id


def held_by(emulated: Emulated, base_id: str) -> object:
    """What the platform holds as the secret; no answer of it says so."""
    entity = emulated.running.platform.state.connections.get(base_id)
    assert entity is not None
    return entity.hidden["params"]["s3SecretKey"]


async def test_new_keys_reach_the_platform_and_the_next_plan_has_nothing_to_change(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        base_id = await base_made(emulated, ws)
        assert (await rotate(ws, NEW_KEY)).id == base_id
        assert held_by(emulated, base_id) == "b" * 40
        assert not (await make_plan(ws, wish(emulated.dataset_id(), NEW_KEY))).has_changes
        assert (await make_plan(ws, wish(emulated.dataset_id(), LAKE))).has_changes


async def test_a_lost_answer_changes_the_keys_once(tmp_path: Path) -> None:
    async with (
        running_emulator() as emulated,
        opened(emulated, tmp_path, destinations={"lake": LAKE}, clock=HastyClock()) as ws,
    ):
        base_id = await base_made(emulated, ws)
        emulated.add_faults(request=[{"method": "PATCH", "path": CONNECTION, "when": "after-commit", "close": "reset"}])
        await rotate(ws, NEW_KEY)
        assert held_by(emulated, base_id) == "b" * 40
        assert len(emulated.requests("PATCH", CONNECTION)) == 1


async def test_a_change_by_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        base_id = await base_made(emulated, ws)
        emulated.add_faults(
            request=[{"method": "PATCH", "path": CONNECTION, "status": 412, "body": {"errorMessage": "x"}}]
        )
        with pytest.raises(PlanOutdated, match="somebody changed") as caught:
            await rotate(ws, NEW_KEY)
        assert caught.value.next_step
        assert held_by(emulated, base_id) == "a" * 40


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        (LANDING, "hands out its credentials itself"),
        (replace(LAKE, name="other"), "has no base connection"),
        (replace(LAKE, credentials={}), "holds no credentials"),
        (replace(LAKE, credentials={**LAKE.credentials, "secret_key": literal("short")}), "40 characters"),
        (
            replace(LAKE, credentials={"role": literal("arn:aws:iam::123456789012:role/aep")}),
            "signs in with Access Key",
        ),
    ],
)
async def test_what_cannot_be_rotated_is_said_before_anything_is_sent(
    destination: Destination, words: str, tmp_path: Path
) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        await base_made(emulated, ws)
        with pytest.raises(UsageError, match=words) as caught:
            await rotate(ws, destination)
        assert caught.value.next_step
        assert not emulated.requests("PATCH")


async def test_read_only_rotates_nothing(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, read_only=True) as ws:
        with pytest.raises(ReadOnly):
            await rotate(ws, LAKE)
        assert not emulated.requests()


async def test_a_named_base_connection_is_used_and_a_missing_one_is_named(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        base_id = await base_made(emulated, ws)
        bases = await usable_bases(ws)
        other = replace(LAKE, name="other", credentials={}, base_connection=base_id)
        used = base_in_use(ws, other, bases)
        assert used is not None
        assert used.id == base_id
        assert base_in_use(ws, replace(other, base_connection=None), bases) is None
        with pytest.raises(UsageError, match="gone"):
            base_in_use(ws, replace(other, base_connection="gone"), bases)
        plan = await make_plan(ws, wish(emulated.dataset_id(), other))
        assert base_id in {step.existing_id for step in plan.steps}


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        ({"status": 200, "body": {"result": True}}, True),
        ({"status": 200, "body": {"result": False}}, False),
        ({"status": 200, "body": {}}, None),
        ({"status": 404, "body": {"errorMessage": "no such path"}}, None),
        ({"status": 400, "body": {"errorMessage": "access denied"}}, False),
        ({"status": 503, "body": {}, "times": 9}, None),
    ],
)
async def test_the_platforms_own_test_is_never_read_as_more_than_it_says(
    answer: dict[str, object], ok: bool | None, tmp_path: Path
) -> None:
    async with (
        running_emulator() as emulated,
        opened(emulated, tmp_path, destinations={"lake": LAKE}, clock=HastyClock()) as ws,
    ):
        assert (await writer_test(ws, LAKE)).ok is None
        await base_made(emulated, ws)
        emulated.add_faults(request=[{"method": "GET", "path": f"{CONNECTION}/test", **answer}])
        found = await writer_test(ws, LAKE)
        assert found.ok is ok
        assert found.words
        assert bool(found.next_step) is (ok is False)
