"""A run's shape on the wire at each stage of its life (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tarmac.emulator.contracts import ExportedFile, ExportResult
from tarmac.emulator.faults import RunFault
from tarmac.emulator.ids import new_id, stable_hex

FAILED_CODE = "ACTIVATION_BATCH-0000-FAILED"
FAILED_MESSAGE = "Job aborted."
QUEUED, PROCESSING, SUCCESS, FAILED = "queued", "processing", "success", "failed"
_UPPER = {QUEUED: "QUEUED", PROCESSING: "IN_PROGRESS", SUCCESS: "SUCCESS", FAILED: "FAILED"}
_CREATOR, _UPDATER = "aep_activation_batch", "acp_foundation_connectors"


@dataclass(frozen=True)
class DatasetOutcome:
    """What one dataset of a run came to."""

    dataset_id: str
    source_id: str
    result: ExportResult


def new_run(flow: Mapping[str, Any], now_ms: int, etag: str) -> dict[str, Any]:
    """Return a queued run of a flow."""
    run_id = new_id()
    return {
        "id": run_id,
        "flowId": flow["id"],
        "createdAt": now_ms,
        "updatedAt": now_ms,
        "createdBy": f"{_CREATOR}@AdobeID",
        "updatedBy": f"{_CREATOR}@AdobeID",
        "createdClient": _CREATOR,
        "updatedClient": _CREATOR,
        "sandboxId": flow["sandboxId"],
        "sandboxName": flow["sandboxName"],
        "imsOrgId": flow["imsOrgId"],
        "flowSpec": flow["flowSpec"],
        "providerRefId": stable_hex(run_id, 32),
        "etag": etag,
        "metrics": {"statusSummary": {"status": QUEUED}},
        "activities": [],
    }


def updated(run: Mapping[str, Any], now_ms: int, etag: str, **changes: Any) -> dict[str, Any]:
    """Return the run with changes, stamped."""
    stamp = {"updatedAt": now_ms, "updatedBy": f"{_UPDATER}@AdobeID", "updatedClient": _UPDATER, "etag": etag}
    return {**run, **stamp, **changes}


def processing_metrics(started_ms: int) -> dict[str, Any]:
    """Metrics of a run that is going on: no numbers and no end yet."""
    return {"durationSummary": {"startedAtUTC": started_ms}, "statusSummary": {"status": PROCESSING}}


def failed_metrics(started_ms: int, completed_ms: int, code: str, message: str, status: str) -> dict[str, Any]:
    """Metrics of a failed run: no `sizeSummary` and no `fileSummary`, as documented."""
    return {
        "durationSummary": {"startedAtUTC": started_ms, "completedAtUTC": completed_ms},
        "recordSummary": {"inputRecordCount": 0, "skippedRecordCount": 0, "sourceSummaries": [], "targetSummaries": []},
        "statusSummary": {"status": status, "errors": [{"code": code, "message": message}], "extensions": {}},
    }


def success_metrics(
    started_ms: int, completed_ms: int, outcomes: list[DatasetOutcome], target_id: str, fault: RunFault
) -> dict[str, Any]:
    """Metrics of a successful run, as far as the fault lets them appear."""
    rows = max(0, sum(outcome.result.rows for outcome in outcomes) + fault.row_offset)
    read = max(0, sum(outcome.result.input_rows for outcome in outcomes) + fault.row_offset)
    files: list[ExportedFile] = [file for outcome in outcomes for file in outcome.result.files]
    metrics: dict[str, Any] = {
        "durationSummary": {"startedAtUTC": started_ms, "completedAtUTC": completed_ms},
        "sizeSummary": {"inputBytes": 0, "outputBytes": sum(file.bytes for file in files)},
        "recordSummary": {
            "inputRecordCount": read,
            "outputRecordCount": rows,
            "createdRecordCount": rows,
            "skippedRecordCount": 0,
            "sourceSummaries": [_source_summary(outcome) for outcome in outcomes],
            "targetSummaries": [_target_summary(target_id, outcomes, rows)],
        },
        "fileSummary": {"inputFileCount": 0, "outputFileCount": len(files)},
        "statusSummary": {"status": fault.status or SUCCESS, "errors": [], "extensions": {}},
    }
    for path in fault.omit:
        _drop(metrics, path.split("."))
    return metrics


def early_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the final metrics that is there when the numbers are late."""
    return {name: metrics[name] for name in ("durationSummary", "statusSummary") if name in metrics}


def activity(metrics: Mapping[str, Any], run_id: str, now_ms: int) -> dict[str, Any]:
    """Return the one activity of an export."""
    return {
        "id": f"{stable_hex(run_id, 32)}-publisher",
        "name": "Activation Batch Publisher Activity",
        "updatedAtUTC": now_ms,
        "latencySummary": {},
        **metrics,
    }


def read_otherwise(run: Mapping[str, Any], *, stops: bool, upper: bool) -> dict[str, Any]:
    """Return a run as the other documents spell it: with `stoppedAtUTC` (C9), with FLS's status words (C11)."""
    stages = [_stage_otherwise(stage, stops=stops, upper=upper) for stage in (run["metrics"], *run["activities"])]
    return {**run, "metrics": stages[0], "activities": stages[1:]}


def _stage_otherwise(stage: Mapping[str, Any], *, stops: bool, upper: bool) -> dict[str, Any]:
    changed = dict(stage)
    if stops and "durationSummary" in stage:
        names = {"completedAtUTC": "stoppedAtUTC"}
        changed["durationSummary"] = {names.get(name, name): value for name, value in stage["durationSummary"].items()}
    if upper and "statusSummary" in stage:
        status = stage["statusSummary"].get("status")
        changed["statusSummary"] = {**stage["statusSummary"], "status": _UPPER.get(status, status)}
    return changed


def _source_summary(outcome: DatasetOutcome) -> dict[str, Any]:
    counts = {"inputRecordCount": outcome.result.input_rows, "skippedRecordCount": 0}
    return {"id": outcome.source_id, **counts, "entitySummaries": [{"id": outcome.dataset_id, **counts}]}


def _target_summary(target_id: str, outcomes: list[DatasetOutcome], rows: int) -> dict[str, Any]:
    entities = [
        {
            "id": outcome.dataset_id,
            "createdRecordCount": outcome.result.rows,
            "outputRecordCount": outcome.result.rows,
        }
        for outcome in outcomes
    ]
    return {"id": target_id, "createdRecordCount": rows, "outputRecordCount": rows, "entitySummaries": entities}


def _drop(node: Any, path: list[str]) -> None:
    for step in path[:-1]:
        node = node.get(step) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(path[-1], None)
