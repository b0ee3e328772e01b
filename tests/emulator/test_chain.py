"""The whole export, from sign-in to the files in the landing zone and back to nothing, with plain httpx."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.chain import (
    ADHOC,
    ADHOC_ACCEPT,
    DATA_LAKE_SPEC,
    FLOW_SERVICE,
    Chain,
    build_chain,
    created,
    flow,
    post_adhoc,
    read,
    source_connection,
    status_of,
    trigger,
    until,
)
from support.emulated import Emulated, anonymous_client, running_emulator
from tarmac.emulator.strictness import Strictness
from tarmac.terms.destinations import DestinationKind

LANDING_ZONE = "/data/foundation/connectors/landingzone"


async def landed(client: httpx.AsyncClient, prefix: str) -> dict[str, int]:
    """List the landing zone at the address its SAS URI names: file names and sizes."""
    credentials = (await client.get(f"{LANDING_ZONE}/credentials", params={"type": "dlz_destination"})).json()
    uri, _, sas = credentials["SASUri"].partition("?")
    assert sas == credentials["SASToken"].lstrip("?")
    async with anonymous_client() as anyone:
        response = await anyone.get(f"{uri}?restype=container&comp=list&prefix={prefix}&{sas}")
    assert response.status_code == 200, response.text
    names = re.findall(r"<Name>([^<]+)</Name>", response.text)
    sizes = re.findall(r"<Content-Length>(\d+)</Content-Length>", response.text)
    return {name: int(size) for name, size in zip(names, sizes, strict=True)}


async def test_an_export_lands_with_the_rows_and_files_that_the_run_tells(emulator: Emulated) -> None:
    """Sign in, choose from the list of exportable datasets, build, run, list, compare; then delete in the right order."""
    async with anonymous_client(emulator.base_url) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": emulator.client_id,
            "client_secret": emulator.client_secret,
            "scope": "openid,AdobeID,session,read_organizations,additional_info.projectedProductContext",
        }
        signed = (await client.post("/ims/token/v3", data=form)).json()
        assert (signed["token_type"], signed["expires_in"]) == ("bearer", 86_399)
        client.headers.update(
            {
                "authorization": f"Bearer {signed['access_token']}",
                "x-api-key": emulator.client_id,
                "x-gw-ims-org-id": emulator.org_id,
                "x-sandbox-name": emulator.sandbox,
            }
        )
        listed = await client.get(
            f"{FLOW_SERVICE}/connectionSpecs/{DATA_LAKE_SPEC}/configs",
            params={"outputType": "activationDatasets", "outputField": "datasets", "limit": "2"},
        )
        dataset = listed.json()["items"][0]
        rows = dataset["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"]

        chain = await build_chain(client, dataset["id"])
        run = await until(client, await trigger(client, chain))

        assert status_of(run) == "success"
        metrics = run["metrics"]
        assert metrics["recordSummary"]["outputRecordCount"] == rows
        files = await landed(client, f"ml/churn/{dataset['id']}/")
        assert len(files) == metrics["fileSummary"]["outputFileCount"]
        assert sum(files.values()) == metrics["sizeSummary"]["outputBytes"]
        for name in files:
            assert re.fullmatch(
                rf"ml/churn/{dataset['id']}/exportTime=\d{{14}}/"
                r"part-\d{5}-tid-\d{19}-[0-9a-f-]{36}-\d+-\d+-c000\.gz\.parquet",
                name,
            )
        stored = await read(client, "flows", chain.flow_id)
        assert stored["lastRunDetails"]["id"] == run["id"]

        in_order = (("connections", chain.base_id), ("sourceConnections", chain.source_id))
        for noun, entity_id in (*in_order, ("targetConnections", chain.target_id)):
            assert (await client.delete(f"{FLOW_SERVICE}/{noun}/{entity_id}")).status_code == 400
        for noun, entity_id in (
            ("flows", chain.flow_id),
            ("targetConnections", chain.target_id),
            ("sourceConnections", chain.source_id),
            ("connections", chain.base_id),
        ):
            assert (await client.delete(f"{FLOW_SERVICE}/{noun}/{entity_id}")).status_code == 202
            assert (await client.get(f"{FLOW_SERVICE}/{noun}/{entity_id}")).status_code == 404


async def test_an_adhoc_run_is_refused_until_the_flow_is_ready_on_the_virtual_clock() -> None:
    """The text is the one that clients look for; advancing the clock makes the flow ready."""
    async with running_emulator(ready_after=600.0) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        refused = await post_adhoc(client, chain.flow_id, chain.dataset_id)
        assert refused.status_code == 400
        assert refused.json() == {
            "message": "Invalid parameter: Following order ID(s) are not ready for dataset export, "
            "please wait for 10 minutes and retry."
        }
        emulator.advance(599)
        assert (await post_adhoc(client, chain.flow_id, chain.dataset_id)).status_code == 400
        emulator.advance(1)
        assert (await post_adhoc(client, chain.flow_id, chain.dataset_id)).status_code == 200


async def test_a_run_goes_through_its_stages_and_a_second_one_is_refused_meanwhile() -> None:
    """Queued, then processing without numbers, then success; the refusal names the run that is going on."""
    async with running_emulator(queue_seconds=3600.0) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        run_id = await trigger(client, chain)
        run = await read(client, "runs", run_id)
        assert status_of(run) == "queued"
        assert "durationSummary" not in run["metrics"]
        refused = await post_adhoc(client, chain.flow_id, chain.dataset_id)
        assert refused.status_code == 400
        assert run_id in refused.json()["message"]
        emulator.advance(3600)
        seen: list[dict[str, Any]] = []

        def watched(run: dict[str, Any]) -> bool:
            seen.append(run)
            return status_of(run) == "success"

        run = await until(client, run_id, watched)
        for earlier in seen[:-1]:
            assert status_of(earlier) in {"queued", "processing"}
            assert "sizeSummary" not in earlier["metrics"]
        duration = run["metrics"]["durationSummary"]
        assert run["createdAt"] + 3_600_000 <= duration["startedAtUTC"] <= duration["completedAtUTC"]


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/vnd.adobe.adhoc.activation+json; version=2", "x/y", ADHOC_ACCEPT[:-1] + "2"],
)
async def test_the_accept_header_selects_the_adhoc_api(
    emulator: Emulated, client: httpx.AsyncClient, accept: str
) -> None:
    """With any other Accept the dataset body is not understood."""
    chain = await build_chain(client, emulator.dataset_id())
    body = {"activationInfo": {"destinations": [{"flowId": chain.flow_id, "datasets": [{"id": chain.dataset_id}]}]}}
    assert (await client.post(ADHOC, json=body, headers={"accept": accept})).status_code == 400
    assert (await client.post(ADHOC, json=body, headers={"accept": ADHOC_ACCEPT})).status_code == 200


async def test_adhoc_runs_of_disabled_or_foreign_flows_are_refused(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """A disabled flow, a dataset that is not in the flow, an unknown flow."""
    chain = await build_chain(client, emulator.dataset_id())
    other = await post_adhoc(client, chain.flow_id, emulator.dataset_id(1))
    assert (other.status_code, emulator.dataset_id(1) in other.text) == (400, True)
    assert (await post_adhoc(client, "no-such-flow", chain.dataset_id)).status_code == 400
    assert (await client.post(f"{FLOW_SERVICE}/flows/{chain.flow_id}/action?op=disable")).status_code == 200
    disabled = await post_adhoc(client, chain.flow_id, chain.dataset_id)
    assert (disabled.status_code, "disabled" in disabled.text) == (400, True)


async def test_files_are_deleted_seven_virtual_days_after_they_landed(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Retention follows the virtual clock, not the machine's."""
    chain = await build_chain(client, emulator.dataset_id())
    await until(client, await trigger(client, chain))
    assert await landed(client, "ml/churn/")
    emulator.advance(6.9 * 86_400)
    await emulator.running.scheduler.delete_old_files_once()
    client.headers.update(emulator.headers())
    assert await landed(client, "ml/churn/")
    emulator.advance(0.2 * 86_400)
    await emulator.running.scheduler.delete_old_files_once()
    client.headers.update(emulator.headers())
    assert not await landed(client, "ml/churn/")


async def test_a_storage_that_is_not_allow_listed_is_refused_by_the_adhoc_call() -> None:
    """The flow can be made; the text names its flow spec (§4.1)."""
    kinds = frozenset({DestinationKind.DATA_LANDING_ZONE})
    async with running_emulator(not_allow_listed=kinds) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        refused = await post_adhoc(client, chain.flow_id, chain.dataset_id)
    spec = "cd2fc47e-e838-4f38-a581-8fff2f99b63a"
    expected = (
        f"Invalid parameter: Flow for id {chain.flow_id} is incorrect. "
        f"Error is [Adhoc run can not be executed for Flow spec={spec}."
    )
    assert (refused.status_code, refused.json()) == (400, {"message": expected})


@pytest.mark.parametrize(("strict", "status"), [(False, 200), (True, 400)])
async def test_a_schedule_that_can_never_open_may_refuse_adhoc_runs(strict: bool, status: int) -> None:
    """Start a year ahead, end by default after six months: the switch says which reading holds (§3.7)."""
    strictness = Strictness(adhoc_needs_open_schedule=strict)
    async with running_emulator(strictness=strictness) as emulator, emulator.client() as client:
        start = int(emulator.running.platform.now().timestamp()) + 365 * 86_400
        chain = await build_chain(client, emulator.dataset_id(), {"timeUnit": "day", "interval": 1, "startTime": start})
        assert (await post_adhoc(client, chain.flow_id, chain.dataset_id)).status_code == status


async def test_an_export_to_a_storage_without_a_server_lands_in_a_folder_that_stands_for_it(tmp_path: Path) -> None:
    """Nothing ever leaves for the real Amazon."""
    spec = {"id": "4fce964d-3f37-408f-9778-e597338a21ee", "version": "1.0"}
    params = {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE", "s3SecretKey": "k" * 40}
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        auth = {"specName": "Access Key", "params": params}
        base_id = await created(client, "connections", {"name": "s3", "auth": auth, "connectionSpec": spec})
        source_id = await created(client, "sourceConnections", source_connection(emulator.dataset_id()))
        place = {"bucketName": "acme-ml", "path": "features", "datasetFileType": "JSON", "compression": "GZIP"}
        target = {"name": "t", "baseConnectionId": base_id, "params": place, "connectionSpec": spec}
        target_id = await created(client, "targetConnections", target)
        body = {**flow(source_id, target_id, None), "flowSpec": {"id": "269ba276-16fc-47db-92b0-c1049a3c131f"}}
        flow_id = await created(client, "flows", body)
        chain = Chain(emulator.dataset_id(), base_id, source_id, target_id, flow_id)
        run = await until(client, await trigger(client, chain))
        assert status_of(run) == "success", run
    bucket = tmp_path / "files" / "storages" / "amazon-s3" / "acme-ml" / "features" / chain.dataset_id
    files = await asyncio.to_thread(lambda: list(bucket.rglob("part-*.json.gz")))
    assert len(files) == run["metrics"]["fileSummary"]["outputFileCount"]
