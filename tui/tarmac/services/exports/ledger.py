"""The ledger: what was about to be done, written down before it is done, and what came of it (design §2, §5.1, §6.3).

`<state>/<profile>/ledger.jsonl` is only ever appended to, one JSON object a line, on the disk (fsync) before the request
goes out. Entries that belong to one carrying-out of one wish share a `chain`. Any prefix of the file can be read: a torn
last line is an intent that was never acted on, and is skipped. Chains that are long over are moved to `ledger-old.jsonl`, so
that what every command reads stays small. Nothing in it is secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from tarmac.services.exports.chain import Chain, Entry, Kind, chains_of, old_chains
from tarmac.services.exports.ledger_file import LedgerError, LedgerFile, open_file
from tarmac.terms.times import Clock

VERSION = 1
# Fewer old chains than this are not worth writing the file anew.
_MANY_OLD = 500
# Somebody who only asks whether a chain is worked on holds its lock for a moment.
_GLANCE_S = 2.0
# So many seconds after which a lock that somebody holds is tried again.
_AGAIN_S = 0.1


class Ledger:
    """The file of one profile. All methods keep the disk off the event loop."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self.file = file
        self._lines = LedgerFile(file)
        self._clock = clock
        self._held: list[tuple[str, bool]] = []  # chains that somebody here works on, and whether alone

    async def begin(self, **facts: Any) -> str:
        """Start a chain and return its id. Chains that are long over are put away first. Raises LedgerError."""
        await asyncio.to_thread(self._put_away_old)
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
        await asyncio.to_thread(self._lines.append, line)
        if kind is Kind.ENDED:
            # Nobody goes on with a chain that is over.
            with contextlib.suppress(OSError):  # a lock that stays is in nobody's way
                await asyncio.to_thread(self._lock_file(f"chain-{chain}").unlink, missing_ok=True)

    async def entries(self) -> tuple[Entry, ...]:
        """Return every readable entry, oldest first."""
        return await asyncio.to_thread(self._lines.read)

    async def chains(self) -> tuple[Chain, ...]:
        """Return the chains, in the order in which they began."""
        return chains_of(await self.entries())

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
            self._held.append((chain, alone))
            try:
                yield
            finally:
                self._held.remove((chain, alone))

    @contextlib.asynccontextmanager
    async def _lock(self, name: str, kind: int, wait_s: float, busy: LedgerError) -> AsyncIterator[None]:
        """Hold a lock, or raise `busy` when it cannot be had within `wait_s` seconds."""
        handle = await self._opened(self._lock_file(name))
        try:
            deadline = self._clock.monotonic() + wait_s
            while not _try_lock(handle, kind):
                if self._clock.monotonic() >= deadline:
                    raise busy
                await self._clock.sleep(_AGAIN_S)
            yield
        finally:
            os.close(handle)

    async def _opened(self, file: Path) -> int:
        """Open a lock file off the event loop; a caller that is cancelled meanwhile leaves no descriptor behind."""
        opening = asyncio.ensure_future(asyncio.to_thread(open_file, file, os.O_RDWR))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(lambda done: None if done.exception() else os.close(done.result()))
            raise

    async def is_worked_on(self, chain: str) -> bool:
        """Return whether some process, this one included, works on a chain now."""
        return await asyncio.to_thread(self._is_locked, self._lock_file(f"chain-{chain}"))

    async def is_worked_on_elsewhere(self, chain: str) -> bool:
        """Return whether another process works on a chain now, and this one does not."""
        return not self._is_held(chain) and await self.is_worked_on(chain) and not self._is_held(chain)

    def is_carried_on_here(self, chain: str) -> bool:
        """Return whether this process carries a chain on now; who is `alone` with it takes away what it made."""
        return (chain, False) in self._held

    def _is_held(self, chain: str) -> bool:
        return any(held == chain for held, _ in self._held)

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

    def _put_away_old(self) -> None:
        def old(entries: Sequence[Entry]) -> frozenset[str]:
            return old_chains(chains_of(entries), self._clock.now())

        with contextlib.suppress(LedgerError):  # what is written next says it, where the disk takes nothing
            if len(old(self._lines.read())) >= _MANY_OLD:
                self._lines.put_away(old)

    def _lock_file(self, name: str) -> Path:
        return self.file.parent / "locks" / f"{name}.lock"


def _try_lock(handle: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
