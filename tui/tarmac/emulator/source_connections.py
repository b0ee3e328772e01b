"""Source connections: which datasets of the lake a flow exports (§3.6)."""

from __future__ import annotations

from typing import Any

from tarmac.emulator.answers import ApiError, bad_request, bad_spec_id, flow_error
from tarmac.emulator.ids import stable_uuid
from tarmac.emulator.lake import is_exportable
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import Resource, draft, spec_reference
from tarmac.emulator.state import Entity
from tarmac.emulator.wire import Caller
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID


class SourceConnections(Resource):
    """`/sourceConnections`."""

    noun = "sourceConnections"
    # The params are not in it: the list of datasets is immutable (EDA).

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, platform.state.source_connections)

    def build(self, body: dict[str, Any], caller: Caller) -> Entity:
        """Check the spec and that every dataset exists and may be exported."""
        if spec_reference(body) != DATA_LAKE_SPEC_ID:
            raise bad_spec_id()
        if not body["connectionSpec"].get("version"):
            text = "The field [connectionSpec.version] is required."
            raise ApiError(422, {"errorMessage": text, "errorDetails": text})
        params = body.get("params")
        datasets = params.get("datasets") if isinstance(params, dict) else None
        if not isinstance(datasets, list) or not datasets:
            raise bad_request("The field [params.datasets] must name at least one dataset.")
        for item in datasets:
            self._check_dataset(item, caller)
        ids = [item["dataSetId"] for item in datasets]
        if len(set(ids)) != len(ids):
            raise bad_request("The field [params.datasets] names a dataset twice.")
        wire = {
            "baseConnectionId": stable_uuid(f"data lake of {caller.sandbox_name}"),
            "connectionSpec": {"id": DATA_LAKE_SPEC_ID, "version": "1.0"},
            "params": {"datasets": datasets},
        }
        if isinstance(body.get("data"), dict):
            wire["data"] = body["data"]
        return draft(wire)

    def refuse_delete(self, entity: Entity) -> None:
        """A source connection of a flow stays."""
        if any(entity.id in flow.wire["sourceConnectionIds"] for flow in self.platform.state.flows):
            raise flow_error("1447-400", f"Active flows exist for the source connection [{entity.id}].")

    def _check_dataset(self, item: Any, caller: Caller) -> None:
        dataset_id = item.get("dataSetId") if isinstance(item, dict) else None
        if not isinstance(dataset_id, str):
            raise bad_request("Every entry of [params.datasets] needs a [dataSetId].")
        dataset = self.platform.datasets.get(dataset_id) if self.platform.has_lake(caller) else None
        if dataset is None:
            raise bad_request(f"The dataset [{dataset_id}] was not found.")
        if not is_exportable(dataset):
            raise bad_request(f"The dataset [{dataset_id}] cannot be exported to a destination.")


def datasets_of(source: Entity) -> list[str]:
    """Return the dataset ids of a source connection, in order."""
    return [str(item["dataSetId"]) for item in source.wire["params"]["datasets"]]
