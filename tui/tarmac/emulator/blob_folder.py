"""A folder as a container of blobs: names from requests never lead out of it, and what is not whole is not seen."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tarmac.emulator.sinks import STAGING, move_into_place

_NAME_CHARACTERS = 1_024
_SEGMENT_BYTES = 255
# The platform's writer leaves this folder at the root of every landing zone; readers have to pass over it (§6, observed).
WRITER_MARK = "_$azuretmpfolder$"


class BadName(Exception):
    """A blob name that the folder cannot hold; the text says why."""


@dataclass(frozen=True)
class Blob:
    """One blob: name, size, when it was written (virtual) and its etag with quotes. `is_folder` is the writer's mark."""

    name: str
    size: int
    modified_at: datetime
    etag: str
    is_folder: bool = False

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> Blob:
        """The blob that a file's facts describe; another file under the same name has another etag."""
        facts = f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}".encode()
        etag = f'"0x8{hashlib.sha256(facts).hexdigest()[:14].upper()}"'
        return cls(name, found.st_size, datetime.fromtimestamp(int(found.st_mtime), UTC), etag)


@dataclass(frozen=True)
class Page:
    """One page of a listing, in name order; `next_name` is where the following one starts."""

    blobs: tuple[Blob, ...]
    prefixes: tuple[str, ...]
    next_name: str | None


class BlobFolder:
    """The blobs below `root`. All methods touch the disk: call them in a thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        # Left by a process that was killed in the middle.
        shutil.rmtree(root / STAGING, ignore_errors=True)

    def path(self, name: str) -> Path:
        """Where the blob `name` is or would be. Raises BadName."""
        segments = name.split("/")
        if not name or len(name) > _NAME_CHARACTERS:
            raise BadName("A blob name has 1 to 1,024 characters.")
        if segments[0] == STAGING or any(segment in {"", ".", ".."} or "\0" in segment for segment in segments):
            raise BadName("A blob name has no empty segment and no segment of dots.")
        if any(len(os.fsencode(segment)) > _SEGMENT_BYTES for segment in segments):
            raise BadName("A segment of a blob name has at most 255 bytes here.")
        path = self.root.joinpath(*segments)
        # A link laid into the folder must not lead out of it either.
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise BadName("A blob name stays inside its container.")
        return path

    def find(self, name: str) -> Blob | None:
        """The blob called `name`, or None. Raises BadName."""
        if name.rstrip("/") == WRITER_MARK:
            return self._writer_mark()
        try:
            path = self.path(name)
            return Blob.of(name, path.stat()) if path.is_file() else None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def page(self, prefix: str, delimiter: str, start: str, limit: int) -> Page:
        """Blobs whose names begin with `prefix`, from `start` on, at most `limit` entries; folded at `delimiter`."""
        blobs: list[Blob] = []
        prefixes: list[str] = []
        for entry in self._entries(prefix, delimiter):
            name = entry.name if isinstance(entry, Blob) else entry
            if name < start:
                continue
            if len(blobs) + len(prefixes) == limit:
                return Page(tuple(blobs), tuple(prefixes), name)
            if isinstance(entry, Blob):
                blobs.append(entry)
            else:
                prefixes.append(entry)
        return Page(tuple(blobs), tuple(prefixes), None)

    def new_staging(self) -> Path:
        """A fresh file outside every listing, to be written and then given to `put`."""
        (self.root / STAGING).mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="put-", dir=self.root / STAGING)
        os.close(descriptor)
        return Path(name)

    def put(self, staged: Path, name: str, moment: datetime) -> Blob:
        """Move a whole file into place, written at `moment`. Raises BadName, also for a name below another blob."""
        path = self.path(name)
        with staged.open("rb") as held:  # its facts can be had by this even when somebody deletes it at once
            try:
                move_into_place(staged, path, moment.timestamp())
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise BadName("A blob cannot lie below another blob, nor replace a folder.") from error
            return Blob.of(name, os.fstat(held.fileno()))

    def delete(self, name: str) -> bool:
        """Remove the blob; False when there is none. Raises BadName."""
        path = self.path(name)
        return path.is_file() and self._remove(path)

    def damage(self, name: str, keep_bytes: int | None) -> bool:
        """Cut the blob to its first `keep_bytes` without a new date, or remove it (None). Raises BadName."""
        if keep_bytes is None:
            return self.delete(name)
        path = self.path(name)
        if not path.is_file():
            return False
        written = path.stat().st_mtime
        os.truncate(path, min(keep_bytes, path.stat().st_size))
        os.utime(path, (written, written))
        return True

    def delete_older_than(self, moment: datetime) -> int:
        """Remove blobs last written before `moment`; return how many."""
        return sum(self._remove_if_older(path, moment.timestamp()) for path in list(self._files(self.root)))

    def _remove_if_older(self, path: Path, written_before: float) -> bool:
        try:
            return path.stat().st_mtime < written_before and self._remove(path)
        except FileNotFoundError:
            return False  # a client was quicker

    def _remove(self, path: Path) -> bool:
        """Unlink the file and the folders that are empty without it; False when somebody else has."""
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        self._prune(path.parent)
        return True

    def _prune(self, folder: Path) -> None:
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:  # not empty
                return
            folder = folder.parent

    def _entries(self, prefix: str, delimiter: str) -> Iterator[Blob | str]:
        folded = ""
        for name, blob in sorted(self._named(prefix), key=lambda each: each[0]):
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            if blob.is_folder and delimiter == "/":
                yield f"{name}/"
            elif cut < 0:
                yield blob
            elif name[: cut + len(delimiter)] != folded:
                folded = name[: cut + len(delimiter)]
                yield folded

    def _named(self, prefix: str) -> Sequence[tuple[str, Blob]]:
        mark = self._writer_mark()
        found = [(mark.name, mark)] if f"{mark.name}/".startswith(prefix) else []
        # Only the folder that the prefix names is walked; the rest of it is compared.
        folders = prefix.split("/")[:-1]
        if any(folder in {"", ".", ".."} or "\0" in folder for folder in folders):
            return found
        top = self.root.joinpath(*folders)
        for path in self._files(top):
            name = path.relative_to(self.root).as_posix()
            if name.startswith(prefix) and _is_text(name):
                try:
                    found.append((name, Blob.of(name, path.stat())))
                except FileNotFoundError:
                    continue  # deleted since it was seen
        return found

    def _files(self, top: Path) -> Iterator[Path]:
        for folder, folders, files in os.walk(top):
            if Path(folder) == self.root and STAGING in folders:
                folders.remove(STAGING)
            for file in files:
                path = Path(folder, file)
                if path.is_file() and not path.is_symlink():
                    yield path

    def _writer_mark(self) -> Blob:
        return Blob(WRITER_MARK, 0, datetime(2026, 1, 1, tzinfo=UTC), '"0x8DD000000000000"', is_folder=True)


def _is_text(name: str) -> bool:
    """Whether the name is text at all: a foreign file in the folder may have any bytes for a name."""
    return not any("\ud800" <= char <= "\udfff" for char in name)
