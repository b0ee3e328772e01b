"""The platform's own specs decide over the table; where they differ it is said, where they cannot be read the table holds."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.workspaces import LANDING, literal, opened, wish
from tarmac.emulator.specs import connection_specs, flow_specs
from tarmac.platform import answers
from tarmac.platform.errors import PlatformError
from tarmac.profiles.models import Destination
from tarmac.services.plans.live_specs import LiveSpec, merged
from tarmac.services.plans.plan import Check, Plan, Verdict
from tarmac.services.plans.planning import make_plan
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

LAKE = Destination(
    "lake",
    DestinationKind.AMAZON_S3,
    {"bucket": "acme-ml", "path": "features"},
    {"access_key": literal("AKIAIOSFODNN7EXAMPLE"), "secret_key": literal("a" * 40)},
)


def specs_of(kind: DestinationKind) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two specs of a kind as the emulator answers them, to be changed."""
    connection = next(each for each in connection_specs() if each["id"] == kind.spec.connection_spec_id)
    flow = next(each for each in flow_specs() if each["id"] == kind.spec.flow_spec_id)
    return copy.deepcopy(connection), copy.deepcopy(flow)


def read(kind: DestinationKind, connection: dict[str, Any], flow: dict[str, Any]) -> LiveSpec:
    return merged(kind, answers.connection_spec(connection), answers.flow_spec(flow))


@pytest.mark.parametrize("kind", DestinationKind)
def test_specs_that_agree_with_the_table_change_nothing(kind: DestinationKind) -> None:
    live = read(kind, *specs_of(kind))
    assert live.spec == kind.spec
    assert (live.differences, live.rules, live.missing) == ((), (), ())


def test_what_the_platform_requires_is_required() -> None:
    kind = DestinationKind.SFTP
    connection, flow = specs_of(kind)
    for auth in connection["authSpec"]:
        auth["spec"]["required"].append("port")
    connection["targetSpec"]["spec"]["required"].append("region")
    live = read(kind, connection, flow)
    port = next(field for field in live.spec.auth[0].fields if field.key == "port")
    assert port.required
    assert "Port is required on the platform" in live.differences
    assert live.missing == ("region",)


def test_a_way_to_sign_in_that_is_not_offered_is_named() -> None:
    kind = DestinationKind.AMAZON_S3
    connection, flow = specs_of(kind)
    connection["authSpec"] = [each for each in connection["authSpec"] if each["name"] != "Assumed Role"]
    connection["authSpec"].append({"name": "Federated", "spec": {}})
    live = read(kind, connection, flow)
    assert [live.offers_auth(variant) for variant in kind.spec.auth] == [True, False]
    assert any("Assumed Role" in each for each in live.differences)
    assert any("Federated" in each for each in live.differences)


@pytest.mark.parametrize(
    ("pattern", "value", "is_right"),
    [
        ("^ml-[a-z]+$", "ml-data", True),
        ("^ml-[a-z]+$", "data", False),
        ("data", "ml-data-1", True),
        ("(", "any-name", True),
    ],
)
def test_a_fields_own_rule_decides(pattern: str, value: str, is_right: bool) -> None:
    kind = DestinationKind.AMAZON_S3
    connection, flow = specs_of(kind)
    connection["targetSpec"]["spec"]["properties"]["bucketName"] = {"type": "string", "pattern": pattern}
    bucket = read(kind, connection, flow).spec.location[0]
    assert (bucket.complaint(value) is None) is is_right


def test_formats_and_steps_are_the_platforms() -> None:
    kind = DestinationKind.AZURE_BLOB
    connection, flow = specs_of(kind)
    connection["targetSpec"]["spec"]["properties"]["datasetFileType"]["enum"] = ["PARQUET", "AVRO"]
    flow["scheduleSpec"]["spec"]["oneOf"][0]["properties"]["interval"]["enum"] = [4, 12]
    live = read(kind, connection, flow)
    assert not live.offers(FileFormat.JSON, Compression.GZIP)
    assert live.offers(FileFormat.PARQUET, Compression.NONE)
    assert live.hour_steps == (4, 12)
    assert {word for each in live.differences for word in ("JSON", "AVRO", "4, 12") if word in each} == {
        "JSON",
        "AVRO",
        "4, 12",
    }


@pytest.mark.parametrize("odd", [{}, {"targetSpec": []}, {"authSpec": "x"}, {"targetSpec": {"spec": {"required": 3}}}])
def test_a_spec_that_says_nothing_leaves_the_table(odd: dict[str, Any]) -> None:
    kind = DestinationKind.GOOGLE_CLOUD_STORAGE
    live = read(kind, {"id": kind.spec.connection_spec_id, **odd}, {"id": kind.spec.flow_spec_id})
    assert live.spec == kind.spec
    assert live.offers(FileFormat.JSON, Compression.GZIP)


def about_spec(plan: Plan) -> Check:
    [check] = [each for each in plan.checks if "specification" in each.title or "tarmac's table" in each.title]
    return check


async def test_a_plan_says_that_it_agrees_or_could_not_look(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        assert about_spec(await make_plan(ws, wish(emulated.dataset_id()))).verdict is Verdict.OK
        path = f"{FLOW_SERVICE}/connectionSpecs/{LANDING.kind.spec.connection_spec_id}"
        emulated.add_faults(request=[{"method": "GET", "path": path, "status": 404, "times": 9}])
        check = about_spec(await make_plan(ws, wish(emulated.dataset_id())))
        assert check.verdict is Verdict.UNCHECKED
        assert "table was used" in check.title


async def test_a_difference_is_a_warning_and_the_platform_decides(tmp_path: Path) -> None:
    connection, _ = specs_of(LAKE.kind)
    connection["authSpec"] = [each for each in connection["authSpec"] if each["name"] != "Access Key"]
    path = f"{FLOW_SERVICE}/connectionSpecs/{LAKE.kind.spec.connection_spec_id}"
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": LAKE}) as ws:
        emulated.add_faults(
            request=[{"method": "GET", "path": path, "status": 200, "body": {"items": [connection]}, "times": 9}]
        )
        plan = await make_plan(ws, wish(emulated.dataset_id(), LAKE))
        assert about_spec(plan).verdict is Verdict.WARNING
        assert ["does not offer to sign in with access key" in each.title for each in plan.blockers] == [True]


def test_an_error_in_place_of_a_spec_is_kept() -> None:
    error = PlatformError("gone", next_step="later")
    live = merged(DestinationKind.SFTP, error, error)
    assert live.problem is error
    assert live.spec == DestinationKind.SFTP.spec
    assert live.hour_steps == ()
