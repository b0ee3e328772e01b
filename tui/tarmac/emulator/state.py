"""What exists on the emulated platform, and how it survives a restart or a kill.

Every write is one line in `journal.jsonl`, handed to the operating system before the request is answered. At start the journal
is replayed and replaced by a compacted one, and again whenever it has grown to twice its size; a last line torn by a kill is
dropped, since its request was never answered.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tarmac.terms.errors import UsageError

# A smaller journal is left alone: the clock alone adds a line every few seconds.
_SMALL_BYTES = 1 << 20


@dataclass
class Entity:
    """One stored thing: `wire` is what a GET shows, `hidden` what is never shown (secrets, bookkeeping)."""

    id: str
    wire: dict[str, Any]
    hidden: dict[str, Any] = field(default_factory=dict)


class Collection:
    """All entities of one noun, oldest first."""

    def __init__(self, name: str, state: State) -> None:
        self.name = name
        self._state = state
        self._entities: dict[str, Entity] = {}

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entities.values())

    def __len__(self) -> int:
        return len(self._entities)

    def get(self, entity_id: str) -> Entity | None:
        """Return one entity or None."""
        return self._entities.get(entity_id)

    def save(self, entity: Entity) -> Entity:
        """Add or replace, durably."""
        self._entities[entity.id] = entity
        self._state.write(self.name, entity)
        return entity

    def remove(self, entity_id: str) -> None:
        """Delete, durably."""
        del self._entities[entity_id]
        self._state.write_gone(self.name, entity_id)

    def restore(self, entity_id: str, entity: Entity | None) -> None:
        """Replay one journal line."""
        if entity is None:
            self._entities.pop(entity_id, None)
        else:
            self._entities[entity_id] = entity


class State:
    """The collections of the platform; in memory only without a directory."""

    NAMES = ("connections", "sourceConnections", "targetConnections", "flows", "runs", "settings")

    def __init__(self, directory: Path | None = None) -> None:
        self.connections, self.source_connections, self.target_connections, self.flows, self.runs, self.settings = (
            Collection(name, self) for name in self.NAMES
        )
        self._journal: IO[bytes] | None = None
        self._path: Path | None = None
        self._bytes = 0
        self._compact_at_bytes = _SMALL_BYTES
        self._lock: int | None = None
        if directory is not None:
            self._open(directory)

    def collections(self) -> tuple[Collection, ...]:
        """All collections, in the order of NAMES."""
        return (
            self.connections,
            self.source_connections,
            self.target_connections,
            self.flows,
            self.runs,
            self.settings,
        )

    def setting(self, name: str) -> dict[str, Any] | None:
        """Return one of the emulator's own remembered values (identity, clock)."""
        entity = self.settings.get(name)
        return None if entity is None else entity.hidden

    def remember(self, name: str, value: dict[str, Any]) -> None:
        """Keep one of the emulator's own values."""
        self.settings.save(Entity(name, {}, value))

    def write(self, collection: str, entity: Entity) -> None:
        """Append one entity to the journal."""
        self._append(_line_of(collection, entity))

    def write_gone(self, collection: str, entity_id: str) -> None:
        """Append one deletion to the journal."""
        self._append(_line({"in": collection, "id": entity_id, "gone": True}))

    def close(self) -> None:
        """Give the journal back; nothing is lost without it."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _append(self, line: bytes) -> None:
        if self._journal is None or self._path is None:
            return
        self._journal.write(line)
        self._journal.flush()
        self._bytes += len(line)
        if self._bytes >= self._compact_at_bytes:
            try:
                self._compact(self._path)
            except OSError:  # nothing is lost: the long journal goes on, and later it is tried again
                self._compact_at_bytes = 2 * self._bytes

    def _open(self, directory: Path) -> None:
        path = directory / "journal.jsonl"
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._take(directory)
            if path.exists():
                self._replay(path)
            self._compact(path)
        except OSError as error:
            raise UsageError(
                f"The emulator cannot keep its state in {directory}: {error.strerror or error}.",
                code="emulator-state",
                meaning="With --state everything that was created is kept in that directory.",
                next_step="Give a directory that you may write to.",
            ) from error

    def _compact(self, path: Path) -> None:
        """Begin a journal with what exists, whole on the disk before it takes the old one's place. Raises OSError."""
        fresh = path.with_suffix(".new")
        # The journal holds the credentials of base connections: for the owner only, from the first byte.
        journal = os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        try:
            for collection in self.collections():
                for entity in collection:
                    journal.write(_line_of(collection.name, entity))
            journal.flush()
            os.fsync(journal.fileno())
            fresh.replace(path)
        except OSError:
            with contextlib.suppress(OSError):  # what could not be written now cannot be written at closing either
                journal.close()
            raise
        if self._journal is not None:
            self._journal.close()
        self._journal, self._path, self._bytes = journal, path, journal.tell()
        self._compact_at_bytes = max(_SMALL_BYTES, 2 * self._bytes)

    def _take(self, directory: Path) -> None:
        """Keep a second emulator out of the directory; the system lets go of the lock when this process ends."""
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"Another emulator is using {directory}.",
                code="emulator-state",
                meaning="Two emulators cannot share one state.",
                next_step="Stop the other one, or give another --state directory.",
            ) from error

    def _replay(self, path: Path) -> None:
        by_name = {collection.name: collection for collection in self.collections()}
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        for number, text in enumerate(lines, 1):
            if not text:
                continue
            try:
                line = json.loads(text)
                collection, entity_id = by_name[line["in"]], str(line["id"])
                entity = None if line.get("gone") else Entity(entity_id, line["wire"], line["hidden"])
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):  # torn by a kill: a whole line ends with a line feed, so an empty text follows
                    break
                raise UsageError(
                    f"{path}, line {number}, is not a line of an emulator's journal.",
                    code="emulator-state",
                    meaning="The file was changed by something else, or it belongs to another program.",
                    next_step="Move the file away to start with an empty platform, or give another --state directory.",
                ) from error
            collection.restore(entity_id, entity)


def _line_of(collection: str, entity: Entity) -> bytes:
    return _line({"in": collection, "id": entity.id, "wire": entity.wire, "hidden": entity.hidden})


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
