"""The receipt: the proof of one verified run (design §5.3). One JSON file, written once, read back strictly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class LandedFile:
    """One data file: path below the store's root, size in bytes, rows (None if it could not be counted)."""

    path: str
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class RowVerdict:
    """One comparison, in words: what was compared, the two numbers, whether they agree (None: could not be checked)."""

    title: str
    left: int | None
    right: int | None
    agrees: bool | None
    explanation: str = ""


@dataclass(frozen=True)
class ConfirmedWord:
    """A word that a person typed before the export was changed, what for, and when (UTC)."""

    word: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class Receipt:
    """What landed and how it was proved."""

    export: str
    dataset_id: str
    dataset_name: str
    catalog_rows: int | None
    flow_id: str
    run_id: str
    run_status: str
    run_started_at: datetime | None
    run_ended_at: datetime | None
    run_output_rows: int | None
    run_output_bytes: int | None
    run_output_files: int | None
    destination: str
    destination_kind: str
    store_location: str
    # None: the run wrote nothing.
    folder: str | None
    files: tuple[LandedFile, ...]
    parquet_schema: tuple[str, ...]
    schema_hash: str | None
    files_hash: str
    read_set: tuple[str, ...]
    verdicts: tuple[RowVerdict, ...]
    verified: bool
    checked_at: datetime
    confirmed: tuple[ConfirmedWord, ...] = ()

    def is_of(self, destination: str, location: str) -> bool:
        """Whether it is of this destination, or of the storage there: two destinations may have folders of the same name.

        Either is enough: a destination may have got another name since, a local storage another port.
        """
        return self.destination == destination or self.store_location == location

    @property
    def rows(self) -> int | None:
        """Rows counted in all files; None if any could not be counted."""
        counts = [file.rows for file in self.files]
        return None if any(count is None for count in counts) else sum(count or 0 for count in counts)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)
