"""A recorded storage: the listings, counts, footers and first rows of the session, and nothing else."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from tarmac.services.flight.kept import footer_from, peek_from, storage_problem_from
from tarmac.services.flight.tape import Line, Tape
from tarmac.storage.errors import StorageError, StorageMissing, StorageUnreachable
from tarmac.storage.parquet_footer import ParquetFooter
from tarmac.storage.peek import Peek
from tarmac.storage.row_count import CountedFile
from tarmac.storage.store import StoredFile
from tarmac.terms.text import plain
from tarmac.terms.times import Clock


class ReplayedStorages:
    """What was recorded of all storages, by location. `clock` tells the time of the recording, `news` hears of each count."""

    def __init__(self, tape: Tape, clock: Clock, news: asyncio.Event) -> None:
        self.clock = clock
        self._news = news
        self._counts = {_key(line): line for line in tape.of("counted")}
        self._counted: set[tuple[str, str]] = set()
        self._footers = {_key(line): line for line in tape.of("footer")}
        self._peeks = {_key(line): line for line in tape.of("peek")}
        self._listings: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in tape.of("listing"):
            self._listings[str(line["location"]), str(line["folder"])].append(line)
        self._asked: dict[tuple[str, str], int] = defaultdict(int)

    def store(self, location: str) -> ReplayedStore:
        """Return one of them as a store."""
        return ReplayedStore(location, self)

    def listing(self, location: str, folder: str) -> Line | None:
        """Return the next listing of a folder: in their order, and none that is older than the newest of that time."""
        key = (location, folder)
        lines = self._listings.get(key)
        if not lines:
            return None
        now = self.clock.monotonic()
        passed = sum(1 for line in lines if line["t"] <= now)
        at = min(max(self._asked[key], passed - 1), len(lines) - 1)
        self._asked[key] = at + 1
        return lines[at]

    def count(self, location: str, path: str) -> Line | None:
        """Return how many rows a file had."""
        self._counted.add((location, path))
        self._news.set()
        return self._counts.get((location, path))

    def has_counted(self, until_s: float) -> bool:
        """Whether every file has been asked for whose rows were counted before `until_s` of the recording."""
        return self._counted >= self._counted_by(until_s)

    def give_up(self, until_s: float) -> None:
        """Wait no more for the files that were counted before `until_s`: this replay does not ask for them."""
        self._counted |= self._counted_by(until_s)

    def _counted_by(self, until_s: float) -> set[tuple[str, str]]:
        return {key for key, line in self._counts.items() if line["t"] <= until_s}

    def peek(self, location: str, path: str) -> Line | None:
        """Return what was seen of a file's first rows."""
        return self._peeks.get((location, path))

    def footer(self, location: str, path: str) -> Line | None:
        """Return what a file's footer said, its schema with it."""
        line = self._footers.get((location, path))
        same = None if line is None else line.get("schema_of")
        if line is None or same is None:
            return line
        first = self._footers.get((location, str(same)))
        return None if first is None else {**line, "schema": first["schema"]}


class ReplayedStore:
    """One recorded storage."""

    def __init__(self, location: str, recorded: ReplayedStorages) -> None:
        self.location = location
        self._recorded = recorded

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield what was listed, or raise what was raised. Raises StorageUnreachable where nothing was recorded."""
        line = self._recorded.listing(self.location, folder)
        if line is None:
            raise StorageUnreachable(
                f"{plain(folder, 300)} is not in the recording", next_step="A replay shows what was recorded only."
            )
        files = _files(line["files"])
        if files or line.get("problem") is None:
            yield files
        if line.get("problem") is not None:
            raise storage_problem_from(line["problem"], folder)

    async def read_range(self, path: str, start: int, length: int) -> bytes:  # noqa: ARG002 - the interface
        """Raise StorageMissing: content is not recorded."""
        raise StorageMissing(
            f"the content of {plain(path, 300)} is not recorded", next_step="A replay shows what was recorded only."
        )

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Raise StorageMissing: content is not recorded."""
        yield await self.read_range(path, 0, 0)

    async def close(self) -> None:
        """Nothing is open."""

    def known_rows(self, file: StoredFile) -> CountedFile | None:
        """Return what was counted."""
        line = self._recorded.count(self.location, file.path)
        return None if line is None else CountedFile(file.path, file.bytes, line["rows"], line["problem"])

    def counted(self, counted: CountedFile) -> None:
        """Nothing is recorded of a replay."""

    def known_footer(self, file: StoredFile) -> ParquetFooter | None:
        """Return what the footer said."""
        line = self._recorded.footer(self.location, file.path)
        return None if line is None else footer_from(line)

    def read_of_footer(self, footer: ParquetFooter) -> None:
        """Nothing is recorded of a replay."""

    def known_peek(self, file: StoredFile, limit: int) -> Peek | None:
        """Return columns and number of the rows that were seen. Raises StorageError as it was raised."""
        line = self._recorded.peek(self.location, file.path)
        if line is None:
            return None
        if line["problem"] is not None:
            raise storage_problem_from(line["problem"], file.path)
        return peek_from(line, limit)

    def peeked(self, file: StoredFile, seen: Peek | StorageError) -> None:
        """Nothing is recorded of a replay."""


def _key(line: Line) -> tuple[str, str]:
    return str(line.get("location")), str(line.get("path"))


def _files(recorded: Sequence[Any]) -> list[StoredFile]:
    return [
        StoredFile(path, size, None if moment is None else datetime.fromisoformat(moment))
        for path, size, moment in recorded
    ]
