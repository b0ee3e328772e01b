"""The export chain with plain httpx: what any client of the platform sends, written out once for tests of the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

FLOW_SERVICE = "/data/foundation/flowservice"
ADHOC = "/data/core/activation/disflowprovider/adhocrun"
ADHOC_ACCEPT = "application/vnd.adobe.adhoc.dataset.activation+json; version=1"
LANDING_ZONE_SPEC = "10440537-2a7b-4583-ac39-ed38d4b848e8"
LANDING_ZONE_FLOW_SPEC = "cd2fc47e-e838-4f38-a581-8fff2f99b63a"
DATA_LAKE_SPEC = "23598e46-f560-407b-88d5-ea6207e49db0"
DEADLINE_SECONDS = 20.0


@dataclass(frozen=True)
class Chain:
    """The ids of one export."""

    dataset_id: str
    base_id: str
    source_id: str
    target_id: str
    flow_id: str


async def created(client: httpx.AsyncClient, noun: str, body: dict[str, Any]) -> str:
    """POST one entity and return its id."""
    response = await client.post(f"{FLOW_SERVICE}/{noun}", json=body)
    assert response.status_code == 201, response.text
    answer = response.json()
    assert set(answer) == {"id", "etag"}
    return str(answer["id"])


async def read(client: httpx.AsyncClient, noun: str, entity_id: str) -> dict[str, Any]:
    """GET one entity out of its list of one."""
    response = await client.get(f"{FLOW_SERVICE}/{noun}/{entity_id}")
    assert response.status_code == 200, response.text
    [item] = response.json()["items"]
    assert isinstance(item, dict)
    return item


def landing_connection() -> dict[str, Any]:
    """The body of a landing-zone base connection, as aepp sends it."""
    return {"name": "landing", "auth": None, "connectionSpec": {"id": LANDING_ZONE_SPEC, "version": "1.0"}}


def source_connection(*dataset_ids: str) -> dict[str, Any]:
    """The body of a source connection."""
    return {
        "name": "source",
        "connectionSpec": {"id": DATA_LAKE_SPEC, "version": "1.0"},
        "params": {"datasets": [{"dataSetId": dataset_id} for dataset_id in dataset_ids]},
    }


def target_connection(base_id: str, **params: Any) -> dict[str, Any]:
    """The body of a landing-zone target connection."""
    common = {"mode": "Server-to-server", "compression": "GZIP", "datasetFileType": "PARQUET", "path": "ml/churn"}
    return {
        "name": "target",
        "baseConnectionId": base_id,
        "params": {**common, **params},
        "connectionSpec": {"id": LANDING_ZONE_SPEC, "version": "1.0"},
    }


def flow(source_id: str, target_id: str, schedule: dict[str, Any] | None) -> dict[str, Any]:
    """The body of a flow."""
    body: dict[str, Any] = {
        "name": "flow",
        "flowSpec": {"id": LANDING_ZONE_FLOW_SPEC, "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [target_id],
        "transformations": [],
    }
    return body if schedule is None else {**body, "scheduleParams": schedule}


async def build_chain(
    client: httpx.AsyncClient, dataset_id: str, schedule: dict[str, Any] | None = None, **params: Any
) -> Chain:
    """Create base, source and target connection and the flow."""
    base_id = await created(client, "connections", landing_connection())
    source_id = await created(client, "sourceConnections", source_connection(dataset_id))
    target_id = await created(client, "targetConnections", target_connection(base_id, **params))
    flow_id = await created(client, "flows", flow(source_id, target_id, schedule))
    return Chain(dataset_id, base_id, source_id, target_id, flow_id)


async def post_adhoc(client: httpx.AsyncClient, flow_id: str, dataset_id: str) -> httpx.Response:
    """Ask for an ad-hoc run."""
    body = {"activationInfo": {"destinations": [{"flowId": flow_id, "datasets": [{"id": dataset_id}]}]}}
    return await client.post(ADHOC, json=body, headers={"accept": ADHOC_ACCEPT})


async def trigger(client: httpx.AsyncClient, chain: Chain) -> str:
    """Start an ad-hoc run and return its id."""
    response = await post_adhoc(client, chain.flow_id, chain.dataset_id)
    assert response.status_code == 200, response.text
    [destination] = response.json()["destinations"]
    [entry] = destination["datasets"]
    assert (entry["id"], entry["flowId"]) == (chain.dataset_id, chain.flow_id)
    return str(entry["statusURL"].rpartition("/")[2])


async def until(
    client: httpx.AsyncClient, run_id: str, reached: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    """Poll a run until `reached` (default: it has ended) says so; fail at a deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            run = await read(client, "runs", run_id)
            if (reached or has_ended)(run):
                return run
            await asyncio.sleep(0.01)  # the run is made by another process; there is nothing to wait on but its record


def has_ended(run: dict[str, Any]) -> bool:
    """Whether a run has an end time."""
    return "completedAtUTC" in run["metrics"].get("durationSummary", {})


def status_of(run: dict[str, Any]) -> str:
    """The status word of a run."""
    return str(run["metrics"]["statusSummary"]["status"])
