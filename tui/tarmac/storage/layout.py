"""What a listing means: which files are data, and which folders are exports (§7). Names are untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tarmac.storage.folder_template import FolderTemplate
from tarmac.storage.paths import is_safe
from tarmac.storage.store import StoredFile

# Documented with 12 digits, observed with 14 (§7, contradiction 5).
_EXPORT_TIME = re.compile(r"exportTime=(\d{12,14})")
_MANIFEST = re.compile(r"manifest-.*\.json")
# Folders of writers at work and of the storage itself; nothing below them is data.
_FOREIGN_FOLDERS = {"_temporary", "_$azuretmpfolder$"}


class DataKind(StrEnum):
    """How a data file is to be read."""

    PARQUET = "parquet"
    JSON = "json"
    JSON_GZIP = "json.gz"


@dataclass(frozen=True)
class ExportFolder:
    """One folder with data files: one run's output. `moment` is the export time in its name (UTC), where it has one."""

    path: str
    moment: datetime | None
    files: tuple[StoredFile, ...]

    @property
    def bytes(self) -> int:
        """The size of the data files together."""
        return sum(file.bytes for file in self.files)


def data_kind(path: str) -> DataKind | None:
    """Return how the file is to be read, or None for a marker, a manifest, a hidden or temporary file, or anything else.

    `.gz.parquet` is an ordinary Parquet file whose pages are compressed.
    """
    *folders, name = path.split("/")
    if any(part in _FOREIGN_FOLDERS or part.startswith(".") for part in folders):
        return None
    if name.startswith(("_", ".")) or _MANIFEST.fullmatch(name):
        return None
    lower = name.lower()
    if lower.endswith(".parquet"):
        return DataKind.PARQUET
    if lower.endswith((".json.gz", ".ndjson.gz", ".jsonl.gz")):
        return DataKind.JSON_GZIP
    if lower.endswith((".json", ".ndjson", ".jsonl")):
        return DataKind.JSON
    return None


def export_moment(folder: str) -> datetime | None:
    """Return the time in the last `exportTime=…` part of `folder`, in UTC; None if there is none or it is no time."""
    for part in reversed(folder.split("/")):
        match = _EXPORT_TIME.fullmatch(part)
        if match is None:
            continue
        digits = match[1]
        pattern = "%Y%m%d%H%M%S" if len(digits) == 14 else "%Y%m%d%H%M"
        try:
            return datetime.strptime(digits[: 14 if len(digits) == 14 else 12], pattern).replace(tzinfo=UTC)
        except ValueError:
            return None
    return None


def dataset_folder(path: str, dataset_id: str) -> str:
    """Return `<path>/<datasetId>`, the folder that holds the export folders of the default layout."""
    return "/".join(part for part in (path.strip("/"), dataset_id) if part)


def export_folders(
    files: Iterable[StoredFile], *, within: str = "", template: FolderTemplate | None = None
) -> tuple[ExportFolder, ...]:
    """Group a listing into export folders, oldest first; those without a moment come first, by path.

    A folder is one that directly holds data files. `within` keeps only what is below that folder; with `template`, only
    folders below it whose name fits are exports. Files with names that could lead elsewhere are left out.
    """
    base = within.strip("/")
    grouped: dict[str, list[StoredFile]] = {}
    for file in files:
        if not is_safe(file.path) or (base and not file.path.startswith(base + "/")):
            continue
        grouped.setdefault(file.path.rpartition("/")[0], []).append(file)
    folders = []
    for folder, held in grouped.items():
        if template is not None and not template.fits(folder[len(base) :].strip("/")):
            continue
        data = tuple(sorted((file for file in held if data_kind(file.path)), key=lambda file: file.path))
        if data:
            moment = template.moment(folder[len(base) :].strip("/")) if template else export_moment(folder)
            folders.append(ExportFolder(folder, moment, data))
    earliest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(folders, key=lambda folder: (folder.moment or earliest, folder.path)))
