"""What a recording keeps of a storage, as JSON, and what a replay makes of it again.

Names, sizes, counts and types are kept; values of a dataset never are, nor what holds some: statistics with their smallest
and largest value, file metadata of the writer. Whatever is read here comes from a file that somebody sent, so a line that
is not as it should be raises UsageError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tarmac.services.reading.read_address import Protocol, ReadAddress, Signing
from tarmac.storage.errors import (
    StorageCorrupt,
    StorageDenied,
    StorageError,
    StorageMissing,
    StorageUnreachable,
)
from tarmac.storage.parquet_footer import ColumnChunk, ParquetFooter, RowGroup
from tarmac.storage.parquet_schema import SchemaNode
from tarmac.storage.peek import Peek
from tarmac.storage.probe import ProbeStep
from tarmac.terms.errors import TarmacError, UsageError

Document = Mapping[str, Any]
# What is nested deeper is not looked into.
_DEEPEST = 30
# A nested key of JSON may be a value, where the field is a map. Only what looks like the name of a field is kept.
_FIELD_NAME = re.compile(r"[A-Za-z_]+([0-9]{1,3}[A-Za-z_]*){0,2}")
_NOT_A_FIELD = "•••"
_KINDS: Mapping[str, type[StorageError]] = {
    "unreachable": StorageUnreachable,
    "denied": StorageDenied,
    "missing": StorageMissing,
    "corrupt": StorageCorrupt,
}


def address_document(address: ReadAddress) -> dict[str, Any]:
    """Return how others reach a storage; there is no secret in it."""
    return asdict(address)


def address_from(document: Document) -> ReadAddress:
    """Return it again."""
    try:
        fields = dict(document)
        return ReadAddress(Protocol(fields.pop("protocol")), Signing(fields.pop("signing")), **fields)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("storage") from error


def problem_document(error: TarmacError) -> dict[str, str]:
    """Return an error in words, with its kind where it is one of a storage's."""
    kind = next((name for name, each in _KINDS.items() if isinstance(error, each)), "")
    words = {"code": error.code, "message": error.message, "meaning": error.meaning, "next_step": error.next_step}
    return {"kind": kind, **words}


def problem_from(document: Document, path: str = "") -> TarmacError:
    """Return the error again; `path` is the file that it is about."""
    words = {key: str(document.get(key, "")) for key in ("message", "meaning", "next_step")}
    message = words.pop("message")
    kind = _KINDS.get(str(document.get("kind")))
    if kind is StorageCorrupt:
        return StorageCorrupt(message, path=path, **words)
    return (kind or TarmacError)(message, code=str(document.get("code") or "") or None, **words)


def storage_problem_from(document: Document, path: str) -> StorageError:
    """Return what a storage raised again."""
    error = problem_from(document, path)
    return error if isinstance(error, StorageError) else StorageUnreachable(error.message, next_step=error.next_step)


def footer_document(footer: ParquetFooter) -> dict[str, Any]:
    """Return rows, schema, and each column's values and nulls over all row groups."""
    totals: dict[tuple[str, ...], list[int | None]] = {}
    try:
        groups = footer.row_groups
    except StorageCorrupt:
        groups = ()
    for chunk in (column for group in groups for column in group.columns):
        size, values, nulls = totals.get(chunk.path, (0, 0, 0))
        missing = chunk.null_count
        totals[chunk.path] = [
            (size or 0) + chunk.compressed_bytes,
            (values or 0) + chunk.values,
            None if nulls is None or missing is None else nulls + missing,
        ]
    return {
        "path": footer.path,
        "rows": footer.num_rows,
        "groups": footer.row_group_count,
        "created_by": footer.created_by,
        "schema": _schema_document(footer.schema),
        "columns": [[list(path), *numbers] for path, numbers in totals.items()],
    }


def footer_from(document: Document) -> ParquetFooter:
    """Return it again, with all row groups as one."""
    try:
        rows = int(document["rows"])
        columns = tuple(
            ColumnChunk(tuple(path), 0, int(size), int(values), nulls)
            for path, size, values, nulls in document["columns"]
        )
        return ParquetFooter(
            str(document["path"]),
            rows,
            _schema_from(document["schema"]),
            int(document["groups"]),
            str(document["created_by"]),
            known_groups=(RowGroup(rows, columns),),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("footer") from error


def peek_document(seen: Peek, *, is_json: bool) -> dict[str, Any]:
    """Return columns, types and how many rows were seen; of JSON also the fields below."""
    rows = (dict(zip(seen.columns, row, strict=True)) for row in seen.rows)
    return {
        "columns": list(seen.columns),
        "types": list(seen.types),
        "rows": len(seen.rows),
        "bytes_read": seen.bytes_read,
        "shape": _shape_of_rows(rows, 0) if is_json else None,
    }


def peek_from(document: Document, limit: int) -> Peek:
    """Return it again, without values."""
    try:
        return Peek(
            tuple(map(str, document["columns"])),
            tuple(map(str, document["types"])),
            (),
            int(document["bytes_read"]),
            min(limit, int(document["rows"])),
            None if document["shape"] is None else dict(document["shape"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("peek") from error


def step_document(step: ProbeStep) -> dict[str, Any]:
    """Return one layer of a test of a storage."""
    problem = None if step.error is None else problem_document(step.error)
    fields = {"name": step.name, "ok": step.ok, "detail": step.detail, "took_s": step.took_s}
    return {**fields, "next_step": step.next_step, "problem": problem}


def step_from(document: Document) -> ProbeStep:
    """Return it again."""
    try:
        problem = document["problem"]
        return ProbeStep(
            str(document["name"]),
            bool(document["ok"]),
            str(document["detail"]),
            float(document["took_s"]),
            str(document["next_step"]),
            None if problem is None else problem_from(problem),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("probe") from error


def _schema_document(node: SchemaNode) -> list[Any]:
    below = [_schema_document(child) for child in node.children]
    return [node.name, node.physical, node.logical, node.repetition, below]


def _schema_from(document: Sequence[Any]) -> SchemaNode:
    name, physical, logical, repetition, below = document
    return SchemaNode(name, physical, logical, repetition, tuple(_schema_from(child) for child in below))


def _shape_of_rows(rows: Iterable[Mapping[str, object]], depth: int) -> dict[str, Any]:
    """Return one row that has the fields of all, with nothing of theirs but the types."""
    seen: dict[str, list[object]] = {}
    for row in rows:
        for key, value in row.items():
            is_field = depth == 0 or _FIELD_NAME.fullmatch(key) is not None
            seen.setdefault(key if is_field else _NOT_A_FIELD, []).append(value)
    return {name: _shape([value for value in values if value is not None], depth + 1) for name, values in seen.items()}


def _shape(present: list[object], depth: int) -> object:
    if not present or depth > _DEEPEST:
        return None
    first = present[0]
    if isinstance(first, Mapping):
        return _shape_of_rows((value for value in present if isinstance(value, Mapping)), depth)
    if isinstance(first, list):
        inside = [item for value in present if isinstance(value, list) for item in value if item is not None]
        return [_shape(inside, depth + 1)]
    return type(first)() if isinstance(first, bool | int | float | str) else ""


def _unreadable(what: str) -> UsageError:
    return UsageError(
        f"a line of the recording cannot be read: its {what} is not as tarmac writes it",
        code="recording",
        next_step="Make a new recording with `tarmac --record FILE`.",
    )
