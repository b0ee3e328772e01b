"""Counting the rows of newline-delimited JSON, plain or gzipped: it has no footer, so all of it is read, never kept."""

from __future__ import annotations

import asyncio

from isal import igzip_lib, isal_zlib

from tarmac.storage.errors import StorageCorrupt
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.text import plain

# What one step may unpack to: bounds memory whatever the compression ratio.
_STEP = 4 * 1024 * 1024
_GZIP = 31


async def count_lines(store: Store, file: StoredFile, *, gzipped: bool) -> tuple[int, int]:
    """Return (rows, bytes read). Raises StorageCorrupt for gzip that is cut or broken, and what the store raises."""
    counter = LineCounter()
    unpacker = _Unpacker(file.path, counter) if gzipped else None
    read = 0
    async for chunk in store.stream(file.path):
        read += len(chunk)
        # Both let go of the interpreter's lock or are quick; in a thread, the event loop stays free for the screen.
        await asyncio.to_thread(unpacker.feed if unpacker else counter.feed, chunk)
    if unpacker is not None:
        unpacker.finish()
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


class _Unpacker:
    """Gunzips in steps, member after member, into a counter."""

    def __init__(self, path: str, counter: LineCounter) -> None:
        self._path = path
        self._counter = counter
        self._stream = isal_zlib.decompressobj(wbits=_GZIP)
        self._began = False

    def feed(self, chunk: bytes) -> None:
        try:
            self._feed(chunk)
        except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub says Exception instance
            raise _corrupt(self._path, f"its gzip is broken ({error})") from None

    def _feed(self, chunk: bytes) -> None:
        while chunk:
            if self._stream.eof:
                chunk = chunk.lstrip(b"\0")  # padding after the last member is allowed
                if not chunk:
                    return
                self._stream = isal_zlib.decompressobj(wbits=_GZIP)
            self._began = True
            self._counter.feed(self._stream.decompress(chunk, _STEP))
            while self._stream.unconsumed_tail and not self._stream.eof:
                self._counter.feed(self._stream.decompress(self._stream.unconsumed_tail, _STEP))
            chunk = self._stream.unused_data if self._stream.eof else b""

    def finish(self) -> None:
        if self._began and not self._stream.eof:
            raise _corrupt(self._path, "its gzip ends in the middle: it is being written, or was cut")


def _corrupt(path: str, why: str) -> StorageCorrupt:
    return StorageCorrupt(
        f"{plain(path, 300)}: {why}",
        path=path,
        meaning="The rows in it cannot be counted.",
        next_step="Wait until the run has ended and look again; if it stays so, run the export once more.",
    )
