"""Event datasets that grow on the virtual clock, so that incremental runs have something new to export.

Row `n` of a dataset's growth happens `n` steps after the first start, a step being an hour divided by the rows an hour; what it
holds is copied from the dataset's own rows, in order, over and over. So the same moment always means the same rows.
"""

from __future__ import annotations

import asyncio
from array import array
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tarmac.emulator.contracts import EmulatedDataset

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
# One file a day: months of growth stay some hundred files.
_HOURS_PER_FILE = 24


class Growth:
    """What has been added to every event dataset since `start`, at `rows_per_hour`; the files are made when first needed."""

    def __init__(self, rows_per_hour: int, start: datetime, folder: Path) -> None:
        self.start = start
        self._rows_per_hour = rows_per_hour
        self._folder = folder
        self._patterns: dict[str, Any] = {}
        self._making = asyncio.Lock()

    def grows(self, dataset: EmulatedDataset) -> bool:
        """Whether rows are added to this dataset."""
        return self._rows_per_hour > 0 and dataset.timestamp_column is not None and bool(dataset.files)

    def rows(self, dataset: EmulatedDataset, until: datetime) -> int:
        """Return how many rows were added before `until`."""
        if not self.grows(dataset) or until <= self.start:
            return 0
        # Row n happens at start + n steps: the number of such moments before `until`, in whole microseconds.
        micros, hour = (until - self.start) // _MICROSECOND, _HOUR // _MICROSECOND
        return -(-micros * self._rows_per_hour // hour)

    async def files(self, dataset: EmulatedDataset, since: datetime | None, until: datetime) -> tuple[Path, ...]:
        """Return Parquet files that hold every row added in `since <= time < until`, and perhaps some before `since`."""
        total = self.rows(dataset, until)
        first = 0 if since is None else self.rows(dataset, since)
        each = self._rows_per_hour * _HOURS_PER_FILE
        parts = [(number * each, min(total, (number + 1) * each)) for number in range(first // each, -(-total // each))]
        async with self._making:
            return tuple([await asyncio.to_thread(self._file, dataset, *part) for part in parts if part[0] < part[1]])

    def _file(self, dataset: EmulatedDataset, first: int, end: int) -> Path:
        path = self._folder / dataset.id / f"{first}-{end}.parquet"
        if not path.exists():
            from arro3.io import write_parquet

            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".new")
            write_parquet(self._table(dataset, first, end), unfinished, compression="snappy")
            unfinished.replace(path)
        return path

    def _table(self, dataset: EmulatedDataset, first: int, end: int) -> Any:
        from arro3.core import Array, DataType, Table

        pattern = self._pattern(dataset)
        batches: list[Any] = []
        at = first
        while at < end:
            offset = at % pattern.num_rows
            count = min(end - at, pattern.num_rows - offset)
            batches += pattern.slice(offset, count).to_batches()
            at += count
        table = Table.from_batches(batches, schema=pattern.schema).combine_chunks()
        column = pattern.schema.names.index(dataset.timestamp_column)
        field = pattern.schema.field(column)
        micros = array("q", (self._micros(number) for number in range(first, end)))
        moments = Array.from_buffer(micros).cast(DataType.timestamp("us", tz="UTC")).cast(field.type)
        return table.set_column(column, field, moments)

    def _pattern(self, dataset: EmulatedDataset) -> Any:
        if dataset.id not in self._patterns:
            from arro3.io import read_parquet

            self._patterns[dataset.id] = read_parquet(dataset.files[0]).read_all()
        return self._patterns[dataset.id]

    def _micros(self, number: int) -> int:
        started = round(self.start.timestamp() * 1_000_000)
        return started + number * (_HOUR // _MICROSECOND) // self._rows_per_hour
