"""The requests that change something, as values: shown on the Review screen before they are sent, then sent as shown.

Pure functions. Bodies follow platform-api §3.4-§3.8, §4 and §6 in the form that is known to be safest: upper-case formats,
`connectionSpec.version` "1.0", `transformations: []`, no `auth` for the landing zone, seconds in schedules, etags with
their quotes, no Content-Type without a body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tarmac.platform.hosts import path_segment
from tarmac.platform.messages import PlannedRequest, with_query
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID, SPEC_VERSION
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat, is_supported
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.secrets import Secret

FLOW_SERVICE = "/data/foundation/flowservice"
CONNECTIONS = f"{FLOW_SERVICE}/connections"
SOURCE_CONNECTIONS = f"{FLOW_SERVICE}/sourceConnections"
TARGET_CONNECTIONS = f"{FLOW_SERVICE}/targetConnections"
FLOWS = f"{FLOW_SERVICE}/flows"
RUNS = f"{FLOW_SERVICE}/runs"
AD_HOC = "/data/core/activation/disflowprovider/adhocrun"
LANDING_ZONE = "/data/foundation/connectors/landingzone"

# Accept selects the API: with any other value this body would be read as an audience call (§4).
AD_HOC_ACCEPT = "application/vnd.adobe.adhoc.dataset.activation+json; version=1"
_JSON = "application/json"
_SEND_JSON = {"Accept": _JSON, "Content-Type": _JSON}
_MODE = "Server-to-server"


def create_connection_request(
    name: str,
    spec_id: str,
    auth_spec: str | None = None,
    auth_params: Mapping[str, str | Secret] | None = None,
    description: str = "",
) -> PlannedRequest:
    """Create a base connection (§3.4). `auth_params` go by their wire names; no `auth_spec` means no `auth` (landing zone)."""
    body: dict[str, Any] = {"name": name, **_described(description)}
    if auth_spec is not None:
        body["auth"] = {"specName": auth_spec, "params": dict(auth_params or {})}
    body["connectionSpec"] = _spec(spec_id)
    return PlannedRequest("POST", CONNECTIONS, _SEND_JSON, body)


def rotate_credentials_request(
    connection_id: str, etag: str, auth_params: Mapping[str, str | Secret]
) -> PlannedRequest:
    """Replace all credentials of a base connection (§3.4); names as at creation (C13)."""
    change = [{"op": "replace", "path": "/auth/params", "value": dict(auth_params)}]
    return patch_request(f"{CONNECTIONS}/{path_segment(connection_id)}", etag, change)


def create_source_connection_request(
    name: str, datasets: Sequence[tuple[str, str | None]], description: str = ""
) -> PlannedRequest:
    """Create a data-lake source connection (§3.6) for `(dataset id, name or None)`."""
    items = [{"dataSetId": id_, **({"name": label} if label else {})} for id_, label in datasets]
    if not items:
        raise UsageError("A source connection needs a dataset.", code="no-dataset", next_step="Choose a dataset.")
    body = {
        "name": name,
        **_described(description),
        "connectionSpec": _spec(DATA_LAKE_SPEC_ID),
        "params": {"datasets": items},
    }
    return PlannedRequest("POST", SOURCE_CONNECTIONS, _SEND_JSON, body)


def create_target_connection_request(
    name: str,
    spec_id: str,
    base_connection_id: str,
    location: Mapping[str, str],
    file_format: FileFormat,
    compression: Compression,
    description: str = "",
) -> PlannedRequest:
    """Create a target connection (§3.5). `location` goes by wire names (`path`, `remotePath`, `bucketName`, `container`).

    Raises UsageError for uncompressed JSON, which the platform does not support (C1).
    """
    body = {
        "name": name,
        **_described(description),
        "baseConnectionId": base_connection_id,
        "params": target_params(location, file_format, compression),
        "connectionSpec": _spec(spec_id),
    }
    return PlannedRequest("POST", TARGET_CONNECTIONS, _SEND_JSON, body)


def target_params(location: Mapping[str, str], file_format: FileFormat, compression: Compression) -> dict[str, Any]:
    """Return the whole `params` of a target connection (§3.5)."""
    if not is_supported(file_format, compression):
        raise UsageError(
            f"{file_format.wire} with compression {compression.wire} is not supported by the platform.",
            code="format-pair",
            next_step='Set compression = "gzip", or format = "parquet".',
        )
    return {
        "mode": _MODE,
        **location,
        "datasetFileType": file_format.wire,
        "compression": compression.wire,
    }


def change_target_request(target_connection_id: str, etag: str, params: Mapping[str, Any]) -> PlannedRequest:
    """Replace a target connection's whole `params`; whether a part would be merged is not documented (§3.5)."""
    change = [{"op": "replace", "path": "/params", "value": dict(params)}]
    return patch_request(f"{TARGET_CONNECTIONS}/{path_segment(target_connection_id)}", etag, change)


def create_flow_request(
    name: str,
    flow_spec_id: str,
    source_connection_ids: Sequence[str],
    target_connection_ids: Sequence[str],
    schedule: ScheduleParams,
    description: str = "",
) -> PlannedRequest:
    """Create a dataflow with its schedule (§3.7)."""
    body = {
        "name": name,
        **_described(description),
        "flowSpec": _spec(flow_spec_id),
        "sourceConnectionIds": list(source_connection_ids),
        "targetConnectionIds": list(target_connection_ids),
        "transformations": [],
        "scheduleParams": schedule.to_wire(),
    }
    return PlannedRequest("POST", FLOWS, _SEND_JSON, body)


def change_flow_request(flow_id: str, etag: str, changes: Sequence[Mapping[str, Any]]) -> PlannedRequest:
    """Change `/name`, `/description`, `/sourceConnectionIds` or `/scheduleParams` of a dataflow by JSON Patch (§3.8)."""
    return patch_request(f"{FLOWS}/{path_segment(flow_id)}", etag, changes)


def switch_flow_request(flow_id: str, *, enable: bool) -> PlannedRequest:
    """Enable or disable a dataflow (§3.8): no body and so no Content-Type."""
    path = with_query(f"{FLOWS}/{path_segment(flow_id)}/action", ("op", "enable" if enable else "disable"))
    return PlannedRequest("POST", path, {"Accept": _JSON})


def ad_hoc_request(flow_id: str, dataset_ids: Sequence[str]) -> PlannedRequest:
    """Start an ad-hoc run of a dataflow for some of its datasets (§4)."""
    datasets = [{"id": dataset_id} for dataset_id in dataset_ids]
    body = {"activationInfo": {"destinations": [{"flowId": flow_id, "datasets": datasets}]}}
    return PlannedRequest("POST", AD_HOC, {"Accept": AD_HOC_ACCEPT, "Content-Type": _JSON}, body)


def refresh_landing_zone_request() -> PlannedRequest:
    """Rotate the landing zone's credentials (§6): whoever still uses the old ones is locked out."""
    path = with_query(f"{LANDING_ZONE}/credentials", ("type", "dlz_destination"), ("action", "refresh"))
    return PlannedRequest("POST", path, {"Accept": _JSON})


def delete_request(collection: str, object_id: str) -> PlannedRequest:
    """Delete one object of a collection (`CONNECTIONS`, `FLOWS`, …)."""
    return PlannedRequest("DELETE", f"{collection}/{path_segment(object_id)}", {"Accept": _JSON})


def patch_request(path: str, etag: str, changes: Sequence[Mapping[str, Any]]) -> PlannedRequest:
    """Change an object by JSON Patch. `etag` goes into If-Match as the platform gave it, quotes included (§1.4)."""
    return PlannedRequest("PATCH", path, {**_SEND_JSON, "If-Match": etag}, [dict(change) for change in changes])


def _spec(spec_id: str) -> dict[str, str]:
    # Optional in one document, 422 without it in another (C21).
    return {"id": spec_id, "version": SPEC_VERSION}


def _described(description: str) -> dict[str, str]:
    return {"description": description} if description else {}
