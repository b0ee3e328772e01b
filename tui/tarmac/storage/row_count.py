"""How many rows landed: Parquet by its footers, JSON by reading it through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from tarmac.storage.errors import StorageCorrupt, StorageError, StorageMissing
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import count_in_footer, fetch_footer
from tarmac.storage.store import Store, StoredFile
from tarmac.storage.witness import witness_of
from tarmac.terms.errors import first_of


@dataclass(frozen=True)
class CountedFile:
    """One file with its rows; None where they could not be counted, and then `problem` says why.

    `bytes` is the size in the storage, `bytes_read` what was fetched to count.
    """

    path: str
    bytes: int
    rows: int | None
    problem: str | None = None
    bytes_read: int = 0


Progress = Callable[[int, int, CountedFile], None]


async def count_rows(
    store: Store,
    files: Sequence[StoredFile],
    *,
    concurrency: int = 16,
    on_progress: Progress | None = None,
) -> tuple[CountedFile, ...]:
    """Count each of `files`, at most `concurrency` at a time; the answer is in the order of `files`.

    A file that is cut, missing or no data file is named by its `problem` and stops nothing. A storage that cannot be
    reached, or refuses, ends the count: raises StorageUnreachable or StorageDenied. `on_progress` gets how many are
    done, how many there are, and the file just done.
    """
    results: list[CountedFile | None] = [None] * len(files)
    expected = _Expected()
    witness = witness_of(store)
    places = iter(range(len(files)))
    done = 0

    async def work() -> None:
        nonlocal done
        for place in places:
            known = witness.known_rows(files[place]) if witness is not None else None
            counted = known or await _count(store, files[place], expected)
            if witness is not None:
                witness.counted(counted)
            results[place] = counted
            done += 1
            if on_progress is not None:
                on_progress(done, len(files), counted)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(files))):
                group.create_task(work())
    except* StorageError as errors:
        raise first_of(errors) from None
    return tuple(result for result in results if result is not None)


class _Expected:
    """How long the footers of these files are: those of one export have one schema, and hardly differ."""

    def __init__(self) -> None:
        self._longest: int | None = None

    @property
    def length(self) -> int | None:
        """The longest so far and a quarter more; None before the first."""
        return None if self._longest is None else self._longest + self._longest // 4

    def seen(self, length: int) -> None:
        """Note one."""
        self._longest = max(length, self._longest or 0)


async def _count(store: Store, file: StoredFile, expected: _Expected) -> CountedFile:
    kind = data_kind(file.path)
    if kind is None:
        return CountedFile(file.path, file.bytes, None, "not a data file")
    try:
        match kind:
            case DataKind.PARQUET:
                fetched = await fetch_footer(store, file, expected.length)
                expected.seen(len(fetched.footer))
                rows, read = count_in_footer(fetched.footer, file.path), fetched.bytes_read
            case DataKind.JSON | DataKind.JSON_GZIP:
                from tarmac.storage.json_count import count_lines

                rows, read = await count_lines(store, file, gzipped=kind is DataKind.JSON_GZIP)
            case _:
                assert_never(kind)
    except (StorageCorrupt, StorageMissing) as error:
        return CountedFile(file.path, file.bytes, None, error.message)
    return CountedFile(file.path, file.bytes, rows, None, read)
