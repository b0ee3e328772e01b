"""Can we read it? One listing, ended after its first page."""

from __future__ import annotations

from contextlib import aclosing

from tarmac.profiles.models import Destination, Export
from tarmac.services.plans.plan import Wish
from tarmac.services.storages.stores import opened_store
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind


async def probe(ws: Workspace, destination: Destination) -> str:
    """List one page of a destination's folder; return where that was. Raises StorageError, PlatformError, UsageError."""
    export = Export(name="probe", dataset="", destination=destination.name)
    async with opened_store(ws, Wish(export, destination)) as opened:
        async with aclosing(opened.store.list_files(destination.path)) as pages:  # type: ignore[type-var]
            async for page in pages:
                return f"{opened.store.location} can be read ({len(page)} files on the first page)"
        return f"{opened.store.location} can be read (nothing there)"


async def probe_landing_zone(ws: Workspace) -> str:
    """Probe the sandbox's landing zone, as the profile reads it if it has one."""
    known = [each for each in ws.profile.destinations.values() if each.kind is DestinationKind.DATA_LANDING_ZONE]
    kind = DestinationKind.DATA_LANDING_ZONE
    return await probe(ws, known[0] if known else Destination(kind.value, kind))
