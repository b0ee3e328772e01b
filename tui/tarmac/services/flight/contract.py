"""What a workspace asks of a recording, whether it is being made or shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from tarmac.platform.exchanges import Exchange
from tarmac.storage.store import Store
from tarmac.terms.errors import TarmacError
from tarmac.terms.times import Clock

if TYPE_CHECKING:
    import httpx

    from tarmac.services.reading.read_address import ReadAddress
    from tarmac.services.storages.stores import OpenedStore
    from tarmac.services.workspace import Workspace
    from tarmac.storage.probe import ProbeStep


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

    @property
    def is_replay(self) -> bool:
        """Whether this is a recording that is shown: then nothing is to be written outside of it."""
        ...

    @property
    def ended_early(self) -> str:
        """Why a recording lacks the rest of the session, for people; empty where it lacks nothing."""
        ...

    async def opened_store(self, destination: str) -> OpenedStore | None:
        """Return the storage to use instead of a destination's real one; None: the real one is used."""
        ...

    def watched(self, store: Store, destination: str, address: ReadAddress) -> Store:
        """Return the store to use in place of a destination's real one."""
        ...

    def not_opened(self, destination: str, error: TarmacError) -> None:
        """Hear why a destination's storage could not be opened."""
        ...

    def known_probe(self, destination: str) -> Sequence[ProbeStep] | None:
        """Return the test of a destination's storage to show instead of a real one; None: a real one is made."""
        ...

    def probed(self, destination: str, steps: Sequence[ProbeStep]) -> None:
        """Hear of a test of a destination's storage."""
        ...
