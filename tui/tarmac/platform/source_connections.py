"""Source connections: which datasets (platform-api §3.6). Their datasets cannot be changed after creation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tarmac.platform import answers
from tarmac.platform.flow_service import Collection, named, where
from tarmac.platform.models import Created, SourceConnection
from tarmac.platform.paging import Sender
from tarmac.platform.requests import SOURCE_CONNECTIONS, create_source_connection_request
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID


class SourceConnections:
    """`/sourceConnections`."""

    def __init__(self, sender: Sender) -> None:
        self._items = Collection(sender, SOURCE_CONNECTIONS, "source connection", answers.source_connection)

    def pages(self) -> AsyncIterator[tuple[SourceConnection, ...]]:
        """Yield the data-lake source connections page by page."""
        return self._items.pages(where("connectionSpec.id", DATA_LAKE_SPEC_ID))

    async def all(self) -> tuple[SourceConnection, ...]:
        """Return all data-lake source connections (checked here, too)."""
        found = [item async for page in self.pages() for item in page]
        return tuple(item for item in found if item.spec_id == DATA_LAKE_SPEC_ID)

    async def named(self, name: str) -> tuple[SourceConnection, ...]:
        """Return every source connection of exactly this name."""
        return await named(self._items, name)

    async def get(self, source_connection_id: str) -> SourceConnection:
        """Return one source connection. Raises NotFound."""
        return await self._items.get(source_connection_id)

    async def create(self, name: str, datasets: Sequence[tuple[str, str | None]], description: str = "") -> Created:
        """Create one for `(dataset id, name or None)`; not idempotent: look before repeating."""
        return await self._items.write(create_source_connection_request(name, datasets, description))

    async def delete(self, source_connection_id: str) -> None:
        """Delete it, after its dataflow."""
        await self._items.delete(source_connection_id)
