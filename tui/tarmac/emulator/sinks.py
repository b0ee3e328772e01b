"""Where part files go: a local folder, or a real server of one of the storages. A file is visible there only when whole."""

from __future__ import annotations

import errno
import os
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tarmac.emulator.contracts import ExportFailed, SinkTarget
from tarmac.emulator.conversion import failed
from tarmac.terms.destinations import DestinationKind

# Inside a local root: files here are not whole yet, and listings leave the folder out. Inside, because only then is the
# move into place surely one rename.
STAGING = ".tarmac-staging"
# Stands for the bucket where none is known: a base connection names none (§3.4). It need not exist.
ANY_CONTAINER = "tarmac-connection-test"
_TRIES_TO_PLACE = 100


class Sink(Protocol):
    """One storage during one export. Every method raises ExportFailed with the cause in words."""

    async def deliver(self, staged: Path, name: str) -> None:
        """Take over the whole file `staged` as `name`, relative to the sink's root."""
        ...

    async def check(self) -> None:
        """Prove that the storage lets us in, whatever is there."""
        ...

    async def commit(self) -> None:
        """All files are delivered: make visible what is not yet."""
        ...

    async def withdraw(self) -> None:
        """The export failed: remove what was delivered, as far as the storage lets us."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


async def open_sink(target: SinkTarget, written_at: datetime) -> Sink:
    """Connect to the storage that `target` names. Raises ExportFailed."""
    if target.local_root is not None:
        return LocalSink(target.local_root, written_at)
    if target.kind is DestinationKind.SFTP:
        from tarmac.emulator.sink_sftp import open_sftp

        return await open_sftp(target)
    from tarmac.emulator.sink_objects import open_objects

    return open_objects(target)


class LocalSink:
    """A folder on this machine. All files of an export appear together at its end, with the virtual time on them."""

    def __init__(self, root: Path, written_at: datetime) -> None:
        self._root = root
        self._moment = written_at.timestamp()
        self._staged: list[tuple[Path, Path]] = []
        self._moved: list[Path] = []

    async def deliver(self, staged: Path, name: str) -> None:
        """Keep `staged` for the commit."""
        parts = name.split("/")
        if STAGING in parts or any(part in {"", ".", ".."} or "\0" in part for part in parts):
            raise failed(f"The folder name {name} leads out of the storage.")
        place = self._root.joinpath(*parts)
        self._staged.append((staged, place))

    async def check(self) -> None:
        """A folder asks for no credentials."""

    async def commit(self) -> None:
        """Move every file into place."""
        for staged, place in self._staged:
            try:
                move_into_place(staged, place, self._moment)
            except OSError as error:
                raise disk_failed(error) from error
            self._moved.append(place)

    async def withdraw(self) -> None:
        """Remove what was moved."""
        for place in self._moved:
            place.unlink(missing_ok=True)

    async def close(self) -> None:
        """Nothing is held open."""


def move_into_place(staged: Path, place: Path, written_at: float) -> None:
    """Rename `staged` to `place`, dated `written_at` (epoch seconds), making its folder.

    The seven-day deletion removes empty folders, perhaps this one in between: then once more. Raises OSError.
    """
    os.utime(staged, (written_at, written_at))
    for tries_left in reversed(range(_TRIES_TO_PLACE)):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(place)
        except (FileNotFoundError, FileExistsError):
            if not tries_left:
                raise
        else:
            return


def disk_failed(error: OSError) -> ExportFailed:
    """What a fault of this machine's disk is called in a run."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return failed("The storage is full.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return failed("Access denied: the storage folder cannot be written to.")
    return failed(f"The storage folder cannot be used ({error.strerror or error}).")


def connection_failed(address: str) -> ExportFailed:
    """What a server that cannot be reached is called in a run."""
    return failed(f"The host {address} cannot be reached.")
