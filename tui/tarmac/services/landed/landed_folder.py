"""Where the runs of one dataset land, and what one of their folders holds (platform-api §3.7, §7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarmac.storage.folder_template import FolderTemplate
from tarmac.storage.layout import dataset_folder, export_folders
from tarmac.storage.store import StoredFile

_MACRO = re.compile(r"%[A-Z_]+(?:\([^)%]*\))?%")
_DIGITS = re.compile(r"exportTime=(\d+)")


@dataclass(frozen=True)
class LandedFolder:
    """One folder with data files, sorted by path. `exported_at` is the time in its name, `resolution` how exact it is."""

    folder: str
    files: tuple[StoredFile, ...]
    exported_at: datetime | None = None
    resolution: timedelta = timedelta(seconds=1)

    @property
    def bytes(self) -> int:
        """Bytes of all data files."""
        return sum(file.bytes for file in self.files)

    @property
    def written_between(self) -> tuple[datetime, datetime] | None:
        """When the first and the last file were written; None if the storage does not say it for every file."""
        moments = [file.modified_at for file in self.files if file.modified_at is not None]
        return (min(moments), max(moments)) if moments and len(moments) == len(self.files) else None


@dataclass(frozen=True)
class Place:
    """Where the runs of one dataset land: the base folder, the dataset, and the flow's folder template if it has one."""

    path: str
    dataset_id: str
    template: str | None = None

    @property
    def prefix(self) -> str:
        """The deepest folder that surely holds all of them and as little else as possible; no slash at either end."""
        if not self.template:
            return dataset_folder(self.path, self.dataset_id)
        known = _known_start(self.template.strip("/"), self.dataset_id)
        return "/".join(part for part in (self.path.strip("/"), known) if part)

    def group(self, files: Iterable[StoredFile]) -> list[LandedFolder]:
        """Group files below `prefix` into the folders of runs, oldest first; anything else is left out."""
        if not self.template:
            found = export_folders(files, within=self.prefix)
            # A folder of another name was not made by a run of this layout, whatever it holds.
            return [
                LandedFolder(each.path, each.files, each.moment, _default_resolution(each.path))
                for each in found
                if each.moment is not None and each.path.rpartition("/")[0] == self.prefix
            ]
        template = FolderTemplate(self.template, {"DATASET_ID": self.dataset_id})
        resolution = _template_resolution(self.template)
        return [
            LandedFolder(each.path, each.files, each.moment, resolution)
            for each in export_folders(files, within=self.path, template=template)
        ]


def _known_start(template: str, dataset_id: str) -> str:
    """Return the whole folders at the start of the template whose names are known.

    The last one is never among them: its time or its files are what is looked for. A macro's argument may hold a slash.
    """
    filled = template.replace("%DATASET_ID%", dataset_id)
    unknown = _MACRO.search(filled)
    return (filled if unknown is None else filled[: unknown.start()]).rpartition("/")[0]


def _default_resolution(folder: str) -> timedelta:
    """Twelve digits are a whole minute (C5)."""
    digits = _DIGITS.search(folder.rpartition("/")[2])
    return timedelta(minutes=1) if digits is not None and len(digits[1]) < 14 else timedelta(seconds=1)


def _template_resolution(template: str) -> timedelta:
    if "ss" in template or "%EXPORT_TIME%" in template or "%DATETIME%" in template:
        return timedelta(seconds=1)
    if "mm" in template:
        return timedelta(minutes=1)
    return timedelta(hours=1) if "HH" in template else timedelta(days=1)
