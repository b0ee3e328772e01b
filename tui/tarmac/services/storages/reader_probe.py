"""Can the training job read it? The storage asked layer by layer, with the credentials that the job will use."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tarmac.platform.errors import PlatformError
from tarmac.profiles.models import Destination, Export
from tarmac.services.plans.plan import Wish
from tarmac.services.storages.stores import access_for
from tarmac.services.workspace import Workspace
from tarmac.storage.access import Access, SftpAccess
from tarmac.storage.probe import ProbeStep, probe_steps
from tarmac.terms.errors import UsageError

__all__ = ["ProbeStep", "probe_reader"]


async def probe_reader(ws: Workspace, destination: Destination) -> AsyncGenerator[ProbeStep, None]:
    """Yield each layer as soon as it is known, and stop behind the first that fails; never raises for what it finds.

    Layers: credentials, name, connection, TLS (SFTP: host key), sign-in, list, read one footer, speed.
    """
    if ws.flight is None:
        async for step in _probe(ws, destination):
            yield step
        return
    known = ws.flight.known_probe(destination.name)
    if known is not None:
        for step in known:
            yield step
        return
    steps: list[ProbeStep] = []
    try:
        async for step in _probe(ws, destination):
            steps.append(step)
            yield step
    finally:
        ws.flight.probed(destination.name, steps)


async def _probe(ws: Workspace, destination: Destination) -> AsyncGenerator[ProbeStep, None]:
    wish = Wish(Export(name="probe", dataset="", destination=destination.name), destination)
    started = ws.clock.monotonic()
    try:
        access = await access_for(ws, wish)
    except (UsageError, PlatformError) as error:
        yield ProbeStep("credentials", False, error.message, ws.clock.monotonic() - started, error.next_step, error)
        return
    yield ProbeStep("credentials", True, "found", ws.clock.monotonic() - started)
    await asyncio.to_thread(_import_client, access)
    async with aclosing(probe_steps(access, destination.path)) as steps:  # type: ignore[type-var]  # a generator, see there
        async for step in steps:
            yield step


def _import_client(access: Access) -> None:
    """Load the client library, which takes a while, in a thread: the screen goes on."""
    name = "sftp_store" if isinstance(access, SftpAccess) else "object_store"
    importlib.import_module(f"tarmac.storage.{name}")
