"""Target connections: folder, file type and compression (§3.5)."""

from __future__ import annotations

from typing import Any

from tarmac.emulator.answers import bad_request, flow_error
from tarmac.emulator.connections import destination_of
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import Resource, draft
from tarmac.emulator.state import Entity
from tarmac.emulator.wire import Caller, text_of
from tarmac.terms.destinations import DestinationSpec
from tarmac.terms.formats import Compression, FileFormat, is_supported

MODE = "Server-to-server"


class TargetConnections(Resource):
    """`/targetConnections`."""

    noun = "targetConnections"
    patchable = frozenset({"name", "description", "params"})

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, platform.state.target_connections)

    def build(self, body: dict[str, Any], caller: Caller) -> Entity:
        """Check base connection, spec, location and format."""
        spec = destination_of(body)
        base = self.platform.state.connections.get(text_of(body, "baseConnectionId") or "")
        if base is None or base.wire["sandboxName"] != caller.sandbox_name:
            raise bad_request(f"The base connection [{body.get('baseConnectionId')}] was not found.")
        if base.wire["connectionSpec"]["id"] != spec.connection_spec_id:
            raise flow_error("1414-400", "The connection spec differs from that of the base connection.")
        self._check_params(spec, body.get("params"))
        reference = {"id": spec.connection_spec_id, "version": "1.0"}
        return draft(
            {
                "baseConnectionId": base.id,
                "connectionSpec": reference,
                "params": body["params"],
                "inheritedAttributes": {"baseConnection": {"id": base.id, "connectionSpec": reference}},
            }
        )

    def rebuild(self, entity: Entity, changed: dict[str, Any], _caller: Caller) -> Entity:
        """Check the new params."""
        self._check_params(destination_of(changed), changed.get("params"))
        return Entity(entity.id, changed, entity.hidden)

    def refuse_delete(self, entity: Entity) -> None:
        """A target connection of a flow stays."""
        if any(entity.id in flow.wire["targetConnectionIds"] for flow in self.platform.state.flows):
            raise flow_error("1447-400", f"Active flows exist for the target connection [{entity.id}].")

    def _check_params(self, spec: DestinationSpec, params: Any) -> None:
        if not isinstance(params, dict):
            raise bad_request("The field [params] is required.")
        if params.get("mode", MODE) != MODE:
            raise bad_request(f"The field [params.mode] must be [{MODE}].")
        for field in spec.location:
            value = params.get(field.wire, "")
            complaint = field.platform_complaint(value) if isinstance(value, str) else "it must be a string"
            if complaint is not None:
                raise bad_request(f"The field [params.{field.wire}] is not valid: {complaint}.")
        if ".." in str(params[spec.path_field.wire]).split("/"):
            raise bad_request(f"The field [params.{spec.path_field.wire}] must not lead out of the storage.")
        file_format, compression = format_of(params)
        if self.platform.options.strictness.json_needs_gzip and not is_supported(file_format, compression):
            raise bad_request("The file type JSON is supported with the compression GZIP only.")


def format_of(params: dict[str, Any]) -> tuple[FileFormat, Compression]:
    """Return file type and compression; any case is accepted (C2). Raises ApiError 400."""
    try:
        file_format = FileFormat(str(params.get("datasetFileType")).lower())
    except ValueError:
        raise bad_request("The field [params.datasetFileType] must be one of [JSON, PARQUET].") from None
    try:
        compression = Compression(str(params.get("compression")).lower())
    except ValueError:
        raise bad_request("The field [params.compression] must be one of [NONE, GZIP].") from None
    return file_format, compression
