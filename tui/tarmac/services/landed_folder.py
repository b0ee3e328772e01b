"""Where runs land: the folder layout, its name templates read back, and files grouped into folders (platform-api §3.7, §7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tarmac.storage.store import StoredFile

# `<path>/<datasetId>/exportTime=YYYYMMDDHHMM[SS]`: 12 digits in the documents, 14 as observed (C5).
DEFAULT_TEMPLATE = "%DATASET_ID%/exportTime=%EXPORT_TIME%"
_MACRO = re.compile(r"%([A-Z_]+)(?:\(([^)%]*)\))?%")
_TIME_PARTS = (
    ("yyyy", r"\d{4}"),
    ("MM", r"\d{2}"),
    ("dd", r"\d{2}"),
    ("HH", r"\d{2}"),
    ("mm", r"\d{2}"),
    ("ss", r"\d{2}"),
)
_DATA_FILE = re.compile(r"[^._][^/]*\.(?:parquet|json|json\.gz)", re.IGNORECASE)
_MANIFEST = re.compile(r"manifest-[^/]*\.json", re.IGNORECASE)


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
        known = _known_start(self._template, self.dataset_id)
        return "/".join(part for part in (self.path.strip("/"), *known) if part)

    def group(self, files: Iterable[StoredFile]) -> list[LandedFolder]:
        """Group data files below `prefix` into the folders of runs, oldest first; anything else is left out."""
        pattern = _compile(self._template, self.dataset_id)
        base = self.path.strip("/")
        start = f"{base}/" if base else ""
        grouped: dict[str, tuple[re.Match[str], list[StoredFile]]] = {}
        for file in files:
            folder, _, name = file.path.rpartition("/")
            if not is_data_file(name) or not f"{folder}/".startswith(start):
                continue
            match = pattern.match(folder[len(start) :])
            if match is not None:
                grouped.setdefault(start + match[0], (match, []))[1].append(file)
        found = [_folder(name, match, members) for name, (match, members) in grouped.items()]
        return sorted(found, key=lambda each: (each.exported_at or _written(each), each.folder))

    @property
    def _template(self) -> str:
        return (self.template or DEFAULT_TEMPLATE).strip("/")


def default_folder(path: str, dataset_id: str) -> str:
    """Return the folder below which the default layout puts the runs of a dataset."""
    return "/".join(part for part in (path.strip("/"), dataset_id) if part)


def is_data_file(name: str) -> bool:
    """Whether a file name is that of exported rows: no manifest, marker or hidden file (platform-api §7)."""
    return _DATA_FILE.fullmatch(name) is not None and _MANIFEST.fullmatch(name) is None


def is_json(path: str) -> bool:
    """Whether a data file holds NDJSON; otherwise it is Parquet."""
    return path.lower().endswith((".json", ".json.gz"))


def _known_start(template: str, dataset_id: str) -> list[str]:
    """Return the whole folders at the start of the template whose names are known."""
    known: list[str] = []
    # The last one is never among them: its time or its files are what is looked for.
    for part in template.split("/")[:-1]:
        filled = part.replace("%DATASET_ID%", dataset_id)
        if _MACRO.search(filled):
            break
        known.append(filled)
    return known


def _compile(template: str, dataset_id: str) -> re.Pattern[str]:
    """Turn a template into a pattern for the folder below the base path; a time macro becomes named groups, the first only."""
    pieces: list[str] = []
    at = 0
    timed = False
    for macro in _MACRO.finditer(template):
        pieces.append(re.escape(template[at : macro.start()]))
        at = macro.end()
        match macro[1]:
            case "DATASET_ID":
                pieces.append(re.escape(dataset_id))
            case "EXPORT_TIME" if not timed:
                pieces.append(r"(?P<yyyy>\d{4})(?P<MM>\d{2})(?P<dd>\d{2})(?P<HH>\d{2})(?P<mm>\d{2})(?P<ss>\d{2})?")
                timed = True
            case "DATETIME" if not timed:
                pieces.append(_datetime_pattern(macro[2] or "yyyyMMdd_HHmmss"))
                timed = True
            case _:
                pieces.append(r"[^/]+?")
    pieces.append(re.escape(template[at:]))
    return re.compile("".join(pieces) + r"(?=/|$)")


def _datetime_pattern(form: str) -> str:
    """Turn a Java-like date form (`YYYYMMdd_HHmmss`) into a pattern; each part is captured once."""
    pattern = re.escape(form.replace("YYYY", "yyyy").replace("DD", "dd"))
    for name, digits in _TIME_PARTS:
        pattern = pattern.replace(name, f"(?P<{name}>{digits})", 1)
    return pattern


def _folder(name: str, match: re.Match[str], members: list[StoredFile]) -> LandedFolder:
    files = tuple(sorted(members, key=lambda file: file.path))
    parts = match.groupdict()
    values = [parts.get(key) for key, _ in _TIME_PARTS]
    if any(value is None for value in values[:3]):
        return LandedFolder(name, files)
    resolution = timedelta(days=1) if values[3] is None else timedelta(hours=1)
    if values[4] is not None:
        resolution = timedelta(minutes=1) if values[5] is None else timedelta(seconds=1)
    year, month, day, hour, minute, second = (int(value or 0) for value in values)
    try:
        return LandedFolder(name, files, datetime(year, month, day, hour, minute, second, tzinfo=UTC), resolution)
    except ValueError:
        return LandedFolder(name, files)


def _written(folder: LandedFolder) -> datetime:
    span = folder.written_between
    return span[0] if span is not None else datetime(1970, 1, 1, tzinfo=UTC)
