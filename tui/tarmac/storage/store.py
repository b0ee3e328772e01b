"""The one interface to six storages: list, ranged read, stream. All paths are relative to the store's root.

The root is the container or bucket, the landing zone's container (on AWS the `dlzFolder`), or the SFTP user's root
directory. Paths use `/`, never start with it, and come back from `list_files` exactly as they can be read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class StoredFile:
    """One object: its path below the store's root, its size in bytes, when it was last written (UTC)."""

    path: str
    bytes: int
    modified_at: datetime | None = None


class Store(Protocol):
    """One storage, opened for reading with the reader's credentials. Raises `StorageError` only."""

    @property
    def location(self) -> str:
        """The root for people and reader code, without secrets: `s3://bucket`, `abfss://…`, `sftp://host`."""
        ...

    def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the files below `folder`, recursively, in pages, sorted by path within a page. A missing folder is empty."""
        ...

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`; fewer only at the end of the file."""
        ...

    def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the whole file in chunks."""
        ...

    async def close(self) -> None:
        """Close connections; the store is not used afterwards."""
        ...


class WritableStore(Store, Protocol):
    """A store that files can be put into as well."""

    async def write_file(self, path: str, chunks: AsyncIterator[bytes]) -> None:
        """Put a file there from its chunks; it is to be seen only when it is whole. Replaces one of the same name."""
        ...
