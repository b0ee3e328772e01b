"""What the emulator is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from tarmac.emulator.strictness import Strictness
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError

DEFAULT_SANDBOX = "ml-dev"
PROD_SANDBOX = "prod"
# Virtual seconds per real second; a day passes in a tenth of a second.
MAX_SPEED = 1_000_000


class LandingZoneCloud(StrEnum):
    """Which shape the landing-zone credentials have (§6)."""

    AZURE = "azure"
    AWS = "aws"


@dataclass(frozen=True)
class EmulatorOptions:
    """One emulator. Times are virtual seconds unless named otherwise; `speed` is virtual seconds per real second.

    `storages` names real servers by kind (`http://127.0.0.1:9000`); a kind that is missing is stood for by a local folder, the
    landing zone by the built-in one. With `landing_zone_cloud` AWS, `storages[data-landing-zone]` must be
    `http://KEY:SECRET@HOST:PORT/BUCKET`; with AZURE it may be `http://HOST:PORT/ACCOUNT/CONTAINER?SAS`.
    """

    port: int = 0
    state_dir: Path | None = None
    datasets: tuple[tuple[str, Path], ...] = ()
    speed: float = 1.0
    ready_after: float = 600.0
    storages: Mapping[DestinationKind, str] = field(default_factory=dict)
    faults: Path | None = None
    strictness: Strictness = field(default_factory=Strictness)
    landing_zone_cloud: LandingZoneCloud = LandingZoneCloud.AZURE
    # Storages that this organization may not export datasets to (§4.1, second row).
    not_allow_listed: frozenset[DestinationKind] = frozenset()
    # A run waits this long before the platform starts writing.
    queue_seconds: float = 2.0
    rows_per_file: int = 100_000
    # Catalogue-only entries for benchmarks of long lists.
    synthetic_datasets: int = 0
    # Flows of other people in the sandbox, a third as many in `prod`, and connections that nobody uses.
    sample_flows: int = 0
    # Rows that every dataset of events gets in a virtual hour, from the first start on.
    growth: int = 0
    # Data usage labels by dataset name.
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The credentials, when they must be known beforehand; made up otherwise.
    client_id: str | None = None
    client_secret: str | None = None
    org_id: str | None = None
    sandbox: str = DEFAULT_SANDBOX
    # Where the sample datasets are made once and found again; None: the user's cache directory.
    cache_dir: Path | None = None

    def check(self) -> None:
        """Raise UsageError for values that cannot work, before anything is started."""
        for kind, url in self.storages.items():
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https", "sftp"} or not parts.hostname:
                raise _wrong(f"--storage {kind}={parts.scheme}://… is not an address", "Write KIND=http://HOST:PORT.")
        if not 0 <= self.port <= 65_535:
            raise _wrong(f"--port {self.port} is not a port", "Give a number from 1 to 65535, or 0 for a free one.")
        if not 0 <= self.speed <= MAX_SPEED:
            raise _wrong(f"--speed {self.speed} is out of range", f"Give a number from 0 to {MAX_SPEED:,}.")
        if (
            self.ready_after < 0
            or self.queue_seconds < 0
            or self.rows_per_file < 1
            or self.synthetic_datasets < 0
            or self.sample_flows < 0
            or self.growth < 0
        ):
            raise _wrong("A time or a count is negative", "Give numbers from 0 on.")
        landing = self.storages.get(DestinationKind.DATA_LANDING_ZONE)
        if self.landing_zone_cloud is LandingZoneCloud.AWS and (landing is None or not urlsplit(landing).username):
            raise _wrong(
                "An AWS landing zone needs a bucket",
                "Write --storage data-landing-zone=http://KEY:SECRET@HOST:PORT/BUCKET.",
            )


def _wrong(what: str, next_step: str) -> UsageError:
    return UsageError(f"{what}.", code="emulator-options", next_step=next_step)
