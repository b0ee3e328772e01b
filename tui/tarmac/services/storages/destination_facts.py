"""What the sandbox says about a destination kind while one fills in its form: base connections that exist, its live spec."""

from __future__ import annotations

from dataclasses import dataclass

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Connection
from tarmac.services.plans.live_specs import LiveSpec, live_spec
from tarmac.services.storages.base_connections import usable_bases
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind


@dataclass(frozen=True)
class DestinationFacts:
    """`bases` are the enabled base connections of the kind, the newest first."""

    kind: DestinationKind
    bases: tuple[Connection, ...]
    live: LiveSpec


async def destination_facts(ws: Workspace, kind: DestinationKind) -> DestinationFacts:
    """Read both. Connections that cannot be listed are none; raises what the platform raises where it lets us do nothing."""
    platform = await ws.platform()
    live = await live_spec(platform, kind)
    try:
        bases = await usable_bases(ws, kind)
    except PlatformError:
        bases = ()  # one can be made all the same; the plan says what is wrong, if anything is
    return DestinationFacts(kind, bases, live)
