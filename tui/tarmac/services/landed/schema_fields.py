"""A landed file's schema as people think of it: lists and maps in words, structs as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tarmac.platform.models import SchemaField
from tarmac.storage.parquet_schema import SchemaNode


def fields_of_parquet(root: SchemaNode) -> tuple[SchemaField, ...]:
    """Return the columns of a Parquet schema; the layers that only say "list" or "map" are folded into the type."""
    return tuple(_field(node) for node in root.children)


def fields_of_rows(rows: Iterable[Mapping[str, object]]) -> tuple[SchemaField, ...]:
    """Return the fields that JSON rows hold; a type is that of the first value that is not null."""
    seen: dict[str, list[object]] = {}
    for row in rows:
        for name, value in row.items():
            seen.setdefault(name, []).append(value)
    return tuple(_of_values(name, values) for name, values in seen.items())


def flat(fields: Iterable[SchemaField], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf with its type: `consents.email`, `items[].sku`."""
    for field in fields:
        path = f"{above}.{field.name}" if above else field.name
        if field.type.startswith("list of"):
            path += "[]"
        if field.children:
            yield from flat(field.children, path)
        else:
            yield path, field.type


def physical_path(path: tuple[str, ...]) -> str:
    """Return a column chunk's path as `flat` writes it: `items.list.element.sku` is `items[].sku`."""
    parts: list[str] = []
    left = list(path)
    while left:
        name = left.pop(0)
        # Both ways in which lists are stored: with a middle layer of its own name, or "bag" and "array".
        if parts and len(left) >= 1 and (name, left[0]) in _LIST_LAYERS:
            left.pop(0)
            parts[-1] += "[]"
        else:
            parts.append(name)
    return ".".join(parts)


_LIST_LAYERS = {("list", "element"), ("list", "item"), ("bag", "array_element"), ("bag", "array")}


def _field(node: SchemaNode) -> SchemaField:
    if node.logical == "list":
        element = _element(node)
        if element is not None:
            inner = _field(element)
            return SchemaField(node.name, f"list of {inner.type}", children=inner.children)
    if node.logical == "map" and len(node.children) == 1 and len(node.children[0].children) == 2:
        key, value = node.children[0].children
        return SchemaField(node.name, f"map of {_field(key).type} to {_field(value).type}")
    return SchemaField(node.name, node.type_name, children=tuple(_field(child) for child in node.children))


def _element(node: SchemaNode) -> SchemaNode | None:
    if len(node.children) != 1:
        return None
    middle = node.children[0]
    return middle.children[0] if len(middle.children) == 1 else None


def _of_values(name: str, values: list[object]) -> SchemaField:
    present = [value for value in values if value is not None]
    if not present:
        return SchemaField(name, "null")
    first = present[0]
    if isinstance(first, Mapping):
        children = fields_of_rows(value for value in present if isinstance(value, Mapping))
        return SchemaField(name, "struct", children=children)
    if isinstance(first, list):
        inner = _of_values("", [item for value in present if isinstance(value, list) for item in value])
        return SchemaField(name, f"list of {inner.type}", children=inner.children)
    return SchemaField(name, _JSON_TYPES.get(type(first), "string"))


_JSON_TYPES: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string"}
