"""What the API part and the moving part of the emulator hand each other: datasets, export jobs, results, sinks.

The API (flow service, runs, scheduler) decides *what* is exported and *when* on the virtual clock; the engine, the sample
datasets and the landing zone do the moving. All values are frozen and picklable, since a job crosses into a worker process.

`samples.load_datasets(given: Sequence[tuple[str, Path]], cache_dir: Path, …) -> tuple[EmulatedDataset, ...]` (async) reads the
given Parquet files or folders, or makes the sample datasets when none are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

if TYPE_CHECKING:
    # Starlette is heavy and this module is imported by everything in the package.
    from starlette.routing import BaseRoute


class Behavior(StrEnum):
    """A dataset's `classification.dataBehavior`."""

    RECORD = "record"
    TIME_SERIES = "time-series"


@dataclass(frozen=True)
class Column:
    """One column of a dataset: `type` in Arrow's words (`int64`, `string`, `struct`, `list`), nested ones in `children`."""

    name: str
    type: str
    children: tuple[Column, ...] = ()


@dataclass(frozen=True)
class EmulatedDataset:
    """One dataset of the emulated data lake, with the Parquet files that hold it.

    `id` is 24 hex digits and the same at every start. `size_bytes` is the size of all files. `timestamp_column` is the event
    time of a time-series dataset; `label_column` is the target of a training set. A catalogue-only entry has no files.
    """

    id: str
    name: str
    description: str
    files: tuple[Path, ...]
    rows: int
    size_bytes: int
    columns: tuple[Column, ...]
    behavior: Behavior = Behavior.RECORD
    timestamp_column: str | None = None
    label_column: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeWindow:
    """Rows whose `column` lies in `since <= value < until`; a missing bound is open."""

    column: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class SinkTarget:
    """Where the worker writes.

    Either `local_root` is set and files go to that directory (the built-in landing zone, or the folder that stands for a
    storage nobody named with `--storage`), or `endpoint` is set and they go to a real server: `container` is the bucket,
    container or file system (None on SFTP), `auth` the `auth.specName` of the base connection and `credentials` its
    `auth.params` as sent by the client (§3.4).
    """

    kind: DestinationKind
    local_root: Path | None = None
    endpoint: str | None = None
    container: str | None = None
    auth: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ExportJob:
    """One export of one dataset into one folder.

    `folder` is relative to the sink's root and complete (`ml/churn/66c0…/exportTime=20261123010000`), without slashes at
    either end. `file_stem_seed` makes the part file names of §7 repeatable. `written_at` is the virtual moment of the
    run: local files get it as their modification time, so that the seven-day deletion follows the virtual clock.
    """

    job_id: str
    files: tuple[Path, ...]
    format: FileFormat
    compression: Compression
    folder: str
    file_stem_seed: int
    rows_per_file: int
    sink: SinkTarget
    written_at: datetime
    row_filter: TimeWindow | None = None
    # After so many files the export goes no further, and what is written stays: a run caught in the middle.
    file_limit: int | None = None


@dataclass(frozen=True)
class ExportedFile:
    """One landed file; `path` is relative to the sink's root."""

    path: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class ExportResult:
    """What an export did: rows written, rows read (`input_rows`), bytes written and the files in order."""

    rows: int
    input_rows: int
    bytes: int
    files: tuple[ExportedFile, ...]


class ExportFailed(Exception):
    """An export did not end well; `code` and `message` go into the run's `statusSummary.errors`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[ExportFailed], tuple[str, str]]:
        # Without this a copy from the worker process would be built from the one joined text.
        return (ExportFailed, (self.code, self.message))


OnFile = Callable[[ExportedFile], None]


class ExportEngine(Protocol):
    """Runs export jobs in a process of its own, so that the API keeps answering (design §8)."""

    async def start(self) -> None:
        """Start the worker process."""
        ...

    async def close(self) -> None:
        """End the worker process within a second, whatever it is doing."""
        ...

    async def export(self, job: ExportJob, on_file: OnFile | None = None) -> ExportResult:
        """Run one job. Raises ExportFailed; cancelling the caller gives the job up."""
        ...

    async def preview(self, files: Sequence[Path], limit: int) -> list[dict[str, Any]]:
        """Return the first `limit` rows as JSON values (Data Access preview), also while an export runs."""
        ...


class LandingZoneStore(Protocol):
    """The built-in Data Landing Zone: a folder that answers like an Azure Blob container (§6).

    The real one is `landing_zone.LandingZone(root: Path, now: Callable[[], datetime])`; it keeps its signing key and
    token below `root`, so that both survive a restart.
    """

    @property
    def container_name(self) -> str:
        """The container of this sandbox (`dlz-destination`)."""
        ...

    def bind(self, base_url: str) -> None:
        """Take the server's own address (`http://127.0.0.1:PORT`), known once it listens; the SAS URI names it."""
        ...

    def routes(self) -> Sequence[BaseRoute]:
        """Starlette routes under `/{account}/{container}`."""
        ...

    def credentials(self) -> dict[str, Any]:
        """The Azure shape of §6: containerName, SASToken, storageAccountName, SASUri, expiryDate. Renews what has expired."""
        ...

    def refresh(self) -> dict[str, Any]:
        """Issue a new SAS, make the old one invalid, return the new credentials."""
        ...

    def delete_older_than(self, moment: datetime) -> int:
        """Delete files last written before `moment` (virtual); return how many."""
        ...

    def damage(self, name: str, keep_bytes: int | None) -> bool:
        """Cut a file to its first `keep_bytes`, or delete it (None); its date stays. False when there is none."""
        ...

    def sink(self) -> SinkTarget:
        """Where the engine writes for this container."""
        ...
