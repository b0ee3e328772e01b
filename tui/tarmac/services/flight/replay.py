"""A recorded session's world: its platform, its storages, its clock and its files, all from the recording. No network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import tomli_w

from tarmac.profiles.files import make_private_dir, write_atomic
from tarmac.profiles.places import Places
from tarmac.services.flight.tape import Line, Tape
from tarmac.services.reading.read_address import Protocol, ReadAddress, Signing
from tarmac.storage.errors import StorageMissing, StorageUnreachable
from tarmac.storage.row_count import CountedFile
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import MASK

if TYPE_CHECKING:
    from tarmac.services.storages.stores import OpenedStore
    from tarmac.services.workspace import Workspace

_CATCH_UP_S = 10.0
# Where a secret stood; it must be a text that can be a header or a part of an address.
_STAND_IN = "hidden"
_WRITTEN = re.compile(r"(config|state)/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){1,3}")


class ReplayClock:
    """The recording's time, `speed` times as fast as it went."""

    def __init__(self, at: datetime, speed: float) -> None:
        self._at, self._speed, self._began = at, speed, time.monotonic()

    def now(self) -> datetime:
        """Return the moment of the recording (UTC)."""
        return self._at + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return seconds since the recording's start."""
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait as long as it took, divided by the speed."""
        await asyncio.sleep(seconds / self._speed)


class Replay:
    """One recording being shown. `places` below `folder` hold the profile and files that the recording began with."""

    def __init__(self, tape: Tape, folder: Path, *, speed: float = 1.0) -> None:
        """Write the profile and the files. Raises UsageError for a recording in which no profile was opened. Blocks."""
        profiles = tape.of("profile")
        if not profiles:
            raise UsageError("nothing can be replayed: no connection profile was opened in this recording")
        self.tape = tape
        self.clock = ReplayClock(tape.at, speed)
        self.network = _ReplayedNetwork(tape.of("exchange"), self.clock)
        self.places = Places(folder / "config", folder / "state")
        self.profile = str(profiles[0]["name"])
        self._counts = {line["path"]: line for line in tape.of("counted")}
        for line in profiles:
            self._furnish(line)

    listener = None

    def board(self, workspace: Workspace) -> None:
        """Show the recording in this workspace."""
        workspace.flight = self

    def watched(self, store: Store) -> Store:
        """Nothing is recorded of a replay."""
        return store

    async def opened_store(self) -> OpenedStore:
        """Return the recorded storage."""
        from tarmac.services.storages.stores import OpenedStore

        listings = self.tape.of("listing")
        location = str(listings[0]["location"]) if listings else "recording"
        store = _ReplayedStore(location, listings, self._counts)
        return OpenedStore(store, ReadAddress(Protocol.AZURE, Signing.SAS, "recording", account="recording"))

    async def caught_up(self, until_s: float) -> None:
        """Wait until every request that was sent before `until_s` (of the recording) has been answered, or some seconds."""
        wanted = sum(1 for line in self.tape.of("exchange") if line["t"] <= until_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_S):
                while self.network.answered < wanted:
                    self.network.news.clear()
                    await self.network.news.wait()

    def _furnish(self, line: Line) -> None:
        name = str(line["name"])
        destinations = {
            str(each["name"]): {"kind": each["kind"], **each["location"]} for each in line.get("destinations", ())
        }
        profile = {
            "platform": {
                "org_id": "0123456789ABCDEF01234567@AdobeOrg",
                "client_id": "recorded",
                "client_secret": _STAND_IN,
                "sandbox": line["sandbox"],
            },
            "destinations": destinations,
        }
        timing = {key: f"{seconds:g}s" for key, seconds in line["timing"].items()}
        write_atomic(self.places.profile_file(name), tomli_w.dumps(profile).encode())
        write_atomic(self.places.config_file, tomli_w.dumps({"timing": timing}).encode())
        roots = {"config": self.places.config, "state": self.places.state}
        for path, text in line.get("files", {}).items():
            if _WRITTEN.fullmatch(path) and ".." not in path:  # a recording comes from elsewhere
                root, _, rest = path.partition("/")
                make_private_dir((roots[root] / rest).parent)
                write_atomic(roots[root] / rest, str(text).encode())


class _ReplayedNetwork(httpx.AsyncBaseTransport):
    """Answers as was answered: in the same order for the same request, the last answer again when there is no other."""

    def __init__(self, exchanges: list[Line], clock: ReplayClock) -> None:
        self._clock = clock
        self._exact: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self._alike: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self.answered = 0
        self.news = asyncio.Event()
        for line in exchanges:
            method, path = str(line["method"]), str(line["path"])
            self._exact[method, path].append(line)
            self._alike[method, path.partition("?")[0]].append(line)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request after as long as it took."""
        line = self._next(request.method, request.url.raw_path.decode("ascii"))
        if line is None:
            return _problem(404, "not in the recording")
        await self._clock.sleep(float(line["duration_ms"]) / 1000)
        self.answered += 1
        self.news.set()
        if line["status"] is None:
            raise httpx.ConnectError(f"as recorded: {line['error']}", request=request)
        body = str(line["answer_body"] or "").replace(MASK, _STAND_IN)
        if body.startswith("(dataset rows"):
            return _problem(404, "dataset rows are not recorded")
        return httpx.Response(int(line["status"]), headers=self._headers(line), content=body.encode())

    def _next(self, method: str, path: str) -> Line | None:
        for lines in (self._exact.get((method, path)), self._alike.get((method, path.partition("?")[0]))):
            if lines:
                line = lines[0]
                if len(lines) > 1:
                    lines.pop(0)
                return line
        return None

    def _headers(self, line: Line) -> dict[str, str]:
        headers: dict[str, Any] = dict(line.get("headers") or {})
        headers.setdefault("content-type", "application/json")
        if line.get("request_id"):
            headers["x-request-id"] = str(line["request_id"])
        headers["date"] = format_datetime(
            self._clock.now() + timedelta(seconds=float(line.get("ahead_s") or 0)), usegmt=True
        )
        return {key: str(value) for key, value in headers.items()}


class _ReplayedStore:
    """What was listed and counted; there is no content."""

    def __init__(self, location: str, listings: list[Line], counts: Mapping[str, Line]) -> None:
        self.location = location
        self._listings = listings
        self._counts = counts

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the latest listing of the folder. Raises StorageUnreachable where there was none."""
        found = [line for line in self._listings if line["folder"] == folder]
        if not found:
            raise StorageUnreachable(
                f"{folder} is not in the recording", next_step="A replay shows what was recorded only."
            )
        yield [
            StoredFile(path, size, None if moment is None else datetime.fromisoformat(moment))
            for path, size, moment in found[-1]["files"]
        ]

    async def read_range(self, path: str, start: int, length: int) -> bytes:  # noqa: ARG002 - the interface
        """Raise StorageMissing: content is not recorded."""
        raise StorageMissing(f"the content of {path} is not recorded")

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Raise StorageMissing: content is not recorded."""
        yield await self.read_range(path, 0, 0)

    async def close(self) -> None:
        """Nothing is open."""

    def known_rows(self, file: StoredFile) -> CountedFile | None:
        """Return what was counted."""
        line = self._counts.get(file.path)
        return None if line is None else CountedFile(file.path, file.bytes, line["rows"], line["problem"])

    def counted(self, counted: CountedFile) -> None:
        """Nothing is recorded of a replay."""


def _problem(status: int, title: str) -> httpx.Response:
    return httpx.Response(status, content=json.dumps({"title": title, "detail": title}).encode())
