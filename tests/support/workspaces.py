"""A workspace whose platform is an emulator in the test's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from support.emulated import Emulated
from tarmac.profiles.models import (
    Config,
    Destination,
    Export,
    PlatformSettings,
    Profile,
    SecretRef,
    SecretSource,
    Timing,
)
from tarmac.profiles.places import Places
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.times import Clock, SystemClock

LANDING = Destination("landing", DestinationKind.DATA_LANDING_ZONE, {"path": "ml/churn"})


class HastyClock(SystemClock):
    """Real time, but a wait takes a twentieth of what was asked for."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 20)


class QuickClock(SystemClock):
    """Real time, but a wait takes a hundredth of what was asked for, and at least a moment. `slept` is what was asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(min(0.05, max(0.002, seconds / 100)))


def literal(value: str) -> SecretRef:
    return SecretRef(SecretSource.LITERAL, value)


def profile_of(emulated: Emulated, destinations: Mapping[str, Destination] | None = None) -> Profile:
    settings = PlatformSettings(
        org_id=emulated.org_id,
        client_id=emulated.client_id,
        client_secret=literal(emulated.client_secret),
        sandbox=emulated.sandbox,
        base_url=emulated.base_url,
        ims_url=emulated.base_url,
    )
    return Profile("test", settings, destinations or {"landing": LANDING})


@asynccontextmanager
async def opened(
    emulated: Emulated,
    folder: Path,
    *,
    probe_s: float = 2.0,
    poll_s: float = 0.5,
    read_only: bool = False,
    clock: Clock | None = None,
    destinations: Mapping[str, Destination] | None = None,
) -> AsyncIterator[Workspace]:
    """Open a workspace on the emulator with its configuration and state below `folder`."""
    timing = Timing(timedelta(seconds=probe_s), timedelta(seconds=poll_s), timedelta(seconds=10))
    places = Places(folder / "config", folder / "state")
    async with Workspace(
        profile_of(emulated, destinations),
        config=Config(timing=timing),
        places=places,
        read_only=read_only,
        clock=clock,
    ) as workspace:
        yield workspace


def wish(dataset: str, destination: Destination = LANDING, **fields: object) -> Wish:
    """Return the wish `churn` (or another `name`): this dataset to that destination."""
    fields = {"name": "churn", **fields}
    return Wish(Export(dataset=dataset, destination=destination.name, **fields), destination)  # type: ignore[arg-type]
