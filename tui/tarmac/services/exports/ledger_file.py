"""The ledger's file: lines appended and synced, read once and then from where the last reading stopped, old ones put away.

Several processes append, read and put away at once: a lock on the file keeps lines whole, and whoever finds after locking it
that another file has taken its place begins again with that one.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_atomic
from tarmac.services.exports.chain import Entry, Kind
from tarmac.terms.errors import TarmacError, UsageError


class LedgerError(TarmacError):
    """The ledger cannot be written: nothing is sent that could not be found again."""

    default_code = "ledger"


class LedgerUnusable(LedgerError, UsageError):
    """The same before this process has written a line, and so before it has sent anything that changes something."""


class LedgerFile:
    """One file of lines. All methods touch the disk: call them off the event loop."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._has_written = False
        self._reading = threading.Lock()
        self._inode = 0
        self._read_to = 0
        self._entries: list[Entry] = []

    @property
    def archive(self) -> Path:
        """Where old lines go; nothing reads it but a person."""
        return self.path.with_name("ledger-old.jsonl")

    def append(self, line: str) -> None:
        """Add one line and return when it is on the disk. Raises LedgerError, or LedgerUnusable for the first line."""
        try:
            handle = self._locked()
            try:
                size = os.fstat(handle).st_size
                # A crash may have left half a line: keep ours apart from it.
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                _write(handle, (b"\n" if torn else b"") + line.encode() + b"\n")
            except OSError as error:
                raise cannot_write(self.path, error) from error
            finally:
                os.close(handle)
        except LedgerError as error:
            raise self._told(error) from error
        self._has_written = True

    def read(self) -> tuple[Entry, ...]:
        """Return every readable entry, oldest first. Raises LedgerError, or LedgerUnusable before the first line."""
        with self._reading:
            try:
                with self.path.open("rb") as stream:
                    found = os.fstat(stream.fileno())
                    if found.st_ino != self._inode or found.st_size < self._read_to:
                        self._inode, self._read_to, self._entries = found.st_ino, 0, []
                    stream.seek(self._read_to)
                    data = stream.read()
            except FileNotFoundError:
                return ()
            except OSError as error:
                unread = LedgerError(
                    f"{self.path} cannot be read: {error.strerror}",
                    meaning="Without it, it is not known what was created before.",
                    next_step="Make the file readable for you, or move it away.",
                )
                raise self._told(unread) from error
            whole, end, rest = data.rpartition(b"\n")
            self._read_to += len(whole) + len(end)
            self._entries += _entries_of(whole)
            # A last line without its end may be whole, or be written just now: it is read again next time.
            return (*self._entries, *_entries_of(rest))

    def put_away(self, choose: Callable[[Sequence[Entry]], Collection[str]]) -> None:
        """Move the lines of the chains that `choose` names, and lines that say nothing, to the archive. Raises LedgerError.

        Killed in between, lines stand in both files; none is ever in neither.
        """
        handle = self._locked()
        try:
            size = os.fstat(handle).st_size
            lines = os.pread(handle, size, 0).splitlines(keepends=True)
            entries = [read_entry(line) for line in lines]
            old = choose([entry for entry in entries if entry is not None])
            stays = [entry is not None and entry.chain not in old for entry in entries]
            self._add_to_archive(b"".join(line for line, kept in zip(lines, stays, strict=True) if not kept))
            write_atomic(self.path, b"".join(line for line, kept in zip(lines, stays, strict=True) if kept))
        except OSError as error:
            raise cannot_write(self.path, error) from error
        except ProfileError as error:
            raise LedgerError(error.message, next_step=error.next_step) from error
        finally:
            os.close(handle)

    def _told(self, error: LedgerError) -> LedgerError:
        """Say of an error whether something may have been sent: every request has its line before it."""
        if self._has_written:
            return error
        return LedgerUnusable(error.message, meaning=error.meaning, next_step=error.next_step)

    def _add_to_archive(self, data: bytes) -> None:
        handle = open_file(self.archive, os.O_WRONLY | os.O_APPEND)
        try:
            _write(handle, data)
        finally:
            os.close(handle)

    def _locked(self) -> int:
        """Return a descriptor of the file that has this path now, locked."""
        while True:
            handle = open_file(self.path, os.O_RDWR | os.O_APPEND)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.fstat(handle).st_ino == self.path.stat().st_ino:
                    return handle
            except FileNotFoundError:
                pass  # taken away while the lock was waited for
            except OSError as error:
                os.close(handle)
                raise cannot_write(self.path, error) from error
            os.close(handle)


def open_file(file: Path, flags: int) -> int:
    """Open a private file of the state, made where it is not there. Raises LedgerError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cannot_write(file, error) from error


def cannot_write(file: Path, error: OSError) -> LedgerError:
    """Return what a person is told when the ledger or a lock beside it could not be written."""
    return LedgerError(
        f"{file} cannot be written: {error.strerror}",
        meaning="Nothing is sent that could not be found again after a crash.",
        next_step="Free some space or make the folder writable, or set TARMAC_STATE_DIR to another place.",
    )


def read_entry(line: bytes) -> Entry | None:
    """Read one line; None for a torn, damaged or unknown one."""
    try:
        raw = json.loads(line)
        if not isinstance(raw, dict):
            return None
        moment = datetime.fromisoformat(raw.pop("at"))
        kind = Kind(raw.pop("kind"))
        chain = raw.pop("chain", "")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    raw.pop("v", None)
    if not isinstance(chain, str) or moment.tzinfo is None:
        return None
    return Entry(kind, moment.astimezone(UTC), chain, raw)


def _entries_of(data: bytes) -> list[Entry]:
    return [entry for line in data.split(b"\n") if (entry := read_entry(line)) is not None]


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)
