"""Base connections: the credentials of a destination (platform-api §3.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from tarmac.platform import answers
from tarmac.platform.flow_service import Collection, named, where
from tarmac.platform.hosts import path_segment
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.models import Connection, Created
from tarmac.platform.paging import Sender
from tarmac.platform.requests import CONNECTIONS, create_connection_request, rotate_credentials_request
from tarmac.terms.secrets import Secret


class Connections:
    """`/connections`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._items = Collection(sender, CONNECTIONS, "connection", answers.connection)

    def pages(self, *, spec_id: str | None = None) -> AsyncIterator[tuple[Connection, ...]]:
        """Yield all base connections page by page, of one connection spec if given."""
        return self._items.pages(*(() if spec_id is None else (where("connectionSpec.id", spec_id),)))

    async def all(self, *, spec_id: str | None = None) -> tuple[Connection, ...]:
        """Return all base connections, of one connection spec if given (checked here, too)."""
        found = [item async for page in self.pages(spec_id=spec_id) for item in page]
        return tuple(item for item in found if spec_id is None or item.spec_id == spec_id)

    async def named(self, name: str) -> tuple[Connection, ...]:
        """Return every base connection of exactly this name; names need not be unique (§12.7)."""
        return await named(self._items, name)

    async def get(self, connection_id: str) -> Connection:
        """Return one base connection. Raises NotFound."""
        return await self._items.get(connection_id)

    async def create(
        self,
        name: str,
        spec_id: str,
        auth_spec: str | None = None,
        auth_params: Mapping[str, str | Secret] | None = None,
        description: str = "",
    ) -> Created:
        """Create a base connection; not idempotent: look before repeating. `auth_params` by wire names."""
        request = create_connection_request(name, spec_id, auth_spec, auth_params, description)
        return await self._items.write(request)

    async def change_credentials(
        self, connection_id: str, etag: str, auth_params: Mapping[str, str | Secret]
    ) -> Created:
        """Replace all credentials. Raises StaleEtag."""
        return await self._items.write(rotate_credentials_request(connection_id, etag, auth_params), connection_id)

    async def test(self, connection_id: str) -> bool | None:
        """Let the platform test the connection; None where its answer does not say. For destinations undocumented (§12.12)."""
        path = f"{CONNECTIONS}/{path_segment(connection_id)}/test"
        answer = await self._sender.send(PlannedRequest("GET", path, {"Accept": "application/json"}))
        return answers.tested(answer.json())

    async def delete(self, connection_id: str) -> None:
        """Delete it; refused while a dataflow uses it (`1418-400`)."""
        await self._items.delete(connection_id)
