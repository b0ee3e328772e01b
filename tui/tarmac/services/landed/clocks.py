"""The two clocks of an export: when its files are deleted, and when the key to read them ends (platform-api §6).

Both run on the platform's time. What is not known is said to be unknown, never taken for "for ever".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tarmac.services.landed.receipt import Receipt
from tarmac.services.plans.checks import DEFAULT_TTL_DAYS
from tarmac.services.workspace import Workspace
from tarmac.storage.store import StoredFile
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.times import in_words

_SOON = timedelta(days=3)
_NOW = timedelta(days=1)


class Urgency(StrEnum):
    """How near an end is; screens give each a colour, and the words say it without one."""

    NONE = "none"
    CALM = "calm"
    SOON = "soon"
    NOW = "now"
    OVER = "over"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class End:
    """One end: when (None: never, or unknown, as `urgency` says), how near, and in words."""

    at: datetime | None
    urgency: Urgency
    words: str


@dataclass(frozen=True)
class Clocks:
    """Both ends of one export."""

    files: End
    credentials: End

    @property
    def should_copy(self) -> bool:
        """Whether the files ought to be copied elsewhere soon."""
        return self.files.urgency in {Urgency.SOON, Urgency.NOW}


async def clocks_of(ws: Workspace, kind: DestinationKind, written: datetime | None) -> Clocks:
    """Ask the platform for both ends; `written` is when the oldest file was written. Raises PlatformError."""
    if kind is not DestinationKind.DATA_LANDING_ZONE:
        return own_storage_clocks()
    platform = await ws.platform()
    info = await platform.landing_zone.info()
    credentials = await platform.landing_zone.credentials()
    return landing_zone_clocks(written, info.ttl_days, credentials.expires_at, ws.now())


def own_storage_clocks() -> Clocks:
    """Return the clocks of a storage that is the user's: neither runs here."""
    return Clocks(
        End(None, Urgency.NONE, "kept as long as your storage keeps them"),
        End(None, Urgency.NONE, "your own key: the platform does not end it"),
    )


def landing_zone_clocks(
    written: datetime | None, ttl_days: int | None, credentials_end: datetime | None, now: datetime
) -> Clocks:
    """Return the clocks of a landing zone at the platform's time `now`; `ttl_days` None means that it does not say."""
    return Clocks(_files_end(written, ttl_days, now), _credentials_end(credentials_end, now))


def oldest_written(files: Iterable[StoredFile]) -> datetime | None:
    """Return when the oldest file was written; None if the storage does not say it for any."""
    return min((file.modified_at for file in files if file.modified_at is not None), default=None)


def written_by(receipt: Receipt) -> datetime:
    """Return when a receipt's files were written, as near as it tells: the deletion counts from then."""
    return receipt.run_started_at or receipt.run_ended_at or receipt.checked_at


def _files_end(written: datetime | None, ttl_days: int | None, now: datetime) -> End:
    days = DEFAULT_TTL_DAYS if ttl_days is None else ttl_days
    documented = "" if ttl_days is not None else ", as documented"
    if written is None:
        return End(None, Urgency.UNKNOWN, f"deleted {days} days after they were written{documented}; when is not known")
    until = written + timedelta(days=days)
    left = until - now
    if left <= timedelta(0):
        return End(until, Urgency.OVER, f"deleted since {until:%Y-%m-%d %H:%M} UTC: export again")
    words = f"deleted in {in_words(left)}, on {until:%Y-%m-%d %H:%M} UTC (after {days} days{documented})"
    return End(until, _urgency(left), words)


def _credentials_end(ends: datetime | None, now: datetime) -> End:
    if ends is None:
        return End(None, Urgency.UNKNOWN, "end unknown: the token does not say it")
    left = ends - now
    if left <= timedelta(0):
        return End(ends, Urgency.OVER, f"ended on {ends:%Y-%m-%d %H:%M} UTC: ask for new ones")
    words = f"ends in {in_words(left)}, on {ends:%Y-%m-%d %H:%M} UTC; then use a new one"
    return End(ends, _urgency(left), words)


def _urgency(left: timedelta) -> Urgency:
    if left <= _NOW:
        return Urgency.NOW
    return Urgency.SOON if left <= _SOON else Urgency.CALM
