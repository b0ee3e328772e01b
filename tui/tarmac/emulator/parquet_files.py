"""What a Parquet file says about itself: rows from its footer, columns from its schema. No row is read.

Rows come from `FileMetaData.num_rows` (field 3 of the Thrift footer), which the Parquet library here does not hand out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tarmac.emulator.arrow_faults import is_arrow_fault
from tarmac.emulator.contracts import Column

_MAGIC = b"PAR1"
_TAIL_BYTES = 8  # four bytes of footer length, four of magic
_ROWS_FIELD = 3


class NotParquet(Exception):
    """The file is not a whole Parquet file; the text says why, without its name."""


@dataclass(frozen=True)
class ParquetFacts:
    """Rows, size and columns of one file."""

    rows: int
    size_bytes: int
    columns: tuple[Column, ...]


def facts(path: Path) -> ParquetFacts:
    """Read the footer of `path`. Raises NotParquet, OSError."""
    from arro3.io import read_parquet

    rows, size_bytes = _footer_rows(path)
    try:
        schema = read_parquet(path).schema
    except OSError:
        raise
    except BaseException as error:
        if not is_arrow_fault(error):
            raise
        raise NotParquet("its schema cannot be read") from error
    return ParquetFacts(rows, size_bytes, tuple(_column(schema.field(index)) for index in range(len(schema))))


def _footer_rows(path: Path) -> tuple[int, int]:
    size = path.stat().st_size
    if size < len(_MAGIC) + _TAIL_BYTES:
        raise NotParquet("it is too short")
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotParquet("it does not begin with PAR1")
        file.seek(size - _TAIL_BYTES)
        tail = file.read(_TAIL_BYTES)
        if tail[4:] != _MAGIC:
            raise NotParquet("it does not end with PAR1; it may have been cut off")
        (length,) = struct.unpack("<I", tail[:4])
        if length > size - _TAIL_BYTES - len(_MAGIC):
            raise NotParquet("its footer is longer than the file")
        file.seek(size - _TAIL_BYTES - length)
        footer = file.read(length)
    try:
        rows = _Thrift(footer).int_field(_ROWS_FIELD)
    except (IndexError, ValueError) as error:
        raise NotParquet("its footer cannot be read") from error
    if rows < 0:
        raise NotParquet("its footer names a negative number of rows")
    return rows, size


class _Thrift:
    """As much of the Thrift compact protocol as it takes to skip to one integer field."""

    # Types of the compact protocol: 1 and 2 are booleans without a value of their own inside a struct.
    _BYTE, _INTS, _DOUBLE, _BINARY, _LISTS, _MAP, _STRUCT = 3, (4, 5, 6), 7, 8, (9, 10), 11, 12

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int_field(self, wanted: int) -> int:
        """Return the integer of field `wanted` of the struct at the beginning. Raises ValueError, IndexError."""
        field = 0
        while (header := self._byte()) != 0:
            step, kind = header >> 4, header & 0x0F
            field = field + step if step else self._zigzag()
            if field == wanted and kind in self._INTS:
                return self._zigzag()
            self._skip(kind)
        raise ValueError(f"no field {wanted}")

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int, *, in_list: bool = False, depth: int = 0) -> None:
        if depth > 16:
            raise ValueError("nested too deep")
        if kind in (1, 2):
            self._at += 1 if in_list else 0
        elif kind == self._BYTE:
            self._at += 1
        elif kind in self._INTS:
            self._varint()
        elif kind == self._DOUBLE:
            self._at += 8
        elif kind == self._BINARY:
            length = self._varint()
            self._at += length
        elif kind in self._LISTS:
            self._skip_list(depth)
        elif kind == self._MAP:
            self._skip_map(depth)
        elif kind == self._STRUCT:
            self._skip_struct(depth)
        else:
            raise ValueError(f"unknown type {kind}")

    def _skip_list(self, depth: int) -> None:
        header = self._byte()
        count, kind = header >> 4, header & 0x0F
        for _ in range(self._varint() if count == 15 else count):
            self._skip(kind, in_list=True, depth=depth + 1)

    def _skip_map(self, depth: int) -> None:
        count = self._varint()
        if not count:
            return
        kinds = self._byte()
        for _ in range(count):
            self._skip(kinds >> 4, in_list=True, depth=depth + 1)
            self._skip(kinds & 0x0F, in_list=True, depth=depth + 1)

    def _skip_struct(self, depth: int) -> None:
        while (header := self._byte()) != 0:
            if not header >> 4:
                self._zigzag()
            self._skip(header & 0x0F, depth=depth + 1)


# In the order in which they are asked; `Column.type` is the first whose test says yes.
_SCALARS = (
    ("bool", "is_boolean"),
    ("int8", "is_int8"),
    ("int16", "is_int16"),
    ("int32", "is_int32"),
    ("int64", "is_int64"),
    ("uint8", "is_uint8"),
    ("uint16", "is_uint16"),
    ("uint32", "is_uint32"),
    ("uint64", "is_uint64"),
    ("float16", "is_float16"),
    ("float32", "is_float32"),
    ("float64", "is_float64"),
    ("decimal", "is_decimal"),
    ("timestamp", "is_timestamp"),
    ("date", "is_date"),
    ("time", "is_time"),
    ("string", "is_string"),
    ("string", "is_large_string"),
    ("string", "is_string_view"),
    ("binary", "is_binary"),
    ("binary", "is_large_binary"),
    ("binary", "is_binary_view"),
    ("binary", "is_fixed_size_binary"),
)
_LISTS = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")


def _column(field: Any, name: str | None = None) -> Column:
    from arro3.core import DataType

    kind: Any = field.type
    tests: Any = DataType  # its tests are typed as if the first `no` settled all later ones
    name = field.name if name is None else name
    if tests.is_struct(kind):
        return Column(name, "struct", tuple(_column(child) for child in kind.fields))
    if tests.is_map(kind):
        return Column(name, "map")
    if any(getattr(tests, test)(kind) for test in _LISTS):
        return Column(name, "list", (_column(kind.value_field, "element"),))
    if tests.is_dictionary(kind):
        return Column(name, _scalar(kind.value_type))
    return Column(name, _scalar(kind))


def _scalar(kind: Any) -> str:
    from arro3.core import DataType

    return next((word for word, test in _SCALARS if getattr(DataType, test)(kind)), str(kind))
