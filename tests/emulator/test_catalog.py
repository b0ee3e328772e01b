"""Catalog, Data Access, schemas, sandboxes, landing-zone credentials (§2, §6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from support.chain import DATA_LAKE_SPEC, LANDING_ZONE_SPEC
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from tarmac.emulator.options import LandingZoneCloud
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError

CATALOG = "/data/foundation/catalog"
DATASETS = f"{CATALOG}/dataSets"
LANDING_ZONE = "/data/foundation/connectors/landingzone"
EXPORTABLE = {"outputType": "activationDatasets", "outputField": "datasets"}


async def names(client: httpx.AsyncClient, query: str) -> list[str]:
    """The names of the datasets that a query finds, in order."""
    response = await client.get(f"{DATASETS}?{query}")
    assert response.status_code == 200, response.text
    return [dataset["name"] for dataset in response.json().values()]


async def test_long_catalogues_are_paged_without_loss() -> None:
    """Catalog by start and limit until a page is short; the exportable list by pageInfo."""
    async with running_emulator(synthetic_datasets=230) as emulator, emulator.client() as client:
        seen: list[str] = []
        while page := (await client.get(DATASETS, params={"start": len(seen), "limit": 100})).json():
            seen += page
        assert len(seen) == len(set(seen)) == 234
        exportable: list[str] = []
        sizes = []
        while True:
            query = {**EXPORTABLE, "start": str(len(exportable)), "limit": "100"}
            answer = (await client.get(f"{FLOW_SERVICE}/connectionSpecs/{DATA_LAKE_SPEC}/configs", params=query)).json()
            exportable += [item["id"] for item in answer["items"]]
            sizes.append(len(answer["items"]))
            info = answer["pageInfo"]
            assert (info["end"], info["total"]) == (len(exportable) - 1, 233)
            if not info["hasNext"]:
                break
        assert sizes == [100, 100, 33]
        assert len(set(seen) - set(exportable)) == 1
        assert len((await client.get(DATASETS)).json()) == 20


async def test_catalog_filters(client: httpx.AsyncClient) -> None:
    """Simple filters, property conditions, order, chosen properties."""
    everything = await names(client, "")
    first, second = everything[0], everything[1]
    assert await names(client, f"name={first}") == [first]
    assert await names(client, f"name={second},{first}") == [first, second]
    assert first not in await names(client, f"name=!{first}")
    assert await names(client, f"property=name~^{first[:6]}") == [first]
    assert await names(client, f"property=name=={first}") == [first]
    assert await names(client, "property=created<1") == []
    assert await names(client, "property=extensions.adobe_lakeHouse.metrics.rowCount>0") == everything[:3]
    assert await names(client, "property=!extensions.adobe_lakeHouse") == everything[3:]
    assert await names(client, "orderBy=desc:name") == sorted(everything, reverse=True)
    assert await names(client, f"tags=adobe/pqs/table:{first}") == [first]
    assert await names(client, "tags=unifiedProfile:*") == everything[3:]
    chosen = (await client.get(DATASETS, params={"properties": "name,state"})).json()
    assert {tuple(sorted(dataset)) for dataset in chosen.values()} == {("name", "state")}
    nothing = (await client.get(DATASETS, params={"properties": "nothing"})).json()
    assert list(nothing.values()) == [{}] * 4
    for wrong in ("limit=0", "limit=101", "start=-1", "limit=x", "orderBy=up:name", "property=name~["):
        answer = await client.get(f"{DATASETS}?{wrong}")
        assert (answer.status_code, answer.json()["title"]) == (400, "BadRequest")


async def test_one_dataset_its_batch_its_rows_and_its_schema(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """They belong together: the schema's columns are those of the rows, the batch is the last one."""
    dataset_id = emulator.dataset_id()
    [(key, dataset)] = (await client.get(f"{DATASETS}/{dataset_id}")).json().items()
    assert (key, dataset["name"]) == (dataset_id, emulator.ready["datasets"][0]["name"])
    query = {"dataSet": dataset_id, "orderBy": "desc:created", "limit": "1"}
    [(batch_id, batch)] = (await client.get(f"{CATALOG}/batches", params=query)).json().items()
    assert (batch_id, batch["recordCount"]) == (dataset["lastBatchId"], emulator.ready["datasets"][0]["rows"])
    rows = (await client.get(f"/data/foundation/export/datasets/{dataset_id}/preview")).json()["data"]
    schema_url = f"/data/foundation/schemaregistry/tenant/schemas/{quote(dataset['schemaRef']['id'], safe='')}"
    schema = (await client.get(schema_url)).json()
    assert len(rows) > 1
    assert set(rows[0]) <= set(schema["properties"])
    by_alt_id = await client.get(f"/data/foundation/schemaregistry/tenant/schemas/{schema['meta:altId']}")
    assert by_alt_id.json() == schema
    for path in (f"{DATASETS}/none", "/data/foundation/schemaregistry/tenant/schemas/none"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_the_exportable_list_needs_the_right_spec_and_output(client: httpx.AsyncClient) -> None:
    """The data-lake spec; aepp's landing-zone spec too; nothing else."""
    for spec, query, status in (
        (DATA_LAKE_SPEC, EXPORTABLE, 200),
        (LANDING_ZONE_SPEC, EXPORTABLE, 200),
        ("4fce964d-3f37-408f-9778-e597338a21ee", EXPORTABLE, 400),
        (DATA_LAKE_SPEC, {}, 400),
    ):
        answer = await client.get(f"{FLOW_SERVICE}/connectionSpecs/{spec}/configs", params=query)
        assert answer.status_code == status


async def test_sandboxes_are_listed_with_the_default(client: httpx.AsyncClient) -> None:
    """Both paths."""
    for path in ("/data/foundation/sandbox-management/", "/data/foundation/sandbox-management/sandboxes"):
        sandboxes = (await client.get(path)).json()["sandboxes"]
        assert {one["name"]: one["isDefault"] for one in sandboxes} == {"prod": True, "ml-dev": False}


async def test_landing_zone_credentials_of_azure(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """They name the emulator's own address; a refresh ends the old ones."""
    query = {"type": "dlz_destination"}
    old = (await client.get(f"{LANDING_ZONE}/credentials", params=query)).json()
    assert old["SASUri"].startswith(f"{emulator.base_url}/{old['storageAccountName']}/{old['containerName']}?")
    info = (await client.get(LANDING_ZONE, params=query)).json()
    assert info == {"containerName": old["containerName"], "containerTTL": "7"}

    async def status(credentials: dict[str, Any]) -> int:
        return (await client.get(f"{credentials['SASUri']}&restype=container&comp=list")).status_code

    assert await status(old) == 200
    new = (await client.post(f"{LANDING_ZONE}/credentials", params={**query, "action": "refresh"})).json()
    assert (await status(old), await status(new)) == (403, 200)
    for wrong in ({}, {"type": "other"}):
        assert (await client.get(f"{LANDING_ZONE}/credentials", params=wrong)).status_code == 400
    for action in ({}, {"action": "rotate"}):
        assert (await client.post(f"{LANDING_ZONE}/credentials", params={**query, **action})).status_code == 400
    assert await status(new) == 200


async def test_landing_zone_credentials_of_aws() -> None:
    """The other shape, for the bucket that was named."""
    url = "http://AKIAIOSFODNN7EXAMPLE:se%2Fcret@127.0.0.1:9/dlz-bucket"
    aws = {"landing_zone_cloud": LandingZoneCloud.AWS, "storages": {DestinationKind.DATA_LANDING_ZONE: url}}
    async with running_emulator(**aws) as emulator, emulator.client() as client:
        query = {"type": "dlz_destination"}
        credentials = (await client.get(f"{LANDING_ZONE}/credentials", params=query)).json()
        info = (await client.get(LANDING_ZONE, params=query)).json()
        now = emulator.running.platform.now().timestamp()
    assert credentials["dlzProvider"] == "Amazon S3"
    assert now < credentials["expiryTime"] <= now + 12 * 3600
    assert credentials["dlzPath"] == info["dlzPath"] == {"bucketName": "dlz-bucket", "dlzFolder": "dlz-destination"}
    assert credentials["credentials"]["awsSecretAccessKey"] == "se/cret"
    assert info["dataTTL"]["timeQuantity"] == 7


async def test_options_that_cannot_work_are_refused_before_the_start() -> None:
    """A usage error, not a stack trace later."""
    for wrong in (
        {"landing_zone_cloud": LandingZoneCloud.AWS},
        {"storages": {DestinationKind.SFTP: "nowhere"}},
        {"speed": -1.0},
        {"port": 70_000},
    ):
        with pytest.raises(UsageError):
            async with running_emulator(**wrong):
                pass
