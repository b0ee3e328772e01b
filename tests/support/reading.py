"""Short ways to read a store in tests."""

from __future__ import annotations

from tarmac.storage.store import Store, StoredFile


async def listed(store: Store, folder: str) -> list[StoredFile]:
    """Everything below `folder`, in the order in which it came."""
    return [file async for page in store.list_files(folder) for file in page]


async def whole(store: Store, path: str) -> bytes:
    """The streamed file."""
    return b"".join([chunk async for chunk in store.stream(path)])
