"""Writing a recording: every line is redacted and flushed, so that what led to a crash is in the file."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tarmac
from tarmac.platform.exchanges import Exchange, masked
from tarmac.services.flight.kept import address_document, problem_document, step_document
from tarmac.services.flight.recorded_store import RecordedStore
from tarmac.services.flight.tape import VERSION
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.secrets import Secret, redact

if TYPE_CHECKING:
    from tarmac.profiles.secrets import SecretBox
    from tarmac.services.reading.read_address import ReadAddress
    from tarmac.services.workspace import Workspace
    from tarmac.storage.probe import ProbeStep
    from tarmac.storage.store import Store

MAX_BYTES = 256 * 1024 * 1024
_KEPT_FILE_BYTES = 1024 * 1024
_KEPT_RECEIPTS = 50


class Recorder:
    """One file, open for one session. Its methods write at once and never raise: a full disk ends the recording only.

    `ended_early` says then, for people, why the rest of the session is missing.
    """

    clock = None  # the session's own
    network = None
    is_replay = False
    ended_early = ""

    def __init__(
        self,
        file: Path,
        *,
        argv: Sequence[str] | None = None,
        size: tuple[int, int] = (0, 0),
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Create `file` with mode 0600. Raises UsageError where there is one already, or none can be made. Blocks."""
        self._began = time.monotonic()
        self._file = file
        self._left = max_bytes
        self._boxes: list[SecretBox] = []  # of every profile that was opened
        self._storages: set[tuple[str, str, ReadAddress]] = set()
        self._footers: set[tuple[str, str]] = set()
        self._schemas: dict[tuple[str, str], str] = {}
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise UsageError(f"{file} exists already", next_step="Give --record a new file.") from None
        except OSError as error:
            raise UsageError(
                f"{file} cannot be written: {error.strerror}", next_step="Give --record another."
            ) from error
        # Half of a surrogate pair, as JSON may hold it, becomes the escape that JSON has for it.
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        self._write(
            "start",
            version=VERSION,
            tarmac=tarmac.__version__,
            at=datetime.now(UTC).isoformat(),
            argv=None if argv is None else list(argv),
            columns=size[0],
            rows=size[1],
        )

    def board(self, workspace: Workspace) -> None:
        """Record what is done with this workspace from now on."""
        self._boxes.append(workspace.secret_box)
        workspace.flight = self
        profile, timing = workspace.profile, workspace.config.timing
        self._write(
            "profile",
            name=profile.name,
            org_id=profile.platform.org_id,
            sandbox=profile.platform.sandbox,
            read_only=workspace.read_only,
            destinations=[
                {"name": name, "kind": each.kind.value, "location": dict(each.location)}
                for name, each in profile.destinations.items()
            ],
            timing={key: getattr(timing, key).total_seconds() for key in ("probe", "poll", "request_timeout")},
            files=_files(workspace),
        )

    def app(self, place: Sequence[str | None], keys: Mapping[str, str]) -> None:
        """Record where the app begins (mode, filter, row) and which keys are others than usual."""
        self._write("app", place=list(place), keys=dict(keys))

    def listener(self, exchange: Exchange) -> None:
        """Record one request and its answer."""
        self._write("exchange", **{**dataclasses.asdict(exchange), "moment": exchange.moment.isoformat()})

    def key(self, key: str, character: str | None, *, hidden: bool) -> None:
        """Record a key; what was typed into a secret field is not."""
        if hidden and character is not None and character.isprintable():
            self._write("key", key="x", character="x", hidden=True)
        else:
            self._write("key", key=key, character=character, hidden=False)

    def pasted(self, text: str, *, hidden: bool) -> None:
        """Record a paste."""
        self._write("key", text="x" * min(len(text), 8) if hidden else text, hidden=hidden)

    async def opened_store(self, destination: str) -> None:
        """The session opens its storages itself."""

    def watched(self, store: Store, destination: str, address: ReadAddress) -> Store:
        """Record where a storage is, and return it as one whose answers are recorded."""
        opened = (destination, store.location, address)
        if opened not in self._storages:
            self._storages.add(opened)
            self._write("storage", destination=destination, location=store.location, address=address_document(address))
        return RecordedStore(store, self)

    def not_opened(self, destination: str, error: TarmacError) -> None:
        """Record why a storage could not be opened."""
        self._write("storage", destination=destination, problem=problem_document(error))

    def known_probe(self, destination: str) -> None:
        """The session tests its storages itself."""

    def probed(self, destination: str, steps: Sequence[ProbeStep]) -> None:
        """Record the test of a storage."""
        self._write("probe", destination=destination, steps=[step_document(step) for step in steps])

    def stored(self, kind: str, **fields: Any) -> None:
        """Record something of a storage; see `RecordedStore`."""
        self._write(kind, **fields)

    def footer(self, location: str, document: dict[str, Any]) -> None:
        """Record a footer once; files of one export have one schema, which is written with the first."""
        path = document["path"]
        if (location, path) in self._footers:
            return
        self._footers.add((location, path))
        first = self._schemas.setdefault((location, json.dumps(document["schema"])), path)
        shared = {} if first == path else {"schema": None, "schema_of": first}
        self._write("footer", location=location, **{**document, **shared})

    def close(self) -> None:
        """End the recording."""
        self._left = 0
        with contextlib.suppress(OSError):  # what a full disk did not take is tried once more
            self._stream.close()

    def _write(self, kind: str, **fields: Any) -> None:
        if self._left <= 0:
            return
        at = round(time.monotonic() - self._began, 3)
        known = tuple(secret for box in self._boxes for secret in box.known)
        clean = _redacted(masked(fields), known)
        line = json.dumps({"kind": kind, "t": at, **clean}, ensure_ascii=False, separators=(",", ":")) + "\n"
        if len(line) > self._left:
            self._end_early("it has become too long")
            return
        self._left -= len(line)
        try:
            self._stream.write(line)
            self._stream.flush()
        except OSError as error:
            self._end_early(error.strerror or "it cannot be written any more")

    def _end_early(self, cause: str) -> None:
        self._left = 0
        self.ended_early = f"The recording {self._file} ends before the session does: {cause}."


def _redacted(value: Any, known: tuple[Secret, ...]) -> Any:
    if isinstance(value, str):
        return redact(value, *known)
    if isinstance(value, dict):
        return {key: _redacted(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, known) for item in value]
    return value


def _files(workspace: Workspace) -> dict[str, str]:
    """What the screens show of earlier sessions: exports, ledger, history, the newest receipts. By path below the roots."""
    places, name = workspace.places, workspace.profile.name
    receipts = sorted(places.receipts(name).glob("*.json"), key=_written_at)[-_KEPT_RECEIPTS:]
    found = {
        **{f"config/exports/{name}/{file.name}": file for file in sorted(places.exports(name).glob("*.toml"))},
        **{f"state/{name}/receipts/{file.name}": file for file in receipts},
        f"state/{name}/ledger.jsonl": places.ledger_file(name),
        f"state/{name}/history.jsonl": places.profile_state(name) / "history.jsonl",
    }
    kept: dict[str, str] = {}
    for key, file in found.items():
        try:
            if file.stat().st_size <= _KEPT_FILE_BYTES:
                kept[key] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return kept


def _written_at(file: Path) -> float:
    """Return when a file was written; one that is gone since it was listed is the oldest."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
