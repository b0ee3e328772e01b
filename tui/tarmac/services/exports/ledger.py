"""The ledger: what was about to be done, written down before it is done, and what came of it (design §2, §5.1, §6.3).

`<state>/<profile>/ledger.jsonl` is only ever appended to, one JSON object a line, on the disk (fsync) before the request
goes out. Entries that belong to one carrying-out of one wish share a `chain`. Any prefix of the file can be read: a torn
last line is an intent that was never acted on, and is skipped. Several processes may append: a file lock keeps their lines
apart. Nothing in it is secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tarmac.services.exports.chain import Chain, Entry, Kind
from tarmac.terms.errors import TarmacError
from tarmac.terms.times import Clock

VERSION = 1
# Somebody who only asks whether a chain is worked on holds its lock for a moment.
_GLANCE_S = 2.0
# So many seconds after which a lock that somebody holds is tried again.
_AGAIN_S = 0.1


class LedgerError(TarmacError):
    """The ledger cannot be written: nothing is sent that could not be found again."""

    default_code = "ledger"


class Ledger:
    """The file of one profile. All methods keep the disk off the event loop."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self.file = file
        self._clock = clock

    async def begin(self, **facts: Any) -> str:
        """Start a chain and return its id."""
        chain = secrets.token_hex(8)
        await self.add(Kind.BEGUN, chain, **facts)
        return chain

    async def add(self, kind: Kind, chain: str, **facts: Any) -> None:
        """Append one entry and return when it is on the disk. Raises LedgerError.

        A cancelled caller does not lose the line: it is written by a thread that ends by itself.
        """
        known = {key: value for key, value in facts.items() if value is not None}
        line = json.dumps(
            {"v": VERSION, "kind": kind.value, "at": self._clock.now().isoformat(), "chain": chain, **known}
        )
        await asyncio.to_thread(self._append, line)
        if kind is Kind.ENDED:
            # Nobody goes on with a chain that is over.
            await asyncio.to_thread(self._lock_file(f"chain-{chain}").unlink, missing_ok=True)

    async def entries(self) -> tuple[Entry, ...]:
        """Return every readable entry, oldest first."""
        return await asyncio.to_thread(self._read)

    async def chains(self) -> tuple[Chain, ...]:
        """Return the chains, in the order in which they began."""
        grouped: dict[str, list[Entry]] = {}
        for entry in await self.entries():
            if entry.chain:
                grouped.setdefault(entry.chain, []).append(entry)
        return tuple(Chain(chain, tuple(entries)) for chain, entries in grouped.items())

    async def unfinished(self, marker: str | None = None) -> tuple[Chain, ...]:
        """Return the chains that began and did not end, of one export or of all."""
        return tuple(
            chain
            for chain in await self.chains()
            if chain.begun is not None and chain.ended is None and marker in {None, chain.marker}
        )

    async def notes(self, about: str) -> tuple[Entry, ...]:
        """Return the notes whose `about` is the given word, oldest first."""
        return tuple(
            entry for entry in await self.entries() if entry.kind is Kind.NOTE and entry.text("about") == about
        )

    @contextlib.asynccontextmanager
    async def only_one(self, marker: str, *, wait_s: float) -> AsyncIterator[None]:
        """Keep other processes from changing the same export meanwhile. Raises LedgerError after `wait_s` seconds.

        The lock is the operating system's: it ends with the process, however that ends.
        """
        busy = LedgerError(
            "another tarmac is working on this export",
            code="export-busy",
            meaning="Two at a time could create everything twice.",
            next_step="Wait for it to end, or end it, and try again.",
        )
        async with self._lock(marker, fcntl.LOCK_EX, wait_s, busy):
            yield

    @contextlib.asynccontextmanager
    async def working_on(self, chain: str, *, alone: bool = False) -> AsyncIterator[None]:
        """Show every tarmac on this machine that a chain is alive; several may carry on the same one.

        `alone`: only if nobody else does. Raises LedgerError (`chain-busy`). A process that is killed lets go by itself.
        """
        busy = LedgerError(
            "this export is being worked on just now, by this or another tarmac",
            code="chain-busy",
            meaning="What it makes must not be taken away under it.",
            next_step="Wait for it to end, or stop it there.",
        )
        kind, wait_s = (fcntl.LOCK_EX, 0.0) if alone else (fcntl.LOCK_SH, _GLANCE_S)
        async with self._lock(f"chain-{chain}", kind, wait_s, busy):
            yield

    @contextlib.asynccontextmanager
    async def _lock(self, name: str, kind: int, wait_s: float, busy: LedgerError) -> AsyncIterator[None]:
        """Hold a lock, or raise `busy` when it cannot be had within `wait_s` seconds."""
        handle = await asyncio.to_thread(self._open, self._lock_file(name), os.O_RDWR)
        try:
            deadline = self._clock.monotonic() + wait_s
            while not _try_lock(handle, kind):
                if self._clock.monotonic() >= deadline:
                    raise busy
                await self._clock.sleep(_AGAIN_S)
            yield
        finally:
            os.close(handle)

    async def is_worked_on(self, chain: str) -> bool:
        """Return whether some process, this one included, works on a chain now."""
        return await asyncio.to_thread(self._is_locked, self._lock_file(f"chain-{chain}"))

    @staticmethod
    def _is_locked(file: Path) -> bool:
        try:
            handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _try_lock(handle)
        finally:
            os.close(handle)

    def _lock_file(self, name: str) -> Path:
        return self.file.parent / "locks" / f"{name}.lock"

    def _append(self, line: str) -> None:
        handle = self._open(self.file, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            # A crash may have left half a line: keep ours apart from it.
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            data = (b"\n" if torn else b"") + line.encode() + b"\n"
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        except OSError as error:
            raise _cannot_write(self.file, error) from error
        finally:
            os.close(handle)

    @staticmethod
    def _open(file: Path, flags: int) -> int:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _cannot_write(file, error) from error

    def _read(self) -> tuple[Entry, ...]:
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LedgerError(
                f"{self.file} cannot be read: {error.strerror}",
                meaning="Without it, it is not known what was created before.",
                next_step="Make the file readable for you, or move it away.",
            ) from error
        return tuple(entry for line in data.split(b"\n") if (entry := read_entry(line)) is not None)


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


def _try_lock(handle: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _cannot_write(file: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"{file} cannot be written: {error.strerror}",
        meaning="Nothing is sent that could not be found again after a crash.",
        next_step="Free some space or make the folder writable, or set TARMAC_STATE_DIR to another place.",
    )
