"""What a workspace asks of a recording, whether it is being made or shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tarmac.platform.exchanges import Exchange
from tarmac.storage.store import Store
from tarmac.terms.times import Clock

if TYPE_CHECKING:
    import httpx

    from tarmac.services.storages.stores import OpenedStore
    from tarmac.services.workspace import Workspace


class Flight(Protocol):
    """A `Recorder` or a `Replay`."""

    @property
    def clock(self) -> Clock | None:
        """The time to live in; None: the machine's own."""
        ...

    @property
    def network(self) -> httpx.AsyncBaseTransport | None:
        """What stands in for the network; None: nothing does."""
        ...

    @property
    def listener(self) -> Callable[[Exchange], None] | None:
        """Who hears of every request; None: nobody."""
        ...

    def board(self, workspace: Workspace) -> None:
        """Be part of this workspace from now on."""
        ...

    async def opened_store(self) -> OpenedStore | None:
        """Return the storage to use instead of the real one; None: the real one is used."""
        ...

    def watched(self, store: Store) -> Store:
        """Return the store to use in place of a real one."""
        ...
