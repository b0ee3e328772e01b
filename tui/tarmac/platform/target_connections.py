"""Target connections: where and how (platform-api §3.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from tarmac.platform import answers
from tarmac.platform.flow_service import Collection, named, where
from tarmac.platform.models import Created, TargetConnection
from tarmac.platform.paging import Sender
from tarmac.platform.requests import TARGET_CONNECTIONS, change_target_request, create_target_connection_request
from tarmac.terms.formats import Compression, FileFormat


class TargetConnections:
    """`/targetConnections`."""

    def __init__(self, sender: Sender) -> None:
        self._items = Collection(sender, TARGET_CONNECTIONS, "target connection", answers.target_connection)

    def pages(self, *, spec_id: str | None = None) -> AsyncIterator[tuple[TargetConnection, ...]]:
        """Yield all target connections page by page, of one connection spec if given."""
        return self._items.pages(*(() if spec_id is None else (where("connectionSpec.id", spec_id),)))

    async def all(self, *, spec_id: str | None = None) -> tuple[TargetConnection, ...]:
        """Return all target connections, of one connection spec if given (checked here, too)."""
        found = [item async for page in self.pages(spec_id=spec_id) for item in page]
        return tuple(item for item in found if spec_id is None or item.spec_id == spec_id)

    async def named(self, name: str) -> tuple[TargetConnection, ...]:
        """Return every target connection of exactly this name."""
        return await named(self._items, name)

    async def get(self, target_connection_id: str) -> TargetConnection:
        """Return one target connection. Raises NotFound."""
        return await self._items.get(target_connection_id)

    async def create(
        self,
        name: str,
        spec_id: str,
        base_connection_id: str,
        location: Mapping[str, str],
        file_format: FileFormat,
        compression: Compression,
        description: str = "",
    ) -> Created:
        """Create one; `location` by wire names. Not idempotent: look before repeating.

        Raises UsageError for JSON without gzip.
        """
        return await self._items.write(
            create_target_connection_request(
                name, spec_id, base_connection_id, location, file_format, compression, description
            )
        )

    async def change(self, target_connection_id: str, etag: str, params: Mapping[str, Any]) -> Created:
        """Replace the whole `params`. Raises StaleEtag."""
        return await self._items.write(change_target_request(target_connection_id, etag, params), target_connection_id)

    async def delete(self, target_connection_id: str) -> None:
        """Delete it, after its dataflow."""
        await self._items.delete(target_connection_id)
