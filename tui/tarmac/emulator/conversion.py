"""From the dataset's Parquet files to the part files of one export: read in batches, filter, cut, write.

Nothing is held but the batch at hand and the row group being written. The Parquet library keeps Python's lock while it works,
which is why this runs in the worker process.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tarmac.emulator.arrow_faults import is_arrow_fault
from tarmac.emulator.contracts import ExportFailed, ExportJob, TimeWindow
from tarmac.terms.formats import Compression, FileFormat, file_extension

# The code the platform gives every failed export (DST).
FAILED_CODE = "ACTIVATION_BATCH-0000-FAILED"
# Large batches cost the least a row; past 8,192 rows nothing more is won.
_BATCH_ROWS = 8_192
_ROW_GROUP_ROWS = 122_880
_PARQUET_GZIP_LEVEL = 6
_JSON_GZIP_LEVEL = 2
# The operating system's words inside an error of the Arrow library, which has no number of its own.
_DISK_FULL = "No space left on device"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class Part:
    """One finished part file in the staging folder; `input_rows` counts every row read since the export began."""

    name: str
    path: Path
    rows: int
    input_rows: int


def failed(cause: str) -> ExportFailed:
    """The platform's own words for a failed export, with the cause after them."""
    return ExportFailed(FAILED_CODE, f"Job aborted. {cause}")


def write_parts(job: ExportJob, staging: Path) -> Iterator[Part]:
    """Write the part files of `job` into `staging`, one after the other. Raises ExportFailed, OSError.

    An export without a single row writes no file and yields one Part without a name, for its `input_rows`.
    """
    source = _Source(job.files, job.row_filter)
    if job.row_filter is not None:
        _check_filter(source.schema(), job.row_filter.column)
    schema, batches = source.schema(), _Cutter(source.batches())
    names = part_names(job.file_stem_seed, file_extension(job.format, job.compression))
    written = 0
    while batches.has_more() and (job.file_limit is None or written < job.file_limit):
        name = next(names)
        path = staging / name
        before = batches.rows
        try:
            _write(schema, batches.take(max(1, job.rows_per_file)), path, job)
        except ExportFailed as error:
            # A fault of the reading side comes out of the writer in the writer's words.
            raise source.fault_or(error) from error
        written += 1
        yield Part(name, path, batches.rows - before, source.rows)
    if not written:
        yield Part("", staging, 0, source.rows)


def part_names(seed: int, extension: str) -> Iterator[str]:
    """Names as Spark gives them; part and task numbers rise together (§7)."""
    rng = random.Random(seed)  # noqa: S311 - names, not secrets
    transaction = rng.randrange(10**18, 9 * 10**18)
    unique = uuid.UUID(int=rng.getrandbits(128), version=4)
    task = rng.randrange(100_000, 200_000)
    number = 0
    while True:
        yield f"part-{number:05d}-tid-{transaction}-{unique}-{task + number}-1-c000{extension}"
        number += 1


def preview_rows(files: Sequence[Path], limit: int) -> list[dict[str, Any]]:
    """Return the first `limit` rows as JSON values, as an exported NDJSON line has them. Raises ExportFailed, OSError."""
    import io
    import json

    from arro3.core import RecordBatchReader
    from arro3.io import write_ndjson

    source = _Source(tuple(files), None, batch_rows=max(1, min(limit, _BATCH_ROWS)))
    text = io.BytesIO()
    write_ndjson(
        RecordBatchReader.from_batches(source.schema(), _Cutter(source.batches()).take(limit)),
        text,
        explicit_nulls=True,
    )
    return [json.loads(line) for line in text.getvalue().splitlines()]


class _Source:
    """The rows of some Parquet files with one schema, filtered."""

    def __init__(self, files: Sequence[Path], window: TimeWindow | None, batch_rows: int = _BATCH_ROWS) -> None:
        self._files = files
        self._window = window
        self._batch_rows = batch_rows
        self.rows = 0
        self._fault: ExportFailed | None = None

    def fault_or(self, other: ExportFailed) -> ExportFailed:
        """What went wrong while reading, if anything did; else `other`."""
        return other if self._fault is None else self._fault

    def schema(self) -> Any:
        from arro3.core import Schema

        return self._open(self._files[0]).schema if self._files else Schema([])

    def batches(self) -> Iterator[Any]:
        schema = self.schema()
        for file in self._files:
            for batch in self._batches_of(file):
                self.rows += batch.num_rows
                kept = batch if self._window is None else _within(batch, self._window)
                if kept.num_rows:
                    # Files of one dataset may differ in schema metadata; the first one's holds.
                    yield kept.with_schema(schema)

    def _batches_of(self, file: Path) -> Iterator[Any]:
        reader = self._open(file)
        while True:
            try:
                batch = next(reader)
            except StopIteration:
                return
            except BaseException as error:
                if not is_arrow_fault(error):
                    raise
                raise self._failed_on(file, error) from error
            yield batch

    def _open(self, file: Path) -> Any:
        from arro3.io import read_parquet

        try:
            return read_parquet(file, batch_size=self._batch_rows)
        except BaseException as error:
            if not is_arrow_fault(error):
                raise
            raise self._failed_on(file, error) from error

    def _failed_on(self, file: Path, error: BaseException) -> ExportFailed:
        self._fault = failed(f"The dataset file {file.name} cannot be read: {error}")
        return self._fault


class _Cutter:
    """Hands out a stream of batches in runs of a limited number of rows."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self._held: Any = None
        self.rows = 0

    def has_more(self) -> bool:
        if self._held is None:
            self._held = next(self._batches, None)
        return self._held is not None

    def take(self, limit: int) -> Iterator[Any]:
        while limit > 0 and self.has_more():
            batch, self._held = self._held, None
            if batch.num_rows > limit:
                self._held = batch.slice(limit)
                batch = batch.slice(0, limit)
            limit -= batch.num_rows
            self.rows += batch.num_rows
            yield batch


def _check_filter(schema: Any, name: str) -> None:
    from arro3.core import DataType

    if name not in schema.names:
        raise failed(f"The dataset has no column {name} to filter by.")
    kind: Any = schema.field(name).type
    if not any(is_time(kind) for is_time in (DataType.is_timestamp, DataType.is_date)):
        raise failed(f"The column {name} holds no time to filter by.")


def _within(batch: Any, window: TimeWindow) -> Any:
    """Keep the rows of `batch` inside `window`; a row without a time is outside."""
    from arro3.core import Array, DataType

    column = batch.column(window.column)
    if DataType.is_date(column.type):
        column = column.cast(DataType.timestamp("us"))
    per_second = _UNITS_PER_SECOND[column.type.time_unit or "us"]
    least = None if window.since is None else _in_units(window.since, per_second)
    limit = None if window.until is None else _in_units(window.until, per_second)
    values = column.cast(DataType.int64()).to_pylist()
    kept = [
        index
        for index, value in enumerate(values)
        if value is not None and (least is None or value >= least) and (limit is None or value < limit)
    ]
    if len(kept) == batch.num_rows:
        return batch
    return batch.take(Array(kept, DataType.uint32()))


def _in_units(moment: datetime, per_second: int) -> int:
    """The first unit at or after `moment`, exact."""
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return -(-micros * per_second // 1_000_000)


def _write(schema: Any, batches: Iterator[Any], path: Path, job: ExportJob) -> None:
    from arro3.core import RecordBatchReader
    from arro3.io import write_ndjson, write_parquet

    rows = RecordBatchReader.from_batches(schema, batches)
    gzip = job.compression is Compression.GZIP
    try:
        if job.format is FileFormat.PARQUET:
            codec = f"gzip({_PARQUET_GZIP_LEVEL})" if gzip else "uncompressed"
            write_parquet(rows, path, compression=codec, max_row_group_size=_ROW_GROUP_ROWS)
        elif gzip:
            from isal import igzip_threaded

            opened: Any = igzip_threaded.open  # untyped
            with opened(path, "wb", compresslevel=_JSON_GZIP_LEVEL, threads=1) as file:
                write_ndjson(rows, file)
        else:
            write_ndjson(rows, path)
    except (OSError, ExportFailed):
        raise
    except BaseException as error:
        if not is_arrow_fault(error):
            raise
        if _DISK_FULL in str(error):
            raise failed("The storage is full.") from error
        raise failed(f"The rows cannot be written as {job.format.wire}: {error}") from error
