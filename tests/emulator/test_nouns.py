"""What Flow Service accepts, refuses, stores and shows (§3.4 to §3.9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from support.chain import (
    build_chain,
    created,
    flow,
    landing_connection,
    post_adhoc,
    read,
    source_connection,
    target_connection,
    trigger,
)
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from tarmac.emulator.flows import MAX_FLOWS
from tarmac.emulator.strictness import Strictness
from tarmac.terms.schedules import add_months

S3_SPEC = "4fce964d-3f37-408f-9778-e597338a21ee"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE", "s3SecretKey": SECRET}
START = 1_900_000_000


def s3_connection(**params: str) -> dict[str, Any]:
    """The body of an S3 base connection."""
    return {
        "name": "s3",
        "auth": {
            "specName": "Access Key",
            "params": {**KEYS, **params},
        },
        "connectionSpec": {"id": S3_SPEC, "version": "1.0"},
    }


async def refused(client: httpx.AsyncClient, noun: str, body: Any, status: int = 400) -> httpx.Response:
    """POST a body that must be refused."""
    response = await client.post(f"{FLOW_SERVICE}/{noun}", json=body)
    assert response.status_code == status, response.text
    return response


async def patched(
    client: httpx.AsyncClient, noun: str, entity_id: str, operations: Any, etag: str | None = None
) -> httpx.Response:
    """PATCH with the present etag, or another one."""
    if etag is None:
        etag = (await read(client, noun, entity_id))["etag"]
    return await client.patch(f"{FLOW_SERVICE}/{noun}/{entity_id}", json=operations, headers={"if-match": etag})


async def test_secrets_are_never_shown_again(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """Neither by GET, nor in lists, nor after a rotation; what is not secret stays readable."""
    base_id = await created(client, "connections", s3_connection())
    shown = await read(client, "connections", base_id)
    assert shown["auth"]["params"]["s3AccessKey"] == "AKIAIOSFODNN7EXAMPLE"
    assert set(shown["auth"]["params"]) == {"s3AccessKey", "s3SecretKey", "authorizedDate"}
    newer = "B" * 40
    value = {"s3AccessKey": "AKIAIOSFODNN7EXAMPL2", "s3SecretKey": newer}
    answer = await patched(client, "connections", base_id, [{"op": "replace", "path": "/auth/params", "value": value}])
    assert answer.status_code == 200, answer.text
    assert (await read(client, "connections", base_id))["auth"]["params"]["s3AccessKey"] == "AKIAIOSFODNN7EXAMPL2"
    everything = (await client.get(f"{FLOW_SERVICE}/connections")).text + (await client.get("/_emulator/requests")).text
    assert SECRET not in everything
    assert newer not in everything
    stored = emulator.running.platform.state.connections.get(base_id)
    assert stored is not None
    assert stored.hidden["params"]["s3SecretKey"] == newer


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"connectionSpec": {"id": "00000000-0000-0000-0000-000000000000", "version": "1.0"}}, 400),
        ({"connectionSpec": {"id": S3_SPEC}}, 422),
        ({"connectionSpec": None}, 400),
        ({"auth": None}, 400),
        ({"auth": {"specName": "Password", "params": {}}}, 400),
        ({"auth": {"specName": "Access Key"}}, 400),
        ({"auth": {"specName": "Access Key", "params": {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE"}}}, 400),
        ({"auth": {"specName": "Access Key", "params": {"s3AccessKey": "short", "s3SecretKey": SECRET}}}, 400),
        # The names that some samples use for a change (C13).
        (
            {"auth": {"specName": "Access Key", "params": {"accessId": "AKIAIOSFODNN7EXAMPLE", "secretKey": SECRET}}},
            400,
        ),
        ({"auth": {"specName": "Access Key", "params": {**KEYS, "region": "eu"}}}, 400),
        ({"name": ""}, 400),
        ({"state": "enabled"}, 400),
    ],
)
async def test_base_connections_are_checked(client: httpx.AsyncClient, change: dict[str, Any], status: int) -> None:
    """Spec, version, credentials, name, state."""
    response = await refused(client, "connections", {**s3_connection(), **change}, status)
    assert SECRET not in response.text


async def test_bodies_that_are_no_json_objects_are_refused(client: httpx.AsyncClient) -> None:
    """Empty, broken, another type of content, another type of value."""
    url = f"{FLOW_SERVICE}/connections"
    assert (await client.post(url)).json()["errorCode"] == "1405-400"
    json_type = {"content-type": "application/json"}
    assert (await client.post(url, content=b"{", headers=json_type)).status_code == 400
    assert (await client.post(url, content=b"[]", headers=json_type)).status_code == 400
    assert (await client.post(url, content=b"{}", headers={"content-type": "text/plain"})).status_code == 415


async def test_source_connections_name_exportable_datasets_and_never_change_them(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Unknown and system datasets are refused; the list is immutable."""
    listed = (await client.get("/data/foundation/catalog/dataSets")).json()
    system = next(key for key, value in listed.items() if value["name"].startswith("Profile-Snapshot-Export"))
    for wrong in ("0" * 24, system):
        await refused(client, "sourceConnections", source_connection(wrong))
    await refused(client, "sourceConnections", source_connection())
    without_version = {"connectionSpec": {"id": "23598e46-f560-407b-88d5-ea6207e49db0"}}
    await refused(client, "sourceConnections", {**source_connection(emulator.dataset_id()), **without_version}, 422)
    twice = emulator.dataset_id()
    await refused(client, "sourceConnections", source_connection(twice, twice))
    source_id = await created(client, "sourceConnections", source_connection(emulator.dataset_id()))
    operation = {"op": "replace", "path": "/params", "value": {"datasets": [{"dataSetId": emulator.dataset_id(1)}]}}
    response = await patched(client, "sourceConnections", source_id, [operation])
    assert (response.status_code, response.json()["errorCode"]) == (400, "1455-400")


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"datasetFileType": "parquet", "compression": "gzip"}, 201),
        ({"datasetFileType": "JSON", "compression": "GZIP"}, 201),
        ({"datasetFileType": "PARQUET", "compression": "NONE"}, 201),
        ({"datasetFileType": "JSON", "compression": "NONE"}, 400),
        ({"datasetFileType": "DELIMITED"}, 400),
        ({"compression": "LZ4"}, 400),
        ({"path": ""}, 400),
        ({"path": "../up"}, 400),
        ({"mode": "push"}, 400),
    ],
)
async def test_target_connections_are_checked(client: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    """Any case is accepted, and stored as it came."""
    base_id = await created(client, "connections", landing_connection())
    body = target_connection(base_id, **params)
    response = await client.post(f"{FLOW_SERVICE}/targetConnections", json=body)
    assert response.status_code == status, response.text
    if status == 201:
        assert (await read(client, "targetConnections", response.json()["id"]))["params"] == body["params"]


async def test_uncompressed_json_is_accepted_where_the_switch_says_so() -> None:
    """C1, the reading of EDA's samples."""
    async with running_emulator(strictness=Strictness(json_needs_gzip=False)) as emulator, emulator.client() as client:
        base_id = await created(client, "connections", landing_connection())
        params = {"datasetFileType": "JSON", "compression": "NONE"}
        await created(client, "targetConnections", target_connection(base_id, **params))


async def test_a_target_connection_shares_the_spec_of_its_base_connection(client: httpx.AsyncClient) -> None:
    """1414: a connection's spec cannot change; an unknown base is refused."""
    base_id = await created(client, "connections", s3_connection())
    response = await refused(client, "targetConnections", target_connection(base_id))
    assert response.json()["errorCode"] == "1414-400"
    await refused(client, "targetConnections", target_connection("nothing"))


DAILY = {"exportMode": "FIRST_FULL_THEN_INCREMENTAL", "timeUnit": "day", "interval": 1, "startTime": START}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 201),
        ({"exportMode": "DAILY_FULL_EXPORT", "interval": 0}, 201),
        ({"interval": "1", "startTime": str(START), "frequency": "hour"}, 201),
        ({"folderNameTemplate": "%DATASET_NAME%/%DATETIME(YYYYMMdd)%"}, 201),
        *(({"timeUnit": "hour", "interval": step}, 201) for step in (3, 6, 8, 9, 12)),
        *(({"timeUnit": "hour", "interval": step}, 400) for step in (0, 1, 4, 24, "x", None)),
        ({"interval": 0}, 400),
        ({"interval": 2}, 400),
        ({"exportMode": "DAILY_FULL_EXPORT"}, 400),
        ({"exportMode": "SOMETIMES"}, 400),
        ({"timeUnit": "week"}, 400),
        ({"startTime": None}, 400),
        ({"startTime": START * 1000}, 400),
        ({"endTime": START - 1}, 400),
        ({"foldernameTemplate": "%NO_SUCH_MACRO%"}, 400),
    ],
)
async def test_schedules_are_checked(
    emulator: Emulated, client: httpx.AsyncClient, change: dict[str, Any], status: int
) -> None:
    """Hour steps of both documents, numbers as text, seconds not milliseconds."""
    base_id = await created(client, "connections", landing_connection())
    source_id = await created(client, "sourceConnections", source_connection(emulator.dataset_id()))
    target_id = await created(client, "targetConnections", target_connection(base_id))
    response = await client.post(f"{FLOW_SERVICE}/flows", json=flow(source_id, target_id, {**DAILY, **change}))
    assert response.status_code == status, response.text


@pytest.mark.parametrize("key", ["startTime", "endTime"])
@pytest.mark.parametrize("wrong", [START * 1000, str(START * 1000), "2027-01-01T00:00:00Z", -1])
async def test_times_that_are_no_seconds_are_called_that(
    emulator: Emulated, client: httpx.AsyncClient, key: str, wrong: Any
) -> None:
    """Milliseconds are what the rest of the service speaks."""
    chain = await build_chain(client, emulator.dataset_id())
    response = await refused(client, "flows", flow(chain.source_id, chain.target_id, {**DAILY, key: wrong}))
    assert f"scheduleParams.{key}] must be a time in epoch seconds" in response.text


async def test_another_sandbox_sees_and_changes_nothing(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The sandbox is a header; without it, it is `prod` (C7)."""
    chain = await build_chain(client, emulator.dataset_id(), DAILY)
    run_id = await trigger(client, chain)
    async with emulator.client(x_sandbox_name="prod") as elsewhere:
        for noun in ("connections", "sourceConnections", "targetConnections", "flows", "runs"):
            assert (await elsewhere.get(f"{FLOW_SERVICE}/{noun}")).json()["items"] == []
        ids = {"connections": chain.base_id, "sourceConnections": chain.source_id}
        ids |= {"targetConnections": chain.target_id, "flows": chain.flow_id}
        for noun, entity_id in ids.items():
            assert (await elsewhere.get(f"{FLOW_SERVICE}/{noun}/{entity_id}")).status_code == 404
            assert (await elsewhere.delete(f"{FLOW_SERVICE}/{noun}/{entity_id}")).status_code == 404
        assert (await elsewhere.get(f"{FLOW_SERVICE}/runs/{run_id}")).status_code == 404
        assert (await elsewhere.post(f"{FLOW_SERVICE}/flows/{chain.flow_id}/action?op=disable")).status_code == 404
        fired = await post_adhoc(elsewhere, chain.flow_id, chain.dataset_id)
        assert (fired.status_code, "Flow not found" in fired.text) == (400, True)
        await refused(elsewhere, "targetConnections", target_connection(chain.base_id))
        await refused(elsewhere, "sourceConnections", source_connection(chain.dataset_id))
        del elsewhere.headers["x-sandbox-name"]
        assert (await elsewhere.get(f"{FLOW_SERVICE}/flows")).json()["items"] == []
    assert (await read(client, "flows", chain.flow_id))["state"] == "enabled"


async def test_a_schedule_without_an_end_ends_six_months_after_the_creation(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Also when the start lies beyond it, as with aepp's manual flows."""
    chain = await build_chain(client, emulator.dataset_id(), DAILY)
    stored = await read(client, "flows", chain.flow_id)
    made = datetime.fromtimestamp(stored["createdAt"] / 1000, UTC)
    assert abs(stored["scheduleParams"]["endTime"] - add_months(made, 6).timestamp()) < 2


async def test_a_flow_shows_what_it_inherits_and_how_it_was_made(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The stored view of §3.7, without a schedule when none was given."""
    chain = await build_chain(client, emulator.dataset_id())
    stored = await read(client, "flows", chain.flow_id)
    spec = {"id": "10440537-2a7b-4583-ac39-ed38d4b848e8", "version": "1.0"}
    assert stored["inheritedAttributes"]["targetConnections"] == [
        {"id": chain.target_id, "connectionSpec": spec, "baseConnection": {"id": chain.base_id, "connectionSpec": spec}}
    ]
    assert stored["lastOperation"]["operation"] == "create"
    assert (stored["state"], stored["sandboxName"], stored["version"]) == ("enabled", "ml-dev", stored["etag"])
    assert "scheduleParams" not in stored
    assert stored["createdAt"] == stored["updatedAt"]


@pytest.mark.parametrize(
    "change",
    [
        {"transformations": None},
        {"sourceConnectionIds": []},
        {"sourceConnectionIds": ["nothing"]},
        {"targetConnectionIds": ["nothing"]},
        {"flowSpec": {"id": "nothing", "version": "1.0"}},
        # Amazon S3's flow spec does not fit a landing-zone target.
        {"flowSpec": {"id": "269ba276-16fc-47db-92b0-c1049a3c131f", "version": "1.0"}},
    ],
)
async def test_flows_are_checked(emulator: Emulated, client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    """Everything a flow names must exist and fit."""
    chain = await build_chain(client, emulator.dataset_id())
    await refused(client, "flows", {**flow(chain.source_id, chain.target_id, None), **change})


async def test_etags_change_with_every_write_and_guard_it(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The two quotes belong to the value; without them, or with an older one, 412."""
    chain = await build_chain(client, emulator.dataset_id(), DAILY)
    first = (await read(client, "flows", chain.flow_id))["etag"]
    assert first.startswith('"')
    assert first.endswith('"')
    rename = [{"op": "Replace", "path": "/name", "value": "renamed"}]
    url = f"{FLOW_SERVICE}/flows/{chain.flow_id}"
    assert (await client.patch(url, json=rename)).json()["errorCode"] == "1403-400"
    for stale in (first.strip('"'), '"0"', "*"):
        response = await patched(client, "flows", chain.flow_id, rename, stale)
        text = f"Supplied version=[{stale}] does not match the current version on entity=[{chain.flow_id}]"
        assert (response.status_code, response.json()) == (412, {"errorMessage": text, "errorDetails": text})
    answer = await patched(client, "flows", chain.flow_id, rename, first)
    assert answer.status_code == 200
    stored = await read(client, "flows", chain.flow_id)
    assert answer.json() == {"id": chain.flow_id, "etag": stored["etag"]}
    assert (stored["name"], stored["etag"] != first, stored["version"]) == ("renamed", True, stored["etag"])


@pytest.mark.parametrize("replaces", [False, True])
async def test_a_partial_schedule_is_merged_or_checked_as_a_whole(replaces: bool) -> None:
    """aepp sends `startTime` alone; where objects are replaced, that is no schedule."""
    async with (
        running_emulator(strictness=Strictness(patch_replaces=replaces)) as emulator,
        emulator.client() as client,
    ):
        chain = await build_chain(client, emulator.dataset_id(), DAILY)
        operation = {"op": "Replace", "path": "/scheduleParams", "value": {"startTime": START + 60}}
        response = await patched(client, "flows", chain.flow_id, [operation])
        schedule = (await read(client, "flows", chain.flow_id))["scheduleParams"]
    assert response.status_code == (400 if replaces else 200)
    assert (schedule["startTime"], schedule["interval"]) == (START if replaces else START + 60, 1)


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ([{"op": "move", "path": "/name", "value": "x"}], "1434-400"),
        ([{"op": "replace", "path": "/name"}], "1434-400"),
        ([{"op": "replace", "path": "/state", "value": "disabled"}], "1455-400"),
        ([{"op": "replace", "path": "/id", "value": "x"}], "1455-400"),
        ([{"op": "remove", "path": "/scheduleParams/nothing"}], "1455-400"),
        ([], "1405-400"),
        ({"op": "replace"}, "1405-400"),
    ],
)
async def test_patches_are_checked(emulator: Emulated, client: httpx.AsyncClient, operations: Any, code: str) -> None:
    """The numbers of the service's own catalogue; nothing is written."""
    chain = await build_chain(client, emulator.dataset_id(), DAILY)
    before = await read(client, "flows", chain.flow_id)
    response = await patched(client, "flows", chain.flow_id, operations)
    assert (response.status_code, response.json()["errorCode"]) == (400, code)
    assert await read(client, "flows", chain.flow_id) == before


async def test_flows_are_switched_off_and_on_once(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The action needs no body and no content type; in the wrong state it is refused."""
    chain = await build_chain(client, emulator.dataset_id(), DAILY)
    url = f"{FLOW_SERVICE}/flows/{chain.flow_id}/action"
    answer = await client.post(url, params={"op": "disable"})
    stored = await read(client, "flows", chain.flow_id)
    assert answer.json() == {"id": chain.flow_id, "etag": stored["etag"]}
    assert stored["state"] == "disabled"
    assert (await client.post(url, params={"op": "disable"})).json()["errorCode"] == "1422-400"
    assert (await client.post(url, params={"op": "ENABLE"})).status_code == 200
    assert (await client.post(url, params={"op": "explode"})).status_code == 400


async def test_runs_of_destinations_are_not_started_or_repeated_here(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """`POST /runs` and RE_TRIGGER are for sources (§3.2, §5.3)."""
    chain = await build_chain(client, emulator.dataset_id())
    await refused(client, "runs", {"flowId": chain.flow_id, "params": {"startTime": START}})
    assert (await client.get(f"{FLOW_SERVICE}/runs")).json()["items"] == []
    run_id = await trigger(client, chain)
    again = await client.post(f"{FLOW_SERVICE}/runs/{run_id}/action?op=RE_TRIGGER")
    assert (again.status_code, again.json()["errorCode"]) == (400, "1422-400")


async def test_a_sandbox_holds_a_hundred_flows(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The hundred-and-first is refused (GRD)."""
    chain = await build_chain(client, emulator.dataset_id())
    for _ in range(MAX_FLOWS - 1):
        await created(client, "flows", flow(chain.source_id, chain.target_id, None))
    await refused(client, "flows", flow(chain.source_id, chain.target_id, None))


async def test_missing_entities_are_named_in_the_documented_words(client: httpx.AsyncClient) -> None:
    """Flows carry one text, the others two; delete status follows the switch."""
    assert (await client.get(f"{FLOW_SERVICE}/flows/x")).json() == {"errorMessage": "flows not found with id = [x]"}
    text = "connections not found with id = [x]"
    answer = (await client.get(f"{FLOW_SERVICE}/connections/x")).json()
    assert answer == {"errorMessage": text, "errorDetails": text}
    async with running_emulator(strictness=Strictness(delete_status=204)) as other, other.client() as elsewhere:
        base_id = await created(elsewhere, "connections", landing_connection())
        assert (await elsewhere.delete(f"{FLOW_SERVICE}/connections/{base_id}")).status_code == 204


async def test_a_connection_is_tested_against_the_storage_that_stands_behind_it() -> None:
    """Without one there is nothing that could fail; a dead one does."""
    body = s3_connection()
    async with running_emulator() as emulator, emulator.client() as client:
        base_id = await created(client, "connections", body)
        assert (await client.get(f"{FLOW_SERVICE}/connections/{base_id}/test")).json() == {"result": True}
    async with running_emulator(storages={"amazon-s3": "http://127.0.0.1:9"}) as emulator, emulator.client() as client:
        base_id = await created(client, "connections", body)
        assert (await client.get(f"{FLOW_SERVICE}/connections/{base_id}/test")).status_code == 400
