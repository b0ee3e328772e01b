"""The exact requests, as platform-api §3.4-§4 says is safest, and that what is planned is what is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from support.scripted_network import Connect, ScriptedNetwork, body_of, reply
from tarmac.platform import requests
from tarmac.platform.client import Platform
from tarmac.platform.messages import PlannedRequest
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID, DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.secrets import Secret

FLOW_SERVICE = "/data/foundation/flowservice"
DLZ = DestinationKind.DATA_LANDING_ZONE.spec
S3 = DestinationKind.AMAZON_S3.spec
START = datetime(2027, 11, 23, 1, tzinfo=UTC)
SCHEDULE = ScheduleParams("DAILY_FULL_EXPORT", "day", 0, START, folder_template="%DATASET_ID%")
WIRE_SCHEDULE = {
    "exportMode": "DAILY_FULL_EXPORT",
    "timeUnit": "day",
    "interval": 0,
    "startTime": int(START.timestamp()),
    "foldernameTemplate": "%DATASET_ID%",
}
RESCHEDULED = [{"op": "replace", "path": "/scheduleParams", "value": WIRE_SCHEDULE}]

CASES: dict[str, tuple[PlannedRequest, Callable[[Platform], Awaitable[object]], str, str, Any]] = {
    "landing-zone connection": (
        requests.create_connection_request("n", DLZ.connection_spec_id),
        lambda platform: platform.connections.create("n", DLZ.connection_spec_id),
        "POST",
        f"{FLOW_SERVICE}/connections",
        {"name": "n", "connectionSpec": {"id": DLZ.connection_spec_id, "version": "1.0"}},
    ),
    "s3 connection": (
        requests.create_connection_request("n", S3.connection_spec_id, "Access Key", {"s3SecretKey": Secret("k")}, "d"),
        lambda platform: platform.connections.create(
            "n", S3.connection_spec_id, "Access Key", {"s3SecretKey": Secret("k")}, "d"
        ),
        "POST",
        f"{FLOW_SERVICE}/connections",
        {
            "name": "n",
            "description": "d",
            "auth": {"specName": "Access Key", "params": {"s3SecretKey": "k"}},
            "connectionSpec": {"id": S3.connection_spec_id, "version": "1.0"},
        },
    ),
    "credentials": (
        requests.rotate_credentials_request("c1", '"e"', {"s3SecretKey": Secret("k2")}),
        lambda platform: platform.connections.change_credentials("c1", '"e"', {"s3SecretKey": Secret("k2")}),
        "PATCH",
        f"{FLOW_SERVICE}/connections/c1",
        [{"op": "replace", "path": "/auth/params", "value": {"s3SecretKey": "k2"}}],
    ),
    "source connection": (
        requests.create_source_connection_request("n", [("d1", "churn"), ("d2", None)]),
        lambda platform: platform.source_connections.create("n", [("d1", "churn"), ("d2", None)]),
        "POST",
        f"{FLOW_SERVICE}/sourceConnections",
        {
            "name": "n",
            "connectionSpec": {"id": DATA_LAKE_SPEC_ID, "version": "1.0"},
            "params": {"datasets": [{"dataSetId": "d1", "name": "churn"}, {"dataSetId": "d2"}]},
        },
    ),
    "target connection": (
        requests.create_target_connection_request(
            "n", S3.connection_spec_id, "b1", {"bucketName": "b", "path": "p"}, FileFormat.PARQUET, Compression.NONE
        ),
        lambda platform: platform.target_connections.create(
            "n", S3.connection_spec_id, "b1", {"bucketName": "b", "path": "p"}, FileFormat.PARQUET, Compression.NONE
        ),
        "POST",
        f"{FLOW_SERVICE}/targetConnections",
        {
            "name": "n",
            "baseConnectionId": "b1",
            "params": {
                "mode": "Server-to-server",
                "bucketName": "b",
                "path": "p",
                "datasetFileType": "PARQUET",
                "compression": "NONE",
            },
            "connectionSpec": {"id": S3.connection_spec_id, "version": "1.0"},
        },
    ),
    "flow": (
        requests.create_flow_request("n", S3.flow_spec_id, ["s1"], ["t1"], SCHEDULE),
        lambda platform: platform.flows.create("n", S3.flow_spec_id, ["s1"], ["t1"], SCHEDULE),
        "POST",
        f"{FLOW_SERVICE}/flows",
        {
            "name": "n",
            "flowSpec": {"id": S3.flow_spec_id, "version": "1.0"},
            "sourceConnectionIds": ["s1"],
            "targetConnectionIds": ["t1"],
            "transformations": [],
            "scheduleParams": WIRE_SCHEDULE,
        },
    ),
    "schedule": (
        requests.change_flow_request("f1", '"e"', RESCHEDULED),
        lambda platform: platform.flows.change("f1", '"e"', RESCHEDULED),
        "PATCH",
        f"{FLOW_SERVICE}/flows/f1",
        RESCHEDULED,
    ),
    "enable": (
        requests.switch_flow_request("f1", enable=True),
        lambda platform: platform.flows.enable("f1"),
        "POST",
        f"{FLOW_SERVICE}/flows/f1/action?op=enable",
        None,
    ),
    "disable": (
        requests.switch_flow_request("f1", enable=False),
        lambda platform: platform.flows.disable("f1"),
        "POST",
        f"{FLOW_SERVICE}/flows/f1/action?op=disable",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_is_planned_is_what_is_sent(connect: Connect, case: str) -> None:
    planned, send, method, path, body = CASES[case]
    network = ScriptedNetwork(reply(200, {"id": "x", "etag": '"e2"'}))
    await send(connect(network))
    (request,) = network.requests
    assert network.asked == [f"{method} {path}"] == [f"{planned.method} {planned.path}"]
    if body is None:
        assert request.content == b""
        assert "content-type" not in request.headers
    else:
        assert body_of(request) == body
        assert request.content == planned.wire_body()
        assert request.headers["content-type"] == "application/json"
    assert request.headers.get("if-match") == ('"e"' if method == "PATCH" else None)
    for name, value in planned.headers.items():
        assert request.headers[name] == value


async def test_an_ad_hoc_run_asks_for_the_dataset_api(connect: Connect) -> None:
    link = "https://platform-va7.adobe.io/data/foundation/flowservice/runs/r1"
    network = ScriptedNetwork(reply(200, {"destinations": [{"datasets": [{"id": "d1", "statusURL": link}]}]}))
    assert await connect(network).adhoc.trigger("f1", ["d1"]) == {"d1": "r1"}
    (request,) = network.requests
    assert network.asked == ["POST /data/core/activation/disflowprovider/adhocrun"]
    assert request.headers["accept"] == "application/vnd.adobe.adhoc.dataset.activation+json; version=1"
    assert body_of(request) == {"activationInfo": {"destinations": [{"flowId": "f1", "datasets": [{"id": "d1"}]}]}}


def test_json_needs_gzip() -> None:
    with pytest.raises(UsageError) as caught:
        requests.target_params({}, FileFormat.JSON, Compression.NONE)
    assert "gzip" in caught.value.next_step
    assert requests.target_params({}, FileFormat.JSON, Compression.GZIP)["datasetFileType"] == "JSON"


def test_a_source_connection_without_a_dataset_is_not_sent() -> None:
    with pytest.raises(UsageError):
        requests.create_source_connection_request("n", [])


async def test_ids_are_escaped_in_paths(connect: Connect) -> None:
    network = ScriptedNetwork(reply(404), reply(204))
    platform = connect(network)
    assert await platform.schemas.get("https://ns.adobe.com/acme/schemas/1?x") is None
    await platform.connections.delete("a/../b")
    assert network.asked == [
        "GET /data/foundation/schemaregistry/tenant/schemas/https%3A%2F%2Fns.adobe.com%2Facme%2Fschemas%2F1%3Fx",
        f"DELETE {FLOW_SERVICE}/connections/a%2F..%2Fb",
    ]
    assert network.requests[0].headers["accept"] == "application/vnd.adobe.xed-full+json; version=1"
