"""The platform of one organization, in one sandbox: the facade that services use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tarmac.platform.address import PlatformAddress
from tarmac.platform.adhoc import AdHoc
from tarmac.platform.catalog import Catalog
from tarmac.platform.connections import Connections
from tarmac.platform.exchanges import Exchange
from tarmac.platform.flows import Flows
from tarmac.platform.landing_zone import LandingZone
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.retries import RetryPolicy
from tarmac.platform.runs import Runs
from tarmac.platform.sandboxes import Sandboxes
from tarmac.platform.schemas import Schemas
from tarmac.platform.sign_in import SignIn
from tarmac.platform.source_connections import SourceConnections
from tarmac.platform.specs import Specs
from tarmac.platform.target_connections import TargetConnections
from tarmac.platform.transport import Transport, merged_headers
from tarmac.terms.times import Clock, SystemClock

if TYPE_CHECKING:
    import httpx

    from tarmac.platform.wire import Wire


class Platform:
    """Everything that can be asked of the platform, by noun. An async context manager; or call `aclose`.

    `on_exchange` hears of every request, redacted; it must be quick and must not raise. `network` replaces the network in
    tests. httpx is imported when the first Platform is made, not before.
    """

    def __init__(
        self,
        address: PlatformAddress,
        *,
        clock: Clock | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        policy: RetryPolicy | None = None,
        network: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        from tarmac.platform.wire import Wire

        self._clock = clock or SystemClock()
        wire = Wire(address.request_timeout, transport=network)
        self._sign_in = SignIn(address, wire, self._clock, policy=policy, listener=on_exchange)
        self._owned: Wire | None = wire
        self._use(Transport(address, wire, self._sign_in, self._clock, policy=policy, listener=on_exchange))

    def _use(self, transport: Transport) -> None:
        self._transport = transport
        self.catalog = Catalog(transport)
        self.specs = Specs(transport)
        self.connections = Connections(transport)
        self.source_connections = SourceConnections(transport)
        self.target_connections = TargetConnections(transport)
        self.flows = Flows(transport)
        self.runs = Runs(transport)
        self.adhoc = AdHoc(transport, self._clock)
        self.landing_zone = LandingZone(transport)
        self.sandboxes = Sandboxes(transport)
        self.schemas = Schemas(transport)

    @property
    def address(self) -> PlatformAddress:
        """Where this is and in which sandbox."""
        return self._transport.address

    async def sign_in(self) -> None:
        """Get a token now if there is none. Raises SignInFailed and what the way there raises."""
        await self._sign_in.token()

    def server_now(self) -> datetime:
        """Return the platform's present moment (UTC), by the `Date` of its latest answer."""
        return self._transport.server_now()

    def as_sent(self, request: PlannedRequest) -> PlannedRequest:
        """Return a planned request with all headers it will carry; the token and every secret masked. For people to read."""
        headers = merged_headers(self._transport, request)
        return PlannedRequest(request.method, request.path, headers, request.shown_body(), request.holds_data)

    def with_sandbox(self, name: str) -> Platform:
        """Return the same platform in another sandbox: same token, same connections. Closing it closes nothing."""
        other = object.__new__(Platform)
        other._clock = self._clock
        other._sign_in = self._sign_in
        other._owned = None
        other._use(self._transport.for_sandbox(name))
        return other

    async def aclose(self) -> None:
        """Close the connections, if this platform made them."""
        if self._owned is not None:
            await self._owned.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
