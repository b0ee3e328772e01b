"""The schema in a Parquet footer as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tarmac.storage.thrift_compact import BINARY, BYTE, FALSE, I32, STRUCT, TRUE, CompactReader, ThriftError

_PHYSICAL = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
_REPETITION = ("required", "optional", "repeated")
# ConvertedType, the old way of saying what LogicalType says now.
# fmt: off
_CONVERTED = (
    "string", "map", "map", "list", "enum", "decimal", "date",
    "time(ms)", "time(us)", "timestamp(ms, UTC)", "timestamp(us, UTC)",
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
    "json", "bson", "interval",
)
# fmt: on
_LOGICAL = {1: "string", 2: "map", 3: "list", 4: "enum", 5: "decimal", 6: "date", 7: "time", 8: "timestamp"} | {
    10: "int",
    11: "null",
    12: "json",
    13: "bson",
    14: "uuid",
    15: "float16",
    16: "variant",
}
_UNITS = {1: "ms", 2: "us", 3: "ns"}
_MAX_DEPTH = 100


@dataclass(frozen=True)
class SchemaNode:
    """One field: a leaf has a physical type, a group has children. `logical` is in words: `timestamp(us, UTC)`."""

    name: str
    physical: str | None = None
    logical: str | None = None
    repetition: str = "required"
    children: tuple[SchemaNode, ...] = ()

    @property
    def type_name(self) -> str:
        """What a person would call the type: the logical one where there is one."""
        return self.logical or (self.physical or "struct").lower()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the tree as text, one field a line, indented by depth; the same schema always gives the same lines."""
        for child in self.children:
            of = f" {child.logical}" if child.logical else ""
            yield f"{'  ' * depth}{child.name}: {child.repetition} {child.physical or 'group'}{of}"
            yield from child.lines(depth + 1)

    def leaves(self) -> Iterator[SchemaNode]:
        """Yield the columns, in the order in which they are stored."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass
class _Element:
    name: str = ""
    physical: str | None = None
    logical: str | None = None
    repetition: str = "required"
    child_count: int = 0
    scale: int | None = None
    precision: int | None = None
    length: int | None = None


def read_schema(reader: CompactReader, kind: int) -> SchemaNode:
    """Read the list of schema elements, depth first, into a tree. Raises ThriftError."""
    elements = [_read_element(reader) for _ in reader.structs(kind)]
    if not elements:
        raise ThriftError("its schema is empty")
    remaining = iter(elements)
    root = _grow(next(remaining), remaining, 0)
    if next(remaining, None) is not None:
        raise ThriftError("its schema has fields without a parent")
    return root


def _grow(element: _Element, remaining: Iterator[_Element], depth: int) -> SchemaNode:
    if depth > _MAX_DEPTH:
        raise ThriftError("its schema is nested too deeply")
    children = []
    for _ in range(element.child_count):
        child = next(remaining, None)
        if child is None:
            raise ThriftError("its schema lacks fields")
        children.append(_grow(child, remaining, depth + 1))
    physical = element.physical
    if physical == "FIXED_LEN_BYTE_ARRAY" and element.length is not None:
        physical = f"{physical}({element.length})"
    logical = element.logical
    if logical == "decimal" and element.precision is not None:
        logical = f"decimal({element.precision}, {element.scale or 0})"
    return SchemaNode(element.name, physical, logical, element.repetition, tuple(children))


def _read_element(reader: CompactReader) -> _Element:
    element = _Element()
    converted: str | None = None
    for field_id, kind in reader.fields():
        if field_id == 4 and kind == BINARY:
            element.name = reader.text()
        elif field_id == 10 and kind == STRUCT:
            element.logical = _read_logical(reader)
        elif kind != I32:
            reader.skip(kind)
        else:
            number = reader.integer()
            if field_id == 1:
                element.physical = _named(_PHYSICAL, number)
            elif field_id == 3:
                element.repetition = _named(_REPETITION, number)
            elif field_id == 6:
                converted = _named(_CONVERTED, number)
            else:
                _set_number(element, field_id, number)
    element.logical = element.logical or converted
    return element


def _set_number(element: _Element, field_id: int, number: int) -> None:
    if field_id == 2:
        element.length = number
    elif field_id == 5:
        if number < 0:
            raise ThriftError("a field has a negative number of children")
        element.child_count = number
    elif field_id == 7:
        element.scale = number
    elif field_id == 8:
        element.precision = number


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else f"unknown({number})"


def _read_logical(reader: CompactReader) -> str | None:
    logical: str | None = None
    for field_id, kind in reader.fields():
        name = _LOGICAL.get(field_id, f"unknown({field_id})")
        if kind == STRUCT and name in ("time", "timestamp", "int"):
            logical = name + _read_details(reader, name)
        else:
            reader.skip(kind)
            logical = name
    return logical


def _read_details(reader: CompactReader, name: str) -> str:
    flag = False
    unit = ""
    bits = 0
    for field_id, kind in reader.fields():
        if kind in (TRUE, FALSE):
            flag = kind == TRUE
        elif kind == STRUCT and field_id == 2:
            for unit_id, inner in reader.fields():
                unit = _UNITS.get(unit_id, "?")
                reader.skip(inner)
        elif kind == BYTE and field_id == 1:
            bits = reader.byte()
        else:
            reader.skip(kind)
    if name == "int":
        return f"{bits}" if flag else f"{bits} unsigned"
    return f"({unit}, UTC)" if flag else f"({unit})"
