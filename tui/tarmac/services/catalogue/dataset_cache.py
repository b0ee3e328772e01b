"""The first rows of the Datasets screen as they were last time, so that a start shows something useful at once.

A small file beside the ledger: names, numbers and times only. It is shown with its age until the platform has answered,
and losing it is no error.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_atomic
from tarmac.terms.text import plain

if TYPE_CHECKING:  # not imported at the start
    from tarmac.profiles.places import Places

KEPT_ROWS = 200
_MAX_BYTES = 256 * 1024
_VERSION = 1


class ListedDataset(Protocol):
    """What the list shows of a dataset: a `services.catalogue.datasets.DatasetRow`, or a remembered one."""

    @property
    def id(self) -> str:
        """Catalog id."""
        ...

    @property
    def name(self) -> str:
        """Name, to be made safe where it is shown."""
        ...

    @property
    def rows(self) -> int | None:
        """Rows by the catalog."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """Bytes by the catalog."""
        ...

    @property
    def updated_at(self) -> datetime | None:
        """Last change, UTC."""
        ...

    @property
    def last_batch_status(self) -> str | None:
        """The word for the last batch."""
        ...

    @property
    def behavior(self) -> str | None:
        """Record or time-series."""
        ...


class RememberedDataset(NamedTuple):
    """A row of the file."""

    id: str
    name: str
    rows: int | None = None
    size_bytes: int | None = None
    updated_at: datetime | None = None
    last_batch_status: str | None = None
    behavior: str | None = None


class Remembered(NamedTuple):
    """The first rows, how many there were in all, and when that was (UTC)."""

    rows: tuple[RememberedDataset, ...]
    total: int
    at: datetime


def remembered_file(places: Places, profile: str) -> Path:
    """The file of a profile."""
    return places.state / profile / "datasets.json"


def read_remembered(file: Path, sandbox: str | None = None) -> Remembered | None:
    """Return what was kept, None where there is nothing of use (`sandbox`: only of this one). Never raises. Blocks."""
    try:
        with file.open("rb") as stream:
            raw = json.loads(stream.read(_MAX_BYTES))
        if raw["version"] != _VERSION or (sandbox is not None and raw["sandbox"] != sandbox):
            return None
        rows = tuple(_row(entry) for entry in raw["rows"])
        return Remembered(rows, max(len(rows), int(raw["total"])), datetime.fromisoformat(raw["at"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def write_remembered(file: Path, sandbox: str, rows: Iterable[ListedDataset], total: int, at: datetime) -> None:
    """Keep the first rows, whole or not at all; a disk that refuses is no error. Blocks."""
    kept = [
        [
            *(row.id, row.name[:200], row.rows, row.size_bytes),
            row.updated_at.isoformat() if row.updated_at else None,
            *(row.last_batch_status, row.behavior),
        ]
        for row, _ in zip(rows, range(KEPT_ROWS), strict=False)
    ]
    document = {"version": _VERSION, "sandbox": sandbox, "at": at.isoformat(), "total": total, "rows": kept}
    with contextlib.suppress(ProfileError):
        write_atomic(file, json.dumps(document).encode())


def _row(entry: list[Any]) -> RememberedDataset:
    dataset_id, name, rows, size, updated, batch, behavior = entry
    return RememberedDataset(
        plain(str(dataset_id), 64),
        plain(str(name), 200),
        rows if isinstance(rows, int) else None,
        size if isinstance(size, int) else None,
        datetime.fromisoformat(updated) if isinstance(updated, str) else None,
        plain(batch, 40) if isinstance(batch, str) else None,
        behavior if isinstance(behavior, str) else None,
    )
