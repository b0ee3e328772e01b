"""The footer of a Parquet file: row count, schema, row groups, statistics. Standard library only; any bytes give a value
or StorageCorrupt.

A footer is fetched with one ranged read of the last 64 KiB (absolute: Azure has no suffix ranges), and a second one only if
it is longer. https://parquet.apache.org/docs/file-format/metadata/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from tarmac.storage.errors import StorageCorrupt
from tarmac.storage.parquet_schema import SchemaNode, read_schema
from tarmac.storage.store import Store, StoredFile
from tarmac.storage.thrift_compact import BINARY, I32, I64, LIST, STRUCT, CompactReader, ThriftError
from tarmac.storage.witness import witness_of
from tarmac.terms.text import plain

T = TypeVar("T")

MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_TAIL = 64 * 1024
_SHORTEST_TAIL = 2 * 1024
_SMALLEST = 12
# A footer of this length describes about a million column chunks; beyond it we would only fill memory.
_LONGEST_FOOTER = 128 * 1024 * 1024


@dataclass(frozen=True)
class ColumnChunk:
    """One column of one row group: where its bytes are and what is in them; `null_count` where its statistics say so."""

    path: tuple[str, ...]
    start: int
    compressed_bytes: int
    values: int
    null_count: int | None = None


@dataclass(frozen=True)
class RowGroup:
    """One row group; its bytes are those of its column chunks."""

    rows: int
    columns: tuple[ColumnChunk, ...]


@dataclass(frozen=True)
class ParquetFooter:
    """A footer; row groups are read when first asked for, because there may be very many, unless they are known already."""

    path: str
    num_rows: int
    schema: SchemaNode
    row_group_count: int
    created_by: str = ""
    key_values: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = field(default=b"", repr=False, compare=False)
    row_groups_at: int = field(default=0, repr=False, compare=False)
    known_groups: tuple[RowGroup, ...] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def row_groups(self) -> tuple[RowGroup, ...]:
        """The row groups with their column chunks and statistics. Raises StorageCorrupt."""

        if self.known_groups is not None:
            return self.known_groups

        def read() -> tuple[RowGroup, ...]:
            reader = CompactReader(self.raw, self.row_groups_at)
            return tuple(_read_row_group(reader) for _ in reader.structs(LIST))

        return _guarded(read, self.path)


@dataclass(frozen=True)
class FetchedFooter:
    """The footer's own bytes and how many were read from the storage to get them."""

    footer: bytes
    bytes_read: int


async def fetch_footer(store: Store, file: StoredFile, expected: int | None = None) -> FetchedFooter:
    """Read the footer of `file`, whose size is known from the listing. Raises StorageCorrupt and what the store raises.

    `expected` is about how long it is, where files like it were read before: less is fetched then.
    """
    if file.bytes < _SMALLEST:
        raise _corrupt(file.path, f"it has {file.bytes} bytes, too few for a Parquet file")
    wanted = min(_TAIL if expected is None else max(_SHORTEST_TAIL, expected + 8), file.bytes)
    tail = await store.read_range(file.path, file.bytes - wanted, wanted)
    if len(tail) != wanted:
        raise _corrupt(file.path, "it is shorter than listed: it is being written, or was cut")
    length = footer_length(tail[-8:], file)
    if length + 8 <= wanted:
        return FetchedFooter(tail[-8 - length : -8], wanted)
    missing = length + 8 - wanted
    head = await store.read_range(file.path, file.bytes - length - 8, missing)
    if len(head) != missing:
        raise _corrupt(file.path, "it is shorter than listed: it is being written, or was cut")
    return FetchedFooter(head + tail[:-8], wanted + missing)


async def read_footer(store: Store, file: StoredFile) -> ParquetFooter:
    """Fetch and read the whole footer of `file`. Raises StorageCorrupt and what the store raises."""
    witness = witness_of(store)
    known = None if witness is None else witness.known_footer(file)
    footer = known or parse_footer((await fetch_footer(store, file)).footer, file.path)
    if witness is not None:
        witness.read_of_footer(footer)
    return footer


def footer_length(last_eight: bytes, file: StoredFile) -> int:
    """Return the footer's length in bytes, as the file's last eight bytes tell it. Raises StorageCorrupt."""
    magic = last_eight[4:]
    if magic == _ENCRYPTED:
        raise _corrupt(file.path, "its footer is encrypted")
    if magic != MAGIC:
        raise _corrupt(file.path, "it does not end like a Parquet file: it is cut, or something else")
    length = int.from_bytes(last_eight[:4], "little")
    if length == 0 or length > file.bytes - _SMALLEST:
        raise _corrupt(file.path, "its footer has an impossible length")
    if length > _LONGEST_FOOTER:
        raise _corrupt(file.path, f"its footer is {length:,} bytes long, more than is read here")
    return length


def count_in_footer(footer: bytes, path: str) -> int:
    """Return the number of rows and read no further than that: 0.1 ms for a 500 kB footer. Raises StorageCorrupt."""

    def read() -> int:
        reader = CompactReader(footer)
        for field_id, kind in reader.fields():
            if field_id == 3 and kind == I64:
                return _not_negative(reader.integer())
            reader.skip(kind)
        raise ThriftError("it holds no row count")

    return _guarded(read, path)


def parse_footer(footer: bytes, path: str) -> ParquetFooter:
    """Return what the footer says. Raises StorageCorrupt."""
    return _guarded(lambda: _read_footer(footer, path), path)


def _read_footer(footer: bytes, path: str) -> ParquetFooter:
    reader = CompactReader(footer)
    rows: int | None = None
    schema: SchemaNode | None = None
    groups_at = group_count = 0
    created_by = ""
    key_values: dict[str, str] = {}
    for field_id, kind in reader.fields():
        match field_id, kind:
            case 2, _:
                schema = read_schema(reader, kind)
            case 3, _ if kind == I64:
                rows = _not_negative(reader.integer())
            case 4, _ if kind == LIST:
                groups_at = reader.position
                group_count = CompactReader(footer, groups_at).list_header()[1]
                reader.skip(kind)
            case 5, _ if kind == LIST:
                key_values.update(_read_key_value(reader) for _ in reader.structs(kind))
            case 6, _ if kind == BINARY:
                created_by = reader.text()
            case _:
                reader.skip(kind)
    if rows is None or schema is None or not groups_at:
        raise ThriftError("it holds no row count, no schema or no row groups")
    return ParquetFooter(path, rows, schema, group_count, created_by, key_values, footer, groups_at)


def _read_key_value(reader: CompactReader) -> tuple[str, str]:
    key = value = ""
    for field_id, kind in reader.fields():
        if field_id == 1 and kind == BINARY:
            key = reader.text()
        elif field_id == 2 and kind == BINARY:
            value = reader.text()
        else:
            reader.skip(kind)
    return key, value


def _read_row_group(reader: CompactReader) -> RowGroup:
    rows = 0
    columns: tuple[ColumnChunk, ...] = ()
    for field_id, kind in reader.fields():
        if field_id == 1 and kind == LIST:
            columns = tuple(_read_column(reader) for _ in reader.structs(kind))
        elif field_id == 3 and kind == I64:
            rows = _not_negative(reader.integer())
        else:
            reader.skip(kind)
    return RowGroup(rows, columns)


def _read_column(reader: CompactReader) -> ColumnChunk:
    chunk = ColumnChunk((), 0, 0, 0)
    for field_id, kind in reader.fields():
        if field_id == 3 and kind == STRUCT:
            chunk = _read_column_metadata(reader)
        else:
            reader.skip(kind)
    return chunk


def _read_column_metadata(reader: CompactReader) -> ColumnChunk:
    numbers: dict[int, int] = {}
    path: tuple[str, ...] = ()
    null_count: int | None = None
    for field_id, kind in reader.fields():
        if field_id == 3 and kind == LIST:
            element, size = reader.list_header()
            if size and element != BINARY:
                raise ThriftError("a column's path is not text")
            path = tuple(reader.text() for _ in range(size))
        elif field_id == 12 and kind == STRUCT:
            null_count = _read_null_count(reader)
        elif kind in (I32, I64):
            numbers[field_id] = reader.integer()
        else:
            reader.skip(kind)
    # The dictionary page, where there is one, lies before the data pages (some writers say 0 for "none").
    starts = [at for at in (numbers.get(9, 0), numbers.get(11, 0)) if at > 0]
    return ColumnChunk(
        path,
        min(starts, default=0),
        _not_negative(numbers.get(7, 0)),
        _not_negative(numbers.get(5, 0)),
        null_count,
    )


def _read_null_count(reader: CompactReader) -> int | None:
    """Read the statistics; of them, least and greatest values are content and are not kept."""
    nulls: int | None = None
    for field_id, kind in reader.fields():
        if field_id == 3 and kind == I64:
            nulls = reader.integer()
        else:
            reader.skip(kind)
    return nulls


def _not_negative(number: int) -> int:
    if number < 0:
        raise ThriftError("a count is negative")
    return number


def _guarded(read: Callable[[], T], path: str) -> T:
    try:
        return read()
    except ThriftError as error:
        raise _corrupt(path, f"its footer cannot be read: {error}") from None


def _corrupt(path: str, why: str) -> StorageCorrupt:
    return StorageCorrupt(
        f"{plain(path, 300)}: {why}",
        path=path,
        meaning="The file cannot be counted or read as Parquet.",
        next_step="Wait until the run has ended and look again; if it stays so, run the export once more.",
    )
