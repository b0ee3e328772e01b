"""A remote Parquet file for a reader that wants a file: what it asks for is fetched in blocks, never the whole."""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
from collections.abc import Iterable
from typing import Any

from tarmac.storage.errors import StorageCorrupt, StorageUnreachable
from tarmac.storage.parquet_footer import ParquetFooter
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.text import plain

_BLOCK = 256 << 10
# With more columns than this, smaller blocks: most of a large one would not be looked at.
_WIDE = 64
_AT_ONCE = 16
_DEADLINE_SECONDS = 60.0
# More than this is no peek any more: pages of many megabytes.
_MOST_BYTES = 128 << 20


def too_slow(path: str, seconds: float) -> StorageUnreachable:
    """Return the error for first rows that took longer than `seconds`."""
    return StorageUnreachable(
        f"{plain(path, 300)}: its first rows had not come after {seconds:g} s",
        meaning="The storage answers, but too slowly to look into this file.",
        next_step="Try again, or read it with your own tools.",
    )


class RangedFile(io.RawIOBase):
    """A file for a reader in a thread; what it asks for is fetched in blocks through the store on the event loop."""

    def __init__(self, store: Store, file: StoredFile, footer: ParquetFooter, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._store = store
        self._file = file
        self._loop = loop
        self._position = 0
        self._fetching: concurrent.futures.Future[bytes] | None = None
        self._blocks: dict[int, bytes] = {}
        columns = len(footer.row_groups[0].columns) if footer.row_groups else 0
        self._block_bytes = _BLOCK if columns <= _WIDE else _BLOCK // 4
        self._tail = footer.raw + len(footer.raw).to_bytes(4, "little") + b"PAR1"
        self._tail_at = file.bytes - len(self._tail)
        self.bytes_read = len(self._tail)
        self.failure: Exception | None = None

    async def prefetch(self, positions: Iterable[int]) -> None:
        """Fetch the blocks at these positions, several at a time; one task's error is that of all."""
        waiting = iter(sorted({position // self._block_bytes for position in positions}))

        async def work() -> None:
            for block in waiting:
                await self._fetch(block)

        tasks = [asyncio.ensure_future(work()) for _ in range(_AT_ONCE)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _fetch(self, block: int) -> bytes:
        data = self._blocks.get(block)
        if data is None:
            if self.bytes_read >= _MOST_BYTES:
                raise StorageCorrupt(
                    f"{plain(self._file.path, 300)}: its first rows take more than {_MOST_BYTES >> 20} MiB to read",
                    path=self._file.path,
                    meaning="They are not shown; the file itself may be in order.",
                    next_step="Read it with your own tools.",
                )
            data = await self._store.read_range(self._file.path, block * self._block_bytes, self._block_bytes)
            self._blocks[block] = data
            self.bytes_read += len(data)
        return data

    def close(self) -> None:
        """Let no read go on, also one that a thread is waiting for."""
        super().close()
        if self._fetching is not None:
            self._fetching.cancel()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move the position; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` as far as the file goes; blocks the thread, never the event loop."""
        wanted = min(len(buffer), self._file.bytes - self._position)
        filled = 0
        while filled < wanted:
            piece = self._piece(self._position, wanted - filled)
            if not piece:
                break
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._position += len(piece)
        return filled

    def _piece(self, at: int, wanted: int) -> bytes:
        if at >= self._tail_at:
            start = at - self._tail_at
            return self._tail[start : start + wanted]
        block, start = divmod(at, self._block_bytes)
        data = self._blocks.get(block)
        if data is None:
            if self.closed:
                raise ValueError("closed")
            self._fetching = asyncio.run_coroutine_threadsafe(self._fetch(block), self._loop)
            try:
                data = self._fetching.result(_DEADLINE_SECONDS)
            except TimeoutError:
                self._fetching.cancel()
                self.failure = too_slow(self._file.path, _DEADLINE_SECONDS)
                raise self.failure from None
            except Exception as error:
                self._fetching.cancel()
                self.failure = error
                raise
        return data[start : start + min(wanted, self._tail_at - at)]
