"""Counting the rows of newline-delimited JSON, plain or gzipped: it has no footer, so all of it is read, never kept."""

from __future__ import annotations

import asyncio
from functools import partial

from tarmac.storage.errors import StorageCorrupt
from tarmac.storage.gunzip import BrokenGzip, Gunzip
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.text import plain


async def count_lines(store: Store, file: StoredFile, *, gzipped: bool) -> tuple[int, int]:
    """Return (rows, bytes read). Raises StorageCorrupt for gzip that is cut or broken, and what the store raises."""
    counter = LineCounter()
    gunzip = Gunzip() if gzipped else None
    feed = counter.feed if gunzip is None else partial(_count_unpacked, gunzip, counter)
    read = 0
    try:
        async for chunk in store.stream(file.path):
            read += len(chunk)
            # Both let go of the interpreter's lock or are quick; in a thread, the event loop stays free for the screen.
            await asyncio.to_thread(feed, chunk)
    except BrokenGzip as error:
        raise _corrupt(file.path, f"its gzip is broken ({error})") from None
    if gunzip is not None and gunzip.is_cut:
        raise _corrupt(file.path, "its gzip ends in the middle: it is being written, or was cut")
    if read != file.bytes:
        raise _corrupt(file.path, f"{read:,} bytes came, {file.bytes:,} were listed: it is being written, or was cut")
    return counter.rows, read


class LineCounter:
    """Counts lines that are not blank, over any cut into chunks; a last line without a line end counts too."""

    def __init__(self) -> None:
        self._finished = 0
        # Whether the line that is still open holds anything but blanks.
        self._open = False

    @property
    def rows(self) -> int:
        """The lines so far."""
        return self._finished + self._open

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        first, newline, rest = chunk.partition(b"\n")
        self._open = self._open or bool(first.strip())
        if not newline:
            return
        self._finished += self._open
        whole, last_newline, tail = rest.rpartition(b"\n")
        if last_newline:
            lines = whole.count(b"\n") + 1
            if whole.count(b"\n{") + whole.startswith(b"{") != lines:  # blank lines, or rows that are no objects
                lines = sum(1 for line in whole.split(b"\n") if line.strip())
            self._finished += lines
        self._open = bool(tail.strip())


def _count_unpacked(gunzip: Gunzip, counter: LineCounter, chunk: bytes) -> None:
    for piece in gunzip.steps(chunk):
        counter.feed(piece)


def _corrupt(path: str, why: str) -> StorageCorrupt:
    return StorageCorrupt(
        f"{plain(path, 300)}: {why}",
        path=path,
        meaning="The rows in it cannot be counted.",
        next_step="Wait until the run has ended and look again; if it stays so, run the export once more.",
    )
