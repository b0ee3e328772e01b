"""The landing zone's key: what it is good for, who uses it, and replacing it (platform-api §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tarmac.platform.models import AzureLandingZone, Flow
from tarmac.services.landed.clocks import End, landing_zone_clocks
from tarmac.services.runs.known_exports import export_of
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.text import plain

_NAMED = 5


@dataclass(frozen=True)
class LandingZoneStatus:
    """The sandbox's landing zone. `location` holds no secret; `exports` are those that land there, by name."""

    sandbox: str
    container: str
    location: str
    ttl_days: int | None
    key_end: End
    exports: tuple[str, ...]
    others: int

    @property
    def who_loses_access(self) -> str:
        """Say who is locked out when the key is replaced."""
        named = ", ".join(plain(name, 60) for name in self.exports[:_NAMED])
        more = f" and {len(self.exports) - _NAMED} more" if len(self.exports) > _NAMED else ""
        readers = f"whoever reads {named}{more}" if self.exports else "whoever reads from it"
        others = f", and the readers of {self.others} dataflows made by other tools" if self.others else ""
        return (
            f"every program that uses the present key of {plain(self.container)} in the sandbox {self.sandbox} loses access at "
            f"once: {readers}{others}, until it gets the new one. The platform itself goes on writing."
        )


@dataclass(frozen=True)
class RefreshedKey:
    """What is known of the new key; the key itself is asked for when it is needed."""

    container: str
    expires_at: datetime | None


async def landing_zone_status(ws: Workspace) -> LandingZoneStatus:
    """Ask for the landing zone, its key's end and the dataflows that land there. Raises PlatformError."""
    platform = await ws.platform()
    info = await platform.landing_zone.info()
    key = await platform.landing_zone.credentials()
    location = key.uri if isinstance(key, AzureLandingZone) else f"s3://{key.bucket}/{key.folder}"
    flows = [flow for flow in await platform.flows.all() if flow.kind is DestinationKind.DATA_LANDING_ZONE]
    exports = sorted({name for flow in flows if (name := export_of(flow)) is not None})
    return LandingZoneStatus(
        sandbox=ws.profile.platform.sandbox,
        container=info.container,
        location=location,
        ttl_days=info.ttl_days,
        key_end=landing_zone_clocks(None, info.ttl_days, key.expires_at, ws.now()).credentials,
        exports=tuple(exports),
        others=sum(1 for flow in flows if _is_foreign(flow)),
    )


async def refresh_landing_zone(ws: Workspace) -> RefreshedKey:
    """Replace the key; ask first: see `LandingZoneStatus.who_loses_access`. Raises ReadOnly, PlatformError."""
    ws.require_write("replace the landing zone's key")
    fresh = await (await ws.platform()).landing_zone.refresh()
    container = fresh.container if isinstance(fresh, AzureLandingZone) else fresh.folder
    return RefreshedKey(container, fresh.expires_at)


def _is_foreign(flow: Flow) -> bool:
    return export_of(flow) is None
