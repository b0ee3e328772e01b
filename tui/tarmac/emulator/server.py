"""The emulator as a whole: its parts put together, on a loopback port, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.routing import Router

from tarmac.emulator.adhoc import AdhocRuns
from tarmac.emulator.catalog import Catalog
from tarmac.emulator.clock import VirtualClock
from tarmac.emulator.connections import Connections
from tarmac.emulator.contracts import EmulatedDataset
from tarmac.emulator.control import Control
from tarmac.emulator.engine import Engine
from tarmac.emulator.exporter import Exporter
from tarmac.emulator.faults import FaultDocument, Faults
from tarmac.emulator.flows import Flows
from tarmac.emulator.gateway import Gateway, unknown_path
from tarmac.emulator.growth import Growth
from tarmac.emulator.http_server import HttpServer
from tarmac.emulator.identity import SignIn
from tarmac.emulator.ims import Ims
from tarmac.emulator.kept_datasets import reopened_datasets
from tarmac.emulator.lake import build_lake
from tarmac.emulator.landing_credentials import LandingCredentials
from tarmac.emulator.landing_zone import LandingZone
from tarmac.emulator.options import EmulatorOptions
from tarmac.emulator.platform import Platform
from tarmac.emulator.runs import Runs
from tarmac.emulator.sample_content import make_sample_content
from tarmac.emulator.sandboxes import Sandboxes
from tarmac.emulator.scheduler import Scheduler
from tarmac.emulator.schemas import Schemas
from tarmac.emulator.source_connections import SourceConnections
from tarmac.emulator.spec_lists import spec_lists
from tarmac.emulator.state import State
from tarmac.emulator.target_connections import TargetConnections
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain
from tarmac.terms.times import SystemClock, from_millis, to_millis

HOST = "127.0.0.1"
_REMEMBER_SECONDS = 5.0
Ready = dict[str, Any]


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator that listens. `ready` is the first line of `tarmac emulate` (design §5.2)."""

    base_url: str
    ready: Ready
    platform: Platform
    scheduler: Scheduler

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; runs that became due exist afterwards."""
        self.platform.clock.advance(seconds)
        self.scheduler.catch_up()


@contextlib.asynccontextmanager
async def running(options: EmulatorOptions) -> AsyncIterator[RunningEmulator]:
    """Run an emulator in this event loop while the block runs.

    Raises UsageError: the port is taken, the state directory or a dataset cannot be read, the options or the faults are wrong.
    Ends within a second: connections are closed, runs are given up (and begin again at the next start with the same state).
    """
    async with _started(options) as (emulator, _):
        yield emulator


async def serve(options: EmulatorOptions, on_ready: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` gets the first line. Raises UsageError as `running` does."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with _started(options) as (emulator, household):
            on_ready(emulator.ready)
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({stopped, household}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if household.done():
                await household
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def _started(options: EmulatorOptions) -> AsyncIterator[tuple[RunningEmulator, asyncio.Task[None]]]:
    options.check()
    document = None if options.faults is None else FaultDocument.read(options.faults)
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(_listener(options.port))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        platform = await _platform(options, stack)
        platform.base_url = base_url
        platform.landing_zone.bind(base_url)
        if document is not None:
            platform.arm(document)
        await platform.engine.start()
        stack.push_async_callback(platform.engine.close)

        group: asyncio.Future[asyncio.TaskGroup] = asyncio.get_running_loop().create_future()
        household = asyncio.create_task(_keep_house(group), name="emulator")
        stack.push_async_callback(_ended, household)
        spawn = (await group).create_task

        def start(work: Coroutine[Any, Any, None]) -> object:
            return spawn(work)

        exporter = Exporter(platform, start)
        scheduler = Scheduler(platform, exporter)
        exporter.resume()
        start(scheduler.run())
        start(scheduler.delete_old_files())
        if options.state_dir is not None:
            start(_remember_clock(platform))
        server = HttpServer(Gateway(_services(platform, exporter, scheduler), platform))
        await stack.enter_async_context(server.listening(listener))
        yield RunningEmulator(base_url, _ready(platform), platform, scheduler), household


async def _platform(options: EmulatorOptions, stack: contextlib.AsyncExitStack) -> Platform:
    """Put the parts together; the stack gives back what they hold."""
    state = State(options.state_dir)
    stack.callback(state.close)
    now, speed = SystemClock().now(), options.speed
    kept = state.setting("clock")
    # While the emulator was down virtual time stood still, unless real time has overtaken it.
    clock = VirtualClock(max(now, from_millis(kept["now"])) if kept else now, speed)
    if options.state_dir is None:
        files_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tarmac-emulator-")))
    else:
        files_dir = options.state_dir.absolute() / "files"
    real = await reopened_datasets(options, state, files_dir)
    _refuse_unknown_labels(real, options)
    landing_zone = await asyncio.to_thread(LandingZone, files_dir / "landing-zone", clock.now)
    platform = Platform(
        options=options,
        clock=clock,
        state=state,
        sign_in=SignIn(options, state),
        datasets=build_lake([_labelled(dataset, options) for dataset in real], options.synthetic_datasets),
        engine=Engine(),
        landing_zone=landing_zone,
        faults=Faults(),
        files_dir=files_dir,
        growth=Growth(options.growth, _growth_start(state, clock), files_dir / "growth"),
    )
    if options.sample_flows:
        make_sample_content(platform, options.sample_flows)
    stack.callback(platform.remember_clock)
    return platform


def _refuse_unknown_labels(datasets: Sequence[EmulatedDataset], options: EmulatorOptions) -> None:
    names = [dataset.name for dataset in datasets]
    for name in options.labels:
        if name not in names:
            raise UsageError(
                f"--label {plain(name, 64)}: there is no such dataset.", next_step=f"Choose from {', '.join(names)}."
            )


def _labelled(dataset: EmulatedDataset, options: EmulatorOptions) -> EmulatedDataset:
    return replace(dataset, labels=tuple(options.labels.get(dataset.name, ())))


def _growth_start(state: State, clock: VirtualClock) -> datetime:
    """The first start, on the full minute; a restart goes on with it."""
    kept = state.setting("growth")
    if kept is None:
        kept = {"start": to_millis(clock.now().replace(second=0, microsecond=0))}
        state.remember("growth", kept)
    return from_millis(kept["start"])


def _services(platform: Platform, exporter: Exporter, scheduler: Scheduler) -> Router:
    """Return all services; the landing zone comes last, since its account could be any first step of a path."""
    services = (
        Control(platform, scheduler),
        Ims(platform),
        Catalog(platform),
        Schemas(platform),
        Sandboxes(platform),
        *spec_lists(platform.options.strictness),
        Connections(platform),
        SourceConnections(platform),
        TargetConnections(platform),
        Flows(platform, scheduler.notice_change),
        Runs(platform),
        AdhocRuns(platform, exporter),
        LandingCredentials(platform),
    )
    routes = [route for service in services for route in service.routes()]
    # A bare router: errors go up to the gateway, which knows the platform's shapes.
    return Router([*routes, *platform.landing_zone.routes()], redirect_slashes=False, default=unknown_path)


def _ready(platform: Platform) -> Ready:
    identity = platform.sign_in.identity
    return {
        "base_url": platform.base_url,
        "ims_url": platform.base_url,
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "org_id": identity.org_id,
        "sandbox": platform.options.sandbox,
        "datasets": [
            {"id": dataset.id, "name": dataset.name, "rows": dataset.rows}
            for dataset in platform.datasets.values()
            if dataset.files
        ],
    }


async def _keep_house(group: asyncio.Future[asyncio.TaskGroup]) -> None:
    """Own every background task; cancelled, it ends them all. One that fails ends the emulator."""
    async with asyncio.TaskGroup() as tasks:
        group.set_result(tasks)
        await asyncio.Event().wait()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _remember_clock(platform: Platform) -> None:
    """Keep the virtual time now and then, so that a kill loses seconds of it at most."""
    while True:
        await asyncio.sleep(_REMEMBER_SECONDS)
        platform.remember_clock()


@contextlib.contextmanager
def _listener(port: int) -> Iterator[socket.socket]:
    # The protocol is named because asyncio turns Nagle's algorithm off for such sockets only: 40 ms an answer otherwise.
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} on {HOST} cannot be used: {error.strerror}.",
                code="port-taken",
                meaning="Another program listens there, perhaps another emulator, or the port is reserved.",
                next_step="Give another --port, or none to have a free one chosen.",
            ) from error
        listener.listen(512)
        yield listener
