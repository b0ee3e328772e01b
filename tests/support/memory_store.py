"""A store in memory that counts what is read: for what does not depend on a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tarmac.storage.errors import StorageMissing
from tarmac.storage.store import StoredFile


class MemoryStore:
    """Files in a dictionary; `errors` names those whose reading fails, and how."""

    def __init__(self, files: dict[str, bytes], errors: dict[str, Exception] | None = None, chunk: int = 1000) -> None:
        self.files = files
        self.errors = errors or {}
        self.chunk = chunk
        self.bytes_read = 0
        self.ranges: list[tuple[str, int, int]] = []
        self.streamed: list[str] = []

    @property
    def location(self) -> str:
        return "memory://"

    def entries(self) -> list[StoredFile]:
        return [StoredFile(path, len(data)) for path, data in sorted(self.files.items())]

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        yield [file for file in self.entries() if file.path.startswith(folder)]

    def _check(self, path: str) -> None:
        if path in self.errors:
            raise self.errors[path]
        if path not in self.files:
            raise StorageMissing(path)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        self._check(path)
        self.ranges.append((path, start, length))
        data = self.files[path][start : start + length]
        self.bytes_read += len(data)
        return data

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        self._check(path)
        self.streamed.append(path)
        for start in range(0, len(self.files[path]), self.chunk):
            data = self.files[path][start : start + self.chunk]
            self.bytes_read += len(data)
            yield data

    async def close(self) -> None:
        return None
