"""Copying what landed to a folder of this machine or to another storage, before it is deleted where it is.

A copy is whole or not there: files are written beside their place and renamed. A repeated copy goes on where the last one
ended. At the end every file is compared by size and rows.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tarmac.services.together import together
from tarmac.storage.errors import StorageCorrupt, StorageError
from tarmac.storage.local_folder import LocalFolder
from tarmac.storage.paths import is_safe
from tarmac.storage.row_count import count_rows
from tarmac.storage.store import Store, StoredFile, WritableStore
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

_AT_ONCE = 4
_BLOCK = 8 << 20
PART = ".part"


@dataclass(frozen=True)
class CopyProgress:
    """How far a copy is; sizes in bytes, what was there already counts as done."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True)
class CopyDifference:
    """A file whose copy is not as its source: `what` is "size", "rows" or "unreadable"."""

    path: str
    what: str
    expected: int | None
    found: int | None


@dataclass(frozen=True)
class CopyResult:
    """What was copied. `skipped` files were there already; `differences` is empty when sizes and rows agree."""

    location: str
    folders: tuple[str, ...]
    files: int
    skipped: int
    bytes: int
    rows: int | None
    differences: tuple[CopyDifference, ...]

    @property
    def verified(self) -> bool:
        """Whether every copy has its source's size and rows."""
        return not self.differences and self.rows is not None


@dataclass(frozen=True)
class CopyItem:
    """One file to copy: where it is, and its path in the target."""

    source: StoredFile
    target: str


OnCopy = Callable[[CopyProgress], None]


def copy_items(files: Sequence[StoredFile], base: str, below: str = "") -> tuple[CopyItem, ...]:
    """Give each file its place in the target: its path below `base`, put below `below`. Raises StorageError for an odd name."""
    inside = f"{base.strip('/')}/" if base.strip("/") else ""
    items = []
    for file in files:
        if not is_safe(file.path):
            raise StorageError(
                f"{plain(file.path, 200)!r} is no name that can be copied",
                meaning='A path has no empty parts, no "." or ".." and no control characters.',
                next_step="Rename or remove that file in the storage.",
            )
        items.append(
            CopyItem(file, "/".join(part for part in (below.strip("/"), file.path.removeprefix(inside)) if part))
        )
    return tuple(items)


async def copy_files(
    source: Store, items: Sequence[CopyItem], target: LocalFolder | WritableStore, on_progress: OnCopy | None = None
) -> CopyResult:
    """Copy `items`, four at a time, and compare them. Raises StorageError; what is copied so far stays.

    To a folder of this machine an interrupted file is continued where it ended; a storage gets it anew.
    """
    copier = _Copier(source, target, items, on_progress)
    await copier.run()
    return await copier.compared()


class _Copier:
    def __init__(
        self, source: Store, target: LocalFolder | WritableStore, items: Sequence[CopyItem], on_progress: OnCopy | None
    ) -> None:
        self._source = source
        self._target = target
        self._items = items
        self._on_progress = on_progress
        self._total = sum(item.source.bytes for item in items)
        self._files = self._bytes = self._skipped = 0

    async def run(self) -> None:
        there = await self._there()
        waiting = iter(self._items)

        async def work() -> None:
            for item in waiting:
                if there.get(item.target) == item.source.bytes:
                    self._skipped += 1
                    self._add(item.source.bytes)
                else:
                    await self._copy(item)
                self._files += 1
                self._tell()

        async with together() as group:
            for _ in range(min(_AT_ONCE, len(self._items))):
                group.create_task(work())

    async def compared(self) -> CopyResult:
        """Compare every copy with its source: sizes by listing, rows by counting both."""
        sizes = await self._there()
        copies = [StoredFile(item.target, sizes[item.target]) for item in self._items if item.target in sizes]
        before = await count_rows(self._source, [item.source for item in self._items])
        after = {each.path: each for each in await count_rows(self._target, copies)}
        differences = []
        for item, counted in zip(self._items, before, strict=True):
            copy = after.get(item.target)
            if copy is None or copy.bytes != item.source.bytes:
                found = None if copy is None else copy.bytes
                differences.append(CopyDifference(item.target, "size", item.source.bytes, found))
            elif counted.rows is None or copy.rows is None:
                differences.append(CopyDifference(item.target, "unreadable", counted.rows, copy.rows))
            elif copy.rows != counted.rows:
                differences.append(CopyDifference(item.target, "rows", counted.rows, copy.rows))
        rows = [each.rows for each in after.values()]
        return CopyResult(
            location=self._target.location,
            folders=tuple(dict.fromkeys(item.target.rpartition("/")[0] for item in self._items)),
            files=len(self._items),
            skipped=self._skipped,
            bytes=self._total,
            rows=None if None in rows else sum(count or 0 for count in rows),
            differences=tuple(differences),
        )

    async def _there(self) -> dict[str, int]:
        folders = dict.fromkeys(item.target.rpartition("/")[0] for item in self._items)
        return {
            file.path: file.bytes
            for folder in folders
            async for page in self._target.list_files(folder)
            for file in page
        }

    async def _copy(self, item: CopyItem) -> None:
        if isinstance(self._target, LocalFolder):
            await self._to_disk(item, self._target)
            return
        failure: list[TarmacError] = []
        try:
            await self._target.write_file(item.target, self._chunks(item.source, failure))
        except StorageError:
            # The client puts its own words around what went wrong on the reading side.
            if failure:
                raise failure[0] from None
            raise

    async def _chunks(self, file: StoredFile, failure: list[TarmacError]) -> AsyncIterator[bytes]:
        read = 0
        try:
            while read < file.bytes:
                chunk = await self._block(file, read)
                read += len(chunk)
                yield chunk
                self._add(len(chunk))
        except TarmacError as error:
            failure.append(error)
            raise

    async def _to_disk(self, item: CopyItem, target: LocalFolder) -> None:
        path = target.path_of(item.target)
        part = path.with_name(path.name + PART)
        try:
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            have = await asyncio.to_thread(_size_of, part)
            # A longer rest is not of this file.
            start = have if have <= item.source.bytes else 0
            self._add(start)
            with await asyncio.to_thread(part.open, "r+b" if start else "wb") as file:
                await asyncio.to_thread(file.seek, start)
                while start < item.source.bytes:
                    chunk = await self._block(item.source, start)
                    await asyncio.to_thread(file.write, chunk)
                    start += len(chunk)
                    self._add(len(chunk))
                    self._tell()
                await asyncio.to_thread(_flush, file)
            await asyncio.to_thread(part.replace, path)
        except OSError as error:
            raise StorageError(
                f"could not write {path}: {error.strerror or type(error).__name__}",
                meaning="What was copied before it is in place.",
                next_step="Make room or choose another folder, and give the command again: it goes on where it ended.",
            ) from error

    async def _block(self, file: StoredFile, start: int) -> bytes:
        chunk = await self._source.read_range(file.path, start, min(_BLOCK, file.bytes - start))
        if not chunk:
            raise StorageCorrupt(
                f"{plain(file.path, 300)} is shorter than listed",
                path=file.path,
                meaning="It was changed or deleted while it was copied.",
                next_step="Give the command again.",
            )
        return chunk

    def _add(self, count: int) -> None:
        self._bytes += count

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(CopyProgress(self._files, len(self._items), self._bytes, self._total))


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _size_of(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0
