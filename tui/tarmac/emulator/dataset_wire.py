"""A dataset as Catalog shows it (§2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tarmac.emulator.contracts import EmulatedDataset
from tarmac.emulator.ids import stable_hex, stable_uuid
from tarmac.emulator.lake import is_exportable
from tarmac.terms.times import to_millis

TENANT = "acmelab"
# Datasets are older than the emulator: their times are the same at every start.
_EPOCH = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)


def schema_ref(dataset: EmulatedDataset) -> str:
    """Return the `$id` of the dataset's schema."""
    return f"https://ns.adobe.com/{TENANT}/schemas/{stable_hex(f'schema {dataset.id}', 40)}"


def batch_id(dataset: EmulatedDataset) -> str:
    """Return the id of the dataset's last batch, in the form of a ULID."""
    return f"01H{stable_hex(f'batch {dataset.id}', 23).upper()}"


def changed_ms(dataset: EmulatedDataset) -> int:
    """Return when the dataset last changed, in epoch milliseconds."""
    return to_millis(_EPOCH + timedelta(minutes=int(dataset.id[:6], 16) % 60_000))


def dataset_wire(
    dataset: EmulatedDataset, org_id: str, sandbox_id: str, account: str, client_id: str
) -> dict[str, Any]:
    """Return the value under the dataset's id."""
    changed = changed_ms(dataset)
    table = dataset.name.lower().replace("-", "_").replace(" ", "_")
    tags: dict[str, list[str]] = {"adobe/pqs/table": [table], "adobe/siphon/table/format": ["delta"]}
    if dataset.label_column is not None:
        tags["mlLabel"] = [dataset.label_column]
    metrics: dict[str, Any] = {
        "adobe_lakeHouse": {
            "metrics": {"rowCount": dataset.rows, "storageSize": dataset.size_bytes},
            "tableHealthMetrics": {"noOfFilesTotal": len(dataset.files), "noOfPartitionsTotal": 1},
        },
        "adobe_unifiedProfile": {"metrics": {"rowCount": 0, "storageSize": 0}},
    }
    if not is_exportable(dataset):
        tags["unifiedProfile"] = ["enabled:true"]
        metrics = {}
    return {
        "name": dataset.name,
        "description": dataset.description,
        "imsOrg": org_id,
        "sandboxId": sandbox_id,
        "version": "1.0.3",
        "created": changed - 3_600_000,
        "updated": changed,
        "createdUser": account,
        "createdClient": client_id,
        "updatedUser": account,
        "schemaRef": {"id": schema_ref(dataset), "contentType": "application/vnd.adobe.xed-full+json;version=1"},
        "fileDescription": {"persisted": True, "containerFormat": "parquet", "format": "parquet"},
        "tags": tags,
        "state": "DRAFT",
        "aspect": "production",
        "viewId": stable_hex(f"view {dataset.id}"),
        "basePath": f"adl://{stable_uuid('lake')}/{dataset.id}",
        "files": f"@/dataSetFiles?dataSetId={dataset.id}",
        "classification": {"dataBehavior": dataset.behavior.value},
        "lastBatchId": batch_id(dataset),
        "lastBatchStatus": "success",
        "lastSuccessfulBatch": batch_id(dataset),
        "lastFailedBatch": None,
        "extensions": metrics,
        "statsCache": {},
        "dule": {"contract": list(dataset.labels)} if dataset.labels else {},
    }


def grown_wire(
    wire: Mapping[str, Any], dataset: EmulatedDataset, added: int, changed_at: datetime | None
) -> dict[str, Any]:
    """Return a dataset's wire with the rows that were added to it, and when the last of them came."""
    per_row = dataset.size_bytes / max(1, dataset.rows)
    metrics = {"rowCount": dataset.rows + added, "storageSize": dataset.size_bytes + round(added * per_row)}
    lake = {**wire["extensions"]["adobe_lakeHouse"], "metrics": metrics}
    changed = {} if changed_at is None or not added else {"updated": to_millis(changed_at)}
    return {**wire, **changed, "extensions": {**wire["extensions"], "adobe_lakeHouse": lake}}


def batch_wire(dataset: EmulatedDataset, org_id: str) -> dict[str, Any]:
    """Return the dataset's one batch as Catalog shows it (§2.6)."""
    changed = changed_ms(dataset)
    return {
        "imsOrg": org_id,
        "version": "1.0.1",
        "created": changed - 60_000,
        "updated": changed,
        "started": changed - 60_000,
        "completed": changed,
        "status": "success",
        "recordCount": dataset.rows,
        "failedRecordCount": 0,
        "size": dataset.size_bytes,
        "relatedObjects": [{"type": "dataSet", "id": dataset.id}],
    }
