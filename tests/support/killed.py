"""Exports that are really killed: a process that forks one child a case, whose network ends it with SIGKILL at a request.

Run as a program it reads one case a line from stdin (JSON) and answers each with the child's wait status. Forking after the
imports makes a case cost a tenth of a second; the child has its own event loop and nothing else of its parent's.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx

from support.emulated import NO_CERTIFICATES
from support.workspaces import QuickClock, literal
from tarmac.platform.address import PlatformAddress
from tarmac.platform.client import Platform
from tarmac.profiles.models import Config, Destination, Export, PlatformSettings, Profile, Timing
from tarmac.profiles.places import Places
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Counting
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.secrets import Secret

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class KillCase:
    """Where to die: at the `nth` request of this method and path, before it goes out or after its answer came."""

    emulator: dict[str, str]
    folder: str
    export: str
    dataset: str
    method: str
    path: str
    nth: int
    after: bool


class DeadlyNetwork(httpx.AsyncBaseTransport):
    """The real network until the request; then the process is gone."""

    def __init__(self, case: KillCase) -> None:
        self._case = case
        self._left = case.nth
        self._network = httpx.AsyncHTTPTransport(verify=NO_CERTIFICATES)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        case = self._case
        fits = request.method == case.method and fnmatchcase(request.url.path, case.path)
        self._left -= fits
        deadly = fits and self._left == 0
        if deadly and not case.after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await self._network.handle_async_request(request)
        if deadly:
            # The platform has answered, so it has done what was asked; nobody here will ever know.
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def case_wish(name: str, dataset: str) -> Wish:
    """The wish of one case: an export and a destination of its own, so that cases share no object."""
    destination = Destination(f"landing-{name}", DestinationKind.DATA_LANDING_ZONE, {"path": f"ml/{name}"})
    return Wish(Export(name=name, dataset=dataset, destination=destination.name), destination)


def case_workspace(
    emulator: dict[str, str],
    folder: Path,
    wish: Wish,
    network: httpx.AsyncBaseTransport | None,
    clock: QuickClock | None = None,
) -> Workspace:
    """A workspace for one case, with the given network or the real one, and waits that are hardly any."""
    settings = PlatformSettings(
        org_id=emulator["org_id"],
        client_id=emulator["client_id"],
        client_secret=literal(emulator["client_secret"]),
        sandbox=emulator["sandbox"],
        base_url=emulator["base_url"],
        ims_url=emulator["base_url"],
    )
    clock = clock or QuickClock()
    address = PlatformAddress(
        base_url=settings.base_url,
        ims_url=settings.ims_url,
        org_id=settings.org_id,
        client_id=settings.client_id,
        client_secrets=(Secret(emulator["client_secret"]),),
        scopes=settings.scopes,
        sandbox=settings.sandbox,
        request_timeout=timedelta(seconds=10),
    )
    platform = Platform(address, clock=clock, network=network or httpx.AsyncHTTPTransport(verify=NO_CERTIFICATES))
    timing = Timing(timedelta(seconds=1), timedelta(seconds=1), timedelta(seconds=10))
    return Workspace(
        Profile("matrix", settings, {wish.destination.name: wish.destination}),
        config=Config(timing=timing),
        places=Places(folder / "config", folder / "state"),
        clock=clock,
        platform=platform,
    )


async def _export_until_killed(case: KillCase) -> None:
    wish = case_wish(case.export, case.dataset)
    async with case_workspace(case.emulator, Path(case.folder), wish, DeadlyNetwork(case)) as ws:
        async for event in export(ws, wish):
            if case.method == "COUNT" and isinstance(event, Counting):
                os.kill(os.getpid(), signal.SIGKILL)


def _serve() -> None:
    for line in sys.stdin:
        case = KillCase(**json.loads(line))
        child = os.fork()
        if child == 0:  # pragma: no cover - the child is killed
            try:
                asyncio.run(_export_until_killed(case))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


class Killer:
    """The forking process, as the tests use it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def kill(self, **case: Any) -> int:
        """Run one case; return the child's exit code: -9 where it was killed, 0 where it came to its end before that."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((json.dumps(asdict(KillCase(**case))) + "\n").encode())
        async with asyncio.timeout(30):
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def killer() -> AsyncIterator[Killer]:
    """Start the forking process; end it afterwards."""
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'tui'}"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "support.killed"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    try:
        yield Killer(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    _serve()
