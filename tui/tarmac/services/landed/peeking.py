"""The first rows and the schema of a landed file, without downloading it: for the screen and for `tarmac peek`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tarmac.platform.models import SchemaField
from tarmac.services.landed.schema_fields import fields_of_parquet, fields_of_rows
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import read_footer
from tarmac.storage.peek import peek
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.text import plain

DEFAULT_ROWS = 20


@dataclass(frozen=True)
class PeekedFile:
    """The beginning of one file. `rows_in_file` is None for JSON, which says it nowhere. Names and values are untrusted.

    `not_kept` counts rows that were looked at in a recorded session: their values are not in the recording.
    """

    file: StoredFile
    fields: tuple[SchemaField, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    rows_in_file: int | None
    bytes_read: int
    not_kept: int = 0

    @property
    def not_kept_words(self) -> str:
        """Say why there are no rows to show, where a recording is shown; empty else."""
        if not self.not_kept:
            return ""
        rows = "1 row was" if self.not_kept == 1 else f"{self.not_kept:,} rows were"
        return f"{rows} shown here. Values are not recorded."


async def peek_file(store: Store, file: StoredFile, rows: int = DEFAULT_ROWS) -> PeekedFile:
    """Read the first `rows` rows and the schema. Raises StorageError; StorageCorrupt names a file that is cut."""
    seen = await peek(store, file, rows)
    if data_kind(file.path) is DataKind.PARQUET:
        footer = await read_footer(store, file)
        return PeekedFile(
            file,
            fields_of_parquet(footer.schema),
            seen.columns,
            seen.rows,
            footer.num_rows,
            # Of a small file the footer's block is read twice.
            min(seen.bytes_read, file.bytes),
            seen.not_kept,
        )
    rows_seen = (dict(zip(seen.columns, row, strict=True)) for row in seen.rows)
    fields = await asyncio.to_thread(fields_of_rows, rows_seen if seen.shape is None else [seen.shape])
    return PeekedFile(file, fields, seen.columns, seen.rows, None, seen.bytes_read, seen.not_kept)


def tree_lines(fields: Sequence[SchemaField], row: dict[str, object] | None = None, depth: int = 0) -> Iterator[str]:
    """Yield one field a line, children below their parent; with `row` the value it has there."""
    for field in fields:
        value = None if row is None else row.get(field.name)
        shown = "" if row is None or field.children else f"  {shown_value(value, 60)}"
        yield f"{'  ' * depth}{plain(field.name, 80)}: {field.type}{shown}"
        yield from tree_lines(field.children, _inside(value) if row is not None else None, depth + 1)


def shown_value(value: object, limit: int = 40) -> str:
    """Return a cell as one short line: nested values as JSON, nothing as `–`."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return plain(value, limit)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return plain(value[:limit].hex(), limit)
    if isinstance(value, dict | list | tuple):
        return plain(json.dumps(value, default=str, ensure_ascii=False), limit)
    return plain(str(value), limit)


def as_json_value(value: object) -> object:
    """Return a cell as JSON knows it: times as ISO 8601, bytes as hex."""
    if isinstance(value, dict):
        return {str(key): as_json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json_value(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _inside(value: object) -> dict[str, object]:
    """Return the struct below a value; of a list its first element."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    return {str(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}
