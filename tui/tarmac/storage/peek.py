"""The first rows of a landed file, without downloading it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from tarmac.storage.errors import StorageCorrupt, StorageError
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import read_footer
from tarmac.storage.ranged_file import RangedFile, too_slow
from tarmac.storage.store import Store, StoredFile
from tarmac.storage.witness import witness_of
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.storage.gunzip import Gunzip

_DEADLINE_SECONDS = 60.0
_MOST_TEXT = 16 << 20


@dataclass(frozen=True)
class Peek:
    """The first rows: column names, their types in words, values as Python objects. Names and texts are untrusted.

    A recording keeps no values: then `rows` are empty, `not_kept` says how many there were, and `shape` has, for JSON,
    one row with the fields and types of all.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    bytes_read: int
    not_kept: int = 0
    shape: dict[str, object] | None = None


async def peek(store: Store, file: StoredFile, limit: int = 20) -> Peek:
    """Return the first `limit` rows of a Parquet or JSON file.

    Of Parquet, only the first pages of each column are read, in blocks, several at a time. Raises StorageCorrupt,
    StorageUnreachable when decoding waits for longer than a minute, and what the store raises.
    """
    witness = witness_of(store)
    if witness is None:
        return await _peek(store, file, limit)
    known = witness.known_peek(file, limit)
    if known is not None:
        return known
    try:
        seen = await _peek(store, file, limit)
    except StorageError as error:
        witness.peeked(file, error)
        raise
    witness.peeked(file, seen)
    return seen


async def _peek(store: Store, file: StoredFile, limit: int) -> Peek:
    kind = data_kind(file.path)
    if kind is DataKind.PARQUET:
        return await _peek_parquet(store, file, limit)
    if kind is None:
        raise _corrupt(file.path, "it is not a data file")
    return await _peek_json(store, file, limit, gzipped=kind is DataKind.JSON_GZIP)


async def _peek_parquet(store: Store, file: StoredFile, limit: int) -> Peek:
    footer = await read_footer(store, file)
    columns = tuple(node.name for node in footer.schema.children)
    types = tuple(node.type_name for node in footer.schema.children)
    ranged = RangedFile(store, file, footer, asyncio.get_running_loop())
    if footer.num_rows == 0 or limit <= 0:
        return Peek(columns, types, (), ranged.bytes_read)
    chunks = footer.row_groups[0].columns if footer.row_groups else ()
    await ranged.prefetch(chunk.start for chunk in chunks)
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            rows = await asyncio.to_thread(_first_rows, ranged, limit, file.path)
    except TimeoutError:
        raise too_slow(file.path, _DEADLINE_SECONDS) from None
    finally:
        ranged.close()  # a thread cannot be cancelled, but its read is, and the next one fails
    return Peek(columns, types, rows, ranged.bytes_read)


def _first_rows(ranged: RangedFile, limit: int, path: str) -> tuple[tuple[object, ...], ...]:
    from arro3.io import read_parquet

    rows: list[tuple[object, ...]] = []
    try:
        for batch in read_parquet(cast("IO[bytes]", ranged), batch_size=limit):
            lists = [batch.column(place).to_pylist() for place in range(batch.num_columns)]
            rows += zip(*lists, strict=True)
            if len(rows) >= limit:
                break
    except BaseException as error:
        if ranged.failure is not None:
            raise ranged.failure from None
        # arro3 raises bare Exceptions, and PanicException (a BaseException of the binding) for bytes it did not expect.
        if type(error) is Exception or type(error).__name__ == "PanicException":
            raise _corrupt(path, "its first rows cannot be decoded") from None
        raise
    return tuple(rows[:limit])


async def _peek_json(store: Store, file: StoredFile, limit: int, *, gzipped: bool) -> Peek:
    from tarmac.storage.gunzip import BrokenGzip, Gunzip

    gunzip = Gunzip() if gzipped else None
    text = bytearray()
    read = ends = 0
    complete = True
    stream = store.stream(file.path)
    try:
        async for chunk in stream:
            read += len(chunk)
            piece = chunk if gunzip is None else await asyncio.to_thread(_unpacked, gunzip, chunk)
            text += piece
            ends += piece.count(b"\n")
            if ends >= limit or len(text) >= _MOST_TEXT:
                complete = False
                break
    except BrokenGzip:
        raise _corrupt(file.path, "its gzip is broken") from None
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
    if gunzip is not None and not text and gunzip.is_cut:
        raise _corrupt(file.path, "its gzip is broken")
    return await asyncio.to_thread(_first_lines, bytes(text), limit, file.path, read, complete=complete)


def _first_lines(text: bytes, limit: int, path: str, read: int, *, complete: bool) -> Peek:
    lines = [line for line in text.split(b"\n") if line.strip()]
    if not complete and not text.endswith(b"\n") and len(lines) > 1:
        lines.pop()
    return _as_table(_parsed(lines[:limit], path), read)


def _parsed(lines: list[bytes], path: str) -> list[dict[str, object]]:
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise _corrupt(path, f"line {number} is not JSON") from None
        rows.append(row if isinstance(row, dict) else {"value": row})
    return rows


def _as_table(rows: list[dict[str, object]], read: int) -> Peek:
    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    types = tuple(
        next((_json_type(row[column]) for row in rows if row.get(column) is not None), "null") for column in columns
    )
    return Peek(columns, types, tuple(tuple(row.get(column) for column in columns) for row in rows), read)


def _json_type(value: object) -> str:
    names: dict[type, str] = {str: "string", bool: "boolean", int: "number", float: "number", list: "list"}
    return names.get(type(value), "struct")


def _unpacked(gunzip: Gunzip, chunk: bytes) -> bytes:
    """Return what a chunk unpacks to; where that is more than is looked at, the caller goes no further."""
    text = bytearray()
    for piece in gunzip.steps(chunk):
        text += piece
        if len(text) >= _MOST_TEXT:
            break
    return bytes(text)


def _corrupt(path: str, why: str) -> StorageCorrupt:
    return StorageCorrupt(
        f"{plain(path, 300)}: {why}",
        path=path,
        meaning="Its first rows cannot be shown.",
        next_step="Read it with your own tools, or verify the run.",
    )
