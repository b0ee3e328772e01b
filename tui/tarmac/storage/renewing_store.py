"""A store whose credentials may end while it is used: they are renewed once, and the work goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from tarmac.storage.access import Access, Renew
from tarmac.storage.errors import StorageDenied
from tarmac.storage.store import Store, StoredFile

T = TypeVar("T")


class ResumableStore(Store, Protocol):
    """A store that can begin a listing behind a path."""

    def list_files_after(self, folder: str, after: str | None) -> AsyncIterator[list[StoredFile]]:
        """Yield what `list_files` does, beginning behind the path `after`; pages come in the order of the paths."""
        ...


class RenewingStore:
    """Renews when the storage refuses: once for an operation, and not again until something was answered, so a true refusal
    ends quickly.
    """

    def __init__(self, store: ResumableStore, renew: Renew, reopen: Callable[[Access], ResumableStore]) -> None:
        self._store = store
        self._renew = renew
        self._reopen = reopen
        self._lock = asyncio.Lock()
        self._proven = True

    @property
    def location(self) -> str:
        """The root of the store in use."""
        return self._store.location

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the files below `folder` in pages; a renewal in between leaves out nothing and repeats nothing."""
        last: str | None = None
        renewed = False
        while True:
            used = self._store
            try:
                async for page in used.list_files_after(folder, last):
                    self._proven = True
                    renewed = False
                    if page:
                        last = page[-1].path
                    yield page
                return
            except StorageDenied as refusal:
                if renewed:
                    raise
                await self._renewed(used, refusal)
                renewed = True

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`; fewer only at the end of the file."""

        async def read(store: ResumableStore) -> bytes:
            return await store.read_range(path, start, length)

        return await self._try(read)

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the whole file; only a refusal before its first bytes is answered with a renewal."""
        final = False
        while True:
            used = self._store
            try:
                async for chunk in used.stream(path):
                    final = self._proven = True
                    yield chunk
                return
            except StorageDenied as refusal:
                if final:
                    raise
                await self._renewed(used, refusal)
                final = True

    async def close(self) -> None:
        """Close the store in use."""
        await self._store.close()

    async def _try(self, action: Callable[[ResumableStore], Awaitable[T]]) -> T:
        used = self._store
        try:
            answer = await action(used)
        except StorageDenied as refusal:
            await self._renewed(used, refusal)
            answer = await action(self._store)
        self._proven = True
        return answer

    async def _renewed(self, used: ResumableStore, refusal: StorageDenied) -> None:
        """Put a fresh store in the place of `used`, unless somebody did so meanwhile; raise `refusal` if that did not help."""
        async with self._lock:
            if self._store is not used:
                return
            if not self._proven:
                raise refusal
            self._store = self._reopen(await self._renew())
            self._proven = False
        await used.close()
