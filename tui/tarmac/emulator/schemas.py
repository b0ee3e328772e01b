"""Schema Registry and sandboxes: as much as a client needs to show a dataset's columns and where it is (§2.6)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import problem
from tarmac.emulator.contracts import Behavior, Column, EmulatedDataset
from tarmac.emulator.dataset_wire import TENANT, schema_ref
from tarmac.emulator.platform import Platform
from tarmac.emulator.wire import answer, caller_of

REGISTRY = "/data/foundation/schemaregistry/tenant/schemas"

_NUMBERS = {"double": "double", "float": "float", "float64": "double", "float32": "float", "halffloat": "float"}
_INTEGERS = {"int64": "long", "uint64": "long", "int32": "int", "uint32": "long", "int16": "short", "int8": "byte"}


class Schemas:
    """One schema for each dataset."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the registry."""
        return [Route(f"{REGISTRY}/{{schema_id:path}}", self.schema, methods=["GET"])]

    async def schema(self, request: Request) -> Response:
        """GET one schema, by its `$id` (encoded) or its `meta:altId`."""
        wanted = request.path_params["schema_id"]
        if self._platform.has_lake(caller_of(request)):
            for dataset in self._platform.datasets.values():
                if wanted in {schema_ref(dataset), alt_id(dataset)}:
                    return answer(schema_wire(dataset))
        raise problem(404, "Resource not found", f"The schema [{wanted}] was not found.")


def alt_id(dataset: EmulatedDataset) -> str:
    """Return the `meta:altId` of the dataset's schema."""
    return f"_{TENANT}.schemas.{schema_ref(dataset).rpartition('/')[2]}"


def schema_wire(dataset: EmulatedDataset) -> dict[str, Any]:
    """Return the full (resolved) schema."""
    behavior = "time-series" if dataset.behavior is Behavior.TIME_SERIES else "record"
    return {
        "$id": schema_ref(dataset),
        "meta:altId": alt_id(dataset),
        "meta:resourceType": "schemas",
        "version": "1.0",
        "title": f"{dataset.name} schema",
        "type": "object",
        "description": dataset.description,
        "meta:extends": [f"https://ns.adobe.com/xdm/data/{behavior}"],
        "properties": {column.name: _property(column) for column in dataset.columns},
    }


def _property(column: Column) -> dict[str, Any]:
    kind = column.type.partition("[")[0].partition("(")[0].partition("<")[0].lower()
    shown: dict[str, Any] = {"title": column.name}
    if kind == "struct":
        properties = {child.name: _property(child) for child in column.children}
        return {**shown, "type": "object", "meta:xdmType": "object", "properties": properties}
    if "list" in kind:
        items = _property(column.children[0]) if column.children else {"type": "string"}
        return {**shown, "type": "array", "meta:xdmType": "array", "items": items}
    return {**shown, **_scalar(kind)}


def _scalar(kind: str) -> dict[str, Any]:
    if kind in _INTEGERS:
        return {"type": "integer", "meta:xdmType": _INTEGERS[kind]}
    if kind in _NUMBERS or kind.startswith("decimal"):
        return {"type": "number", "meta:xdmType": _NUMBERS.get(kind, "number")}
    if kind.startswith("bool"):
        return {"type": "boolean", "meta:xdmType": "boolean"}
    if kind.startswith("timestamp"):
        return {"type": "string", "format": "date-time", "meta:xdmType": "date-time"}
    if kind.startswith("date"):
        return {"type": "string", "format": "date", "meta:xdmType": "date"}
    return {"type": "string", "meta:xdmType": "string"}
