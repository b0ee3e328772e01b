"""A folder of this machine as a store: what was copied here is counted by the same code as what landed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tarmac.storage.errors import StorageDenied, StorageError, StorageMissing
from tarmac.storage.paths import checked_path
from tarmac.storage.store import StoredFile
from tarmac.terms.text import plain

_PAGE = 1000
_CHUNK = 1 << 20


class LocalFolder:
    """The files below `root` (`Store`). Links that lead out of it are refused."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.realpath(root))

    @property
    def location(self) -> str:
        """The folder's own path."""
        return str(self._root)

    def path_of(self, path: str) -> Path:
        """Return where a file of the store is or would be. Raises StorageMissing for one that leads elsewhere."""
        full = self._root.joinpath(*checked_path(path, self.location).split("/"))
        if not Path(os.path.realpath(full)).is_relative_to(self._root):
            raise StorageMissing(
                f"{self.location}: {plain(path, 200)!r} leads out of it",
                meaning="A link in that folder points elsewhere.",
                next_step="Choose another folder, or remove the link.",
            )
        return full

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the regular files below `folder`, sorted by path. A missing folder is empty."""
        top = self.path_of(folder) if folder.strip("/") else self._root
        try:
            found = await asyncio.to_thread(lambda: sorted(self._walk(top), key=lambda file: file.path))
        except OSError as error:
            self._explain(error, f"list {top}")
        for start in range(0, len(found), _PAGE):
            yield found[start : start + _PAGE]

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`; fewer only at the end of the file."""
        full = self.path_of(path)

        def read() -> bytes:
            with full.open("rb") as file:
                file.seek(start)
                return file.read(length)

        try:
            return await asyncio.to_thread(read) if length > 0 else b""
        except OSError as error:
            self._explain(error, f"read {full}")

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the whole file in chunks of 1 MiB."""
        start = 0
        while chunk := await self.read_range(path, start, _CHUNK):
            yield chunk
            start += len(chunk)

    async def close(self) -> None:
        """Nothing is open."""

    def _walk(self, top: Path) -> Iterator[StoredFile]:
        for folder, _, names in os.walk(top):
            for name in names:
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file():
                    continue
                facts = path.stat()
                written = datetime.fromtimestamp(facts.st_mtime, UTC)
                yield StoredFile(path.relative_to(self._root).as_posix(), facts.st_size, written)

    def _explain(self, error: OSError, doing: str) -> NoReturn:
        kind = StorageError
        if isinstance(error, FileNotFoundError):
            kind = StorageMissing
        elif isinstance(error, PermissionError):
            kind = StorageDenied
        cause = error.strerror or type(error).__name__
        raise kind(f"could not {doing}: {cause}", next_step="Check the folder and its owner.") from error
