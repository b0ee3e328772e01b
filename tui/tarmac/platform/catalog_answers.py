"""Answers of Catalog, of the export-eligible listing, of sandboxes and schemas (platform-api §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tarmac.platform.models import Dataset, DatasetSchema, Raw, Sandbox, SchemaField
from tarmac.platform.reading import (
    at,
    count,
    envelope,
    first_text,
    moment,
    obj,
    require_object,
    require_text,
    text,
    texts,
    unreadable,
)

_DEEPEST_FIELD = 40


def keyed_datasets(value: Any) -> tuple[Dataset, ...]:
    """Read the Catalog listing: an object keyed by dataset id (§2.1)."""
    return tuple(dataset(item, key) for key, item in _keyed(value, "datasets"))


def listed_datasets(value: Any) -> tuple[Dataset, ...]:
    """Read the `items` of the export-eligible listing (§2.1).

    A bare array is not taken for it: an empty one would say that nothing can be exported.
    """
    return tuple(dataset(item) for item in envelope(require_object(value, "a list of datasets"), "datasets"))


def dataset(value: Any, key: str | None = None) -> Dataset:
    """Read one dataset; `key` is its id where the listing is keyed."""
    raw = require_object(value, "a dataset")
    metrics = obj(at(raw, "extensions", "adobe_lakeHouse", "metrics"))
    tags = {str(name): texts(values) for name, values in obj(raw.get("tags")).items()}
    return Dataset(
        id=require_text(key or first_text(raw.get("id"), raw.get("@id")), "a dataset's id"),
        name=text(raw.get("name")) or "",
        description=text(raw.get("description")) or "",
        rows=count(metrics.get("rowCount")),
        size_bytes=count(metrics.get("storageSize")),
        created_at=moment(raw.get("created")),
        updated_at=moment(raw.get("updated")),
        schema_id=text(at(raw, "schemaRef", "id")),
        behavior=text(at(raw, "classification", "dataBehavior")),
        last_batch_status=text(raw.get("lastBatchStatus")),
        tags=tags,
        profile_enabled=any("".join(item.lower().split()) == "enabled:true" for item in tags.get("unifiedProfile", ())),
        table=next(iter(tags.get("adobe/pqs/table", ())), None),
        raw=raw,
    )


def preview_rows(value: Any) -> tuple[Raw, ...]:
    """Read `{"data": [row…]}` (§2.6); rows that are no objects are left out."""
    rows = value if isinstance(value, list) else require_object(value, "sample rows").get("data")
    if not isinstance(rows, list):
        raise unreadable("sample rows", value)
    return tuple(row for row in rows if isinstance(row, Mapping))


def sandboxes(value: Any) -> tuple[Sandbox, ...]:
    """Read the sandbox list (§2.6)."""
    items = value if isinstance(value, list) else require_object(value, "sandboxes").get("sandboxes")
    if not isinstance(items, list):
        raise unreadable("a list of sandboxes", value)
    return tuple(_sandbox(item) for item in items)


def schema(value: Any) -> DatasetSchema:
    """Read a schema in the full form of Schema Registry as a tree of fields, at most 40 levels deep."""
    raw = require_object(value, "a schema")
    extends = texts(raw.get("meta:extends"))
    behaviors = [item for item in extends if item.startswith("https://ns.adobe.com/xdm/data/")]
    return DatasetSchema(
        id=first_text(raw.get("$id"), raw.get("meta:altId"), raw.get("id")) or "",
        title=text(raw.get("title")) or "",
        fields=_fields(raw, 0),
        behavior=behaviors[0].rpartition("/")[2] if behaviors else None,
        labels=texts(raw.get("labels")),
    )


def _keyed(value: Any, what: str) -> list[tuple[str, Any]]:
    raw = require_object(value, f"{what} by id")
    for item in raw.values():
        # An error body or another list has texts or arrays here; an empty catalogue is {}.
        if not isinstance(item, Mapping):
            raise unreadable(f"{what} by id", value)
    return [(require_text(key, "an id"), item) for key, item in raw.items()]


def _sandbox(value: Any) -> Sandbox:
    raw = require_object(value, "a sandbox")
    name = require_text(raw.get("name"), "a sandbox's name")
    return Sandbox(
        name=name,
        title=text(raw.get("title")) or name,
        kind=(text(raw.get("type")) or "").lower(),
        state=(text(raw.get("state")) or "").lower(),
        region=text(raw.get("region")),
    )


def _fields(node: Raw, depth: int) -> tuple[SchemaField, ...]:
    if depth >= _DEEPEST_FIELD:
        return ()
    return tuple(
        _field(text(name) or "", obj(child), depth)
        for name, child in obj(node.get("properties")).items()
        if isinstance(child, Mapping)
    )


def _field(name: str, node: Raw, depth: int) -> SchemaField:
    kind = (
        first_text(node.get("meta:xdmType"), node.get("type"), next(iter(texts(node.get("type"))), None)) or "unknown"
    )
    inner, is_list = node, False
    if isinstance(node.get("items"), Mapping):
        inner, is_list = obj(node.get("items")), True
        item_kind = first_text(inner.get("meta:xdmType"), inner.get("type")) or "unknown"
        kind = f"array of {item_kind}"
    children = _fields(inner, depth + 1)
    if kind == "unknown" and children and not is_list:
        kind = "object"
    return SchemaField(
        name=name,
        type=kind,
        title=text(node.get("title")) or "",
        description=text(node.get("description")) or "",
        children=children,
    )
