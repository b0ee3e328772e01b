"""One opened connection profile: everything a service needs to work for it.

A workspace is cheap to make: it resolves no secret and imports no HTTP library until `platform()` is called for the first
time. Screens and commands open one and pass it to every service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tarmac.platform.address import PlatformAddress
from tarmac.profiles.config_store import load_config
from tarmac.profiles.export_store import ExportStore
from tarmac.profiles.models import Config, Destination, Profile, SecretRef
from tarmac.profiles.places import Places, find_places
from tarmac.profiles.profile_store import ProfileStore
from tarmac.profiles.secrets import SecretBox
from tarmac.services.errors import ReadOnly
from tarmac.services.exports.history import History
from tarmac.services.exports.ledger import Ledger
from tarmac.services.exports.pacing import Throttle
from tarmac.services.runs.run_feed import RunFeed
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain
from tarmac.terms.times import Clock, SystemClock

if TYPE_CHECKING:
    # httpx is heavy: it is imported when the first request is near, in a thread.
    from tarmac.platform.client import Platform
    from tarmac.services.flight.contract import Flight

# One container per sandbox, and the platform hands out its credentials: there is nothing to configure but the folder.
_LANDING_ZONE_NAMES = (DestinationKind.DATA_LANDING_ZONE.value, "landing")


class Workspace:
    """A profile, its configuration, its state on disk and its connection to the platform.

    `exports` holds the saved exports (its methods block on the disk). `throttle` is what every poll passes through, so
    that any number of watched runs asks at most once a second (§8); `runs` is how watched runs are asked for, many at once.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        config: Config | None = None,
        places: Places | None = None,
        clock: Clock | None = None,
        read_only: bool = False,
        platform: Platform | None = None,
    ) -> None:
        self.profile = profile
        self.config = config or Config()
        self.places = places or find_places()
        self.clock: Clock = clock or SystemClock()
        self.read_only = read_only
        self.state_dir: Path = self.places.profile_state(profile.name)
        self.ledger = Ledger(self.places.ledger_file(profile.name), self.clock)
        self.exports = ExportStore(self.places, profile.name)
        self.history = History(self.state_dir / "history.jsonl")
        self.throttle = Throttle.for_poll(self.clock, self.config.timing.poll)
        self.runs = RunFeed(self.clock, self.throttle)
        self.secret_box = SecretBox()
        self.flight: Flight | None = None  # a recording that is made, or shown
        self._typed: frozenset[str] = frozenset()
        self._platform = platform
        self._connecting = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        profile: Profile | str | None = None,
        *,
        places: Places | None = None,
        config: Config | None = None,
        clock: Clock | None = None,
        read_only: bool = False,
    ) -> Self:
        """Open a profile by name, or the one that `ProfileStore.choose` picks when none is named.

        Raises ProfileError for a profile or configuration that is missing or wrong. Nothing is sent.
        """
        where = places or find_places()
        settings = await asyncio.to_thread(load_config, where.config_file) if config is None else config
        opened = (
            profile
            if isinstance(profile, Profile)
            else await asyncio.to_thread(_load, ProfileStore(where), profile, settings)
        )
        return cls(opened, config=settings, places=where, clock=clock, read_only=read_only)

    async def platform(self) -> Platform:
        """Return the platform client; the first call resolves the client secret and imports httpx, off the event loop.

        Raises UsageError for a secret that cannot be had or an address that must not be used. Nothing is sent yet.
        """
        async with self._connecting:
            if self._platform is None:
                settings = self.profile.platform
                address = PlatformAddress(
                    base_url=settings.base_url,
                    ims_url=settings.ims_url,
                    org_id=settings.org_id,
                    client_id=settings.client_id,
                    client_secrets=tuple([await self.secret_box.get(ref) for ref in settings.client_secrets]),
                    scopes=settings.scopes,
                    sandbox=settings.sandbox,
                    request_timeout=self.config.timing.request_timeout,
                )
                self._platform = await asyncio.to_thread(_connect, address, self.clock, self.flight)
            return self._platform

    def now(self) -> datetime:
        """Return the platform's time as far as it is known from its answers, else this machine's (UTC)."""
        return self.clock.now() if self._platform is None else self._platform.server_now()

    @property
    def ahead_s(self) -> float:
        """Seconds that the platform's clock is ahead of this machine's, as far as it is known."""
        return round((self.now() - self.clock.now()).total_seconds(), 3)

    def require_write(self, what: str) -> None:
        """Raise ReadOnly while writes are off; `what` completes "tarmac was asked to …"."""
        if self.read_only:
            raise ReadOnly(
                f"tarmac was asked to {what}, and it runs read-only",
                meaning="Nothing was sent.",
                next_step="Start tarmac without --read-only to do this.",
            )

    def destination(self, name: str) -> Destination:
        """Return a destination of the profile; the landing zone needs no entry there. Raises UsageError with what there is."""
        found = self.profile.destinations.get(name)
        if found is None and name in _LANDING_ZONE_NAMES:
            return Destination(name, DestinationKind.DATA_LANDING_ZONE)
        if found is not None:
            return found
        known = ", ".join(sorted(self.profile.destinations)) or "none yet"
        raise UsageError(
            f"there is no destination {plain(name, 80)!r} in the connection profile {self.profile.name}",
            code="unknown-destination",
            meaning=f"Destinations there: {known}. The landing zone can be used as {_LANDING_ZONE_NAMES[0]} without an entry.",
            next_step=f"Choose one of these, or add it to {self.places.profile_file(self.profile.name)}.",
        )

    @property
    def typed(self) -> frozenset[str]:
        """Names of the destinations that are known while this workspace is open only: they are not in the profile's file."""
        return self._typed

    def keep_typed(self, destination: Destination) -> None:
        """Know a destination that was typed in, until this workspace is closed; one that was typed before is replaced.

        Raises UsageError where the profile's file has one of that name.
        """
        known = self.profile.destinations
        if destination.name in known and destination.name not in self._typed:
            raise UsageError(
                f"The profile has a destination {plain(destination.name, 80)} already",
                next_step="Give it another name.",
            )
        self.profile = replace(self.profile, destinations={**known, destination.name: destination})
        self._typed |= {destination.name}

    async def secrets(self, references: Mapping[str, str | SecretRef]) -> dict[str, Secret]:
        """Resolve references now: variables, files, commands, keyring. Raises SecretUnavailable."""
        return {
            key: Secret(reference) if isinstance(reference, str) else await self.secret_box.get(reference)
            for key, reference in references.items()
        }

    async def aclose(self) -> None:
        """Close connections."""
        self.runs.close()
        if self._platform is not None:
            await self._platform.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _load(store: ProfileStore, name: str | None, config: Config) -> Profile:
    return store.load(store.choose(name, config.profile))


def _connect(address: PlatformAddress, clock: Clock, flight: Flight | None) -> Platform:
    from tarmac.platform.client import Platform

    if flight is None:
        return Platform(address, clock=clock)
    return Platform(address, clock=clock, on_exchange=flight.listener, network=flight.network)
