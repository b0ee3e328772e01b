"""What changed between two exports, as a model's features see it: columns, types, rows, null shares, the label's balance.

Read from the footers' statistics; only the label's values, and null shares that no statistics tell, come from a bounded
sample of first rows, and are said to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tarmac.services.landed.peeking import PeekedFile, peek_file, shown_value
from tarmac.services.landed.schema_fields import fields_of_parquet, flat, physical_path
from tarmac.services.together import together
from tarmac.storage.errors import StorageCorrupt, StorageError, StorageMissing
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import ParquetFooter, read_footer
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

# Footers of wide tables are large; beyond so many files the shares are those of these.
MOST_FOOTERS = 200
SAMPLE_FILES = 4
SAMPLE_ROWS = 1_000
# A null share that moves by less is noise.
_NULL_STEP = 0.01
_VALUES_SHOWN = 10
# The type of a JSON field that held nothing in the sample.
_NOT_KNOWN = "null"
_AT_ONCE = 16


class ChangeKind(StrEnum):
    """What happened to a column; the first two break code that reads it."""

    GONE = "gone"
    TYPE = "type"
    ADDED = "added"
    NULLS = "nulls"
    SAME = "same"

    @property
    def breaks(self) -> bool:
        """Whether code that read the column before cannot do so now."""
        return self in {ChangeKind.GONE, ChangeKind.TYPE}


@dataclass(frozen=True)
class ColumnState:
    """One column on one side; `null_share` is from 0 to 1, None where it is not known."""

    type: str
    null_share: float | None = None


@dataclass(frozen=True)
class ColumnChange:
    """One column on both sides; nested fields as `consents.email`, list items as `items[].sku`."""

    name: str
    kind: ChangeKind
    before: ColumnState | None
    after: ColumnState | None


@dataclass(frozen=True)
class Side:
    """One export as it was looked at. `sampled` says that null shares are of a sample; `label` counts its values there."""

    title: str
    folder: str
    rows: int | None
    files: int
    columns: Mapping[str, ColumnState]
    sampled: bool = False
    label: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureDiff:
    """Both sides and every column, those that break first."""

    before: Side
    after: Side
    changes: tuple[ColumnChange, ...]
    label: str | None = None

    @property
    def breaks(self) -> bool:
        """Whether a column is gone or has another type."""
        return any(change.kind.breaks for change in self.changes)

    def balance(self) -> tuple[tuple[str, float | None, float | None], ...]:
        """Return the label's values with their shares before and after, the most frequent first."""
        totals = Counter(self.before.label) + Counter(self.after.label)
        values = [value for value, _ in totals.most_common(_VALUES_SHOWN)]
        return tuple((value, _share(self.before.label, value), _share(self.after.label, value)) for value in values)


async def look_at(
    store: Store, title: str, folder: str, files: Sequence[StoredFile], rows: int | None, label: str | None = None
) -> Side:
    """Look at one export's files. Raises StorageError; UsageError when it has no column `label`."""
    is_parquet = any(data_kind(file.path) is DataKind.PARQUET for file in files)
    sample = [] if is_parquet and label is None else await _samples(store, files)
    if is_parquet:
        columns, sampled = await _parquet_columns(store, files)
    else:
        columns, sampled = await asyncio.to_thread(_json_columns, sample), True
    counts: dict[str, int] = {}
    if label is not None and files:
        if label not in columns:
            near = ", ".join(sorted(columns)[:10])
            raise UsageError(
                f"{plain(title)} has no column {plain(label, 80)!r}",
                meaning=f"Some of its columns: {plain(near, 300)}.",
                next_step="Give --label one of them.",
            )
        counts = await asyncio.to_thread(_label_counts, sample, label)
    return Side(title, folder, rows, len(files), columns, sampled, counts)


def compare(before: Side, after: Side, label: str | None = None) -> FeatureDiff:
    """Compare two sides column by column."""
    names = [*before.columns, *(name for name in after.columns if name not in before.columns)]
    changes = [_change(name, before.columns.get(name), after.columns.get(name)) for name in names]
    order = list(ChangeKind)
    return FeatureDiff(before, after, tuple(sorted(changes, key=lambda each: order.index(each.kind))), label)


def _change(name: str, before: ColumnState | None, after: ColumnState | None) -> ColumnChange:
    if after is None:
        kind = ChangeKind.GONE
    elif before is None:
        kind = ChangeKind.ADDED
    elif before.type != after.type and _NOT_KNOWN not in {before.type, after.type}:
        kind = ChangeKind.TYPE
    else:
        moved = before.null_share is not None and after.null_share is not None
        far = moved and abs((after.null_share or 0.0) - (before.null_share or 0.0)) >= _NULL_STEP
        kind = ChangeKind.NULLS if far else ChangeKind.SAME
    return ColumnChange(name, kind, before, after)


async def _parquet_columns(store: Store, files: Sequence[StoredFile]) -> tuple[dict[str, ColumnState], bool]:
    parquet = [file for file in files if data_kind(file.path) is DataKind.PARQUET]
    looked = _spread(parquet, MOST_FOOTERS)
    types: dict[str, str] = {}
    nulls: Counter[str] = Counter()
    values: Counter[str] = Counter()
    unknown: set[str] = set()
    for footer in await _footers(store, looked):
        for name, of in flat(fields_of_parquet(footer.schema)):
            types.setdefault(name, of)
        _add_nulls(footer, nulls, values, unknown)
    columns = {
        name: ColumnState(of, None if name in unknown or not values[name] else nulls[name] / values[name])
        for name, of in types.items()
    }
    return columns, len(looked) < len(parquet)


async def _footers(store: Store, files: Sequence[StoredFile]) -> list[ParquetFooter]:
    """Read the footers, several at a time; in the order of `files`, without those that are gone meanwhile.

    Raises StorageMissing when all are gone: no footers would look like no columns.
    """
    found: dict[int, ParquetFooter] = {}
    gone: list[StorageMissing] = []
    waiting = iter(enumerate(files))

    async def work() -> None:
        for place, file in waiting:
            try:
                found[place] = await read_footer(store, file)
            except StorageMissing as error:
                gone.append(error)

    async with together() as group:
        for _ in range(min(_AT_ONCE, len(files))):
            group.create_task(work())
    if gone and not found:
        raise gone[0]
    return [found[place] for place in sorted(found)]


def _add_nulls(footer: ParquetFooter, nulls: Counter[str], values: Counter[str], unknown: set[str]) -> None:
    for group in footer.row_groups:
        for chunk in group.columns:
            name = physical_path(chunk.path)
            if chunk.null_count is None:
                unknown.add(name)
            else:
                nulls[name] += chunk.null_count
                values[name] += chunk.values


async def _samples(store: Store, files: Sequence[StoredFile]) -> list[PeekedFile]:
    """Return the first rows of some files, without those that are gone meanwhile or damaged.

    Raises what is wrong with the first one when none of them could be read: no rows would look like no columns.
    """
    found: list[PeekedFile] = []
    failure: StorageError | None = None
    for file in _spread(files, SAMPLE_FILES):
        try:
            found.append(await peek_file(store, file, SAMPLE_ROWS))
        except (StorageCorrupt, StorageMissing) as error:
            failure = failure or error
    if failure is not None and not found:
        raise failure
    return found


def _json_columns(sample: Sequence[PeekedFile]) -> dict[str, ColumnState]:
    """Return the columns of a sample's rows; a large one takes seconds, so call it in a thread."""
    seen: Counter[str] = Counter()
    types: dict[str, str] = {}
    for peeked in sample:
        for name, of in flat(peeked.fields):
            if types.get(name, _NOT_KNOWN) == _NOT_KNOWN:
                types[name] = of
    paths = {name: name.replace("[]", "").split(".") for name in types}
    total = 0
    for peeked in sample:
        total += len(peeked.rows)
        for row in peeked.rows:
            values = dict(zip(peeked.columns, row, strict=True))
            for name, path in paths.items():
                seen[name] += _has(values, path)
    return {name: ColumnState(of, 1 - seen[name] / total if total else None) for name, of in types.items()}


def _has(row: Mapping[str, object], path: Sequence[str]) -> bool:
    value: object = row
    for part in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(part) if isinstance(value, Mapping) else None
    return value is not None


def _label_counts(sample: Sequence[PeekedFile], label: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    path = label.split(".")
    for peeked in sample:
        for row in peeked.rows:
            value: object = dict(zip(peeked.columns, row, strict=True))
            for part in path:
                value = value.get(part) if isinstance(value, Mapping) else None
            counts[shown_value(value)] += 1
    return dict(counts)


def _spread(files: Sequence[StoredFile], most: int) -> list[StoredFile]:
    """Return at most `most` files, evenly taken from first to last."""
    if len(files) <= most:
        return list(files)
    return [files[place * len(files) // most] for place in range(most)]


def _share(counts: Mapping[str, int], value: str) -> float | None:
    total = sum(counts.values())
    return counts.get(value, 0) / total if total else None
