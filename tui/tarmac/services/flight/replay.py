"""A recorded session's world: its platform, its storages, its clock and its files, all from the recording. No network."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import tomli_w

from tarmac.profiles.files import make_private_dir, write_atomic
from tarmac.profiles.places import Places
from tarmac.services.flight.kept import address_from, problem_from, step_from
from tarmac.services.flight.replayed_store import ReplayedStorages
from tarmac.services.flight.tape import Line, Tape
from tarmac.storage.errors import StorageUnreachable
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.secrets import MASK

if TYPE_CHECKING:
    from tarmac.services.reading.read_address import ReadAddress
    from tarmac.services.storages.stores import OpenedStore
    from tarmac.services.workspace import Workspace
    from tarmac.storage.probe import ProbeStep
    from tarmac.storage.store import Store

_CATCH_UP_S = 10.0
# Where a secret stood; it must be a text that can be a header or a part of an address.
_STAND_IN = "hidden"
_STORAGE_KEY = "/landingzone/credentials"
_NAME = re.compile(r"[A-Za-z0-9_.,+]{1,80}")
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
        """Write the profile and the files. Raises UsageError for a recording without a profile, or a damaged one. Blocks."""
        profiles = tape.of("profile")
        if not profiles:
            raise UsageError("nothing can be replayed: no connection profile was opened in this recording")
        self.tape = tape
        self.clock = ReplayClock(tape.at, speed)
        self._given_up = 0  # requests that were waited for and did not come
        self._news = asyncio.Event()
        self.network = _ReplayedNetwork(tape.of("exchange"), self.clock, self._news)
        self.places = Places(folder / "config", folder / "state")
        self.profile = str(profiles[0]["name"])
        self._storages = ReplayedStorages(tape, self.clock, self._news)
        for line in profiles:
            try:
                self._furnish(line)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise tape.damaged(line) from error

    listener = None
    is_replay = True
    ended_early = ""

    def board(self, workspace: Workspace) -> None:
        """Show the recording in this workspace."""
        workspace.flight = self

    def watched(self, store: Store, destination: str, address: ReadAddress) -> Store:  # noqa: ARG002 - the interface
        """Nothing is recorded of a replay."""
        return store

    def not_opened(self, destination: str, error: TarmacError) -> None:
        """Nothing is recorded of a replay."""

    async def opened_store(self, destination: str) -> OpenedStore:
        """Return the recorded storage of a destination. Raises what was raised, StorageUnreachable where there is none."""
        from tarmac.services.storages.stores import OpenedStore

        lines = [line for line in self.tape.of("storage") if line["destination"] == destination]
        opened = [line for line in lines if "problem" not in line]
        if opened:
            line = opened[-1]
            return OpenedStore(self._storages.store(str(line["location"])), address_from(line["address"]))
        if lines:
            raise problem_from(lines[-1]["problem"])
        raise StorageUnreachable(
            f"the storage of {destination} is not in the recording", next_step="A replay shows what was recorded only."
        )

    def known_probe(self, destination: str) -> list[ProbeStep]:
        """Return the newest recorded test of a destination's storage. Raises StorageUnreachable where there is none."""
        lines = [line for line in self.tape.of("probe") if line["destination"] == destination]
        if not lines:
            raise StorageUnreachable(
                f"no test of {destination} is in the recording", next_step="A replay shows what was recorded only."
            )
        return [step_from(step) for step in lines[-1]["steps"]]

    def probed(self, destination: str, steps: Sequence[ProbeStep]) -> None:
        """Nothing is recorded of a replay."""

    @property
    def place(self) -> tuple[str | None, str | None, str | None]:
        """Mode, filter and row that the recorded app began with; None for what is not known."""
        known = [each if isinstance(each, str) else None for line in self.tape.of("app") for each in line["place"]]
        mode, text, row, *_ = [*known, None, None, None]
        return mode, text, row

    @property
    def keys(self) -> dict[str, str]:
        """The keys of the recorded app that are not the usual ones, by action; a recording comes from elsewhere."""
        pairs = [pair for line in self.tape.of("app") for pair in line["keys"].items()]
        return {action: key for action, key in pairs if _NAME.fullmatch(action) and _NAME.fullmatch(str(key))}

    async def caught_up(self, until_s: float) -> None:
        """Wait until what was sent before `until_s` (of the recording) is answered and what was counted is, or some seconds."""
        wanted = sum(1 for line in self.tape.of("exchange") if line["t"] <= until_s and _is_waited_for(line))
        try:
            async with asyncio.timeout(_CATCH_UP_S):
                while self.network.answered < wanted - self._given_up or not self._storages.has_counted(until_s):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            # What this replay does not ask is waited for once, not at every key.
            self._given_up = max(0, wanted - self.network.answered)
            self._storages.give_up(until_s)

    def _furnish(self, line: Line) -> None:
        name = str(line["name"])
        destinations = {
            str(each["name"]): {"kind": each["kind"], **each["location"]} for each in line.get("destinations", ())
        }
        profile = {
            "platform": {
                # The marks by which exports are found again are made of it (design §6.2).
                "org_id": str(line.get("org_id") or "0123456789ABCDEF01234567@AdobeOrg"),
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

    def __init__(self, exchanges: list[Line], clock: ReplayClock, news: asyncio.Event) -> None:
        self._clock = clock
        self._news = news
        self._exact: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self._alike: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self.answered = 0
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
        self.answered += _is_waited_for(line)
        self._news.set()
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


def _is_waited_for(line: Line) -> bool:
    """Whether a replay asks this too: it opens no storage, so it does not ask for the key of one."""
    return _STORAGE_KEY not in str(line["path"])


def _problem(status: int, title: str) -> httpx.Response:
    return httpx.Response(status, content=json.dumps({"title": title, "detail": title}).encode())
