"""The local demo: an emulator as a child process, with its sample datasets and a connection profile for it.

The emulator ends with us, also when we are killed: it watches the pipe that is its standard input. There is one at a time for
one user: each begins its profile and its state anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from tarmac.profiles.files import cannot_write, make_private_dir
from tarmac.profiles.models import Profile
from tarmac.profiles.places import Places
from tarmac.profiles.profile_store import ProfileStore
from tarmac.services.setup.local_profile import read_ready_line, write_emulator_profile
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

PROFILE = "demo"
FOLDER = "ml/churn"
# Ten virtual minutes until a new dataflow is ready pass in ten seconds.
SPEED = 60.0
READY_AFTER_S = 600.0
CLOCK_WORDS = (
    f"The demo's platform lives {SPEED:.0f} times as fast: its clock, which all screens show, runs ahead of yours."
)
# Making the sample datasets takes a few seconds at the very first start.
_START_WITHIN_S = 60.0
_END_WITHIN_S = 5.0


class DemoFailed(TarmacError):
    """The emulator did not start, or another demo is running (`demo-running`)."""

    default_code = "demo"


@dataclass(frozen=True)
class Demo:
    """A running demo. `datasets` are the emulator's own words about them: id, name, rows."""

    profile: Profile
    ready: Mapping[str, Any]
    process: Process
    lock: int  # the handle by which other processes know that the demo is ours
    listening: asyncio.Task[None]

    @property
    def is_running(self) -> bool:
        """Whether the emulator has not ended."""
        return self.process.returncode is None


_kept: list[Demo] = []


async def start_demo(places: Places) -> str:
    """Start the emulator for as long as this process lives, or find it running, and return the profile's name.

    Raises DemoFailed, and ProfileError when a profile `demo` is the person's own.
    """
    if not any(demo.is_running for demo in _kept):
        while _kept:
            await _end(_kept.pop())
        _kept.append(await _started(places))
    return PROFILE


@asynccontextmanager
async def running_demo(places: Places) -> AsyncIterator[Demo]:
    """Run the emulator while the block runs. Raises as `start_demo` does."""
    demo = await _started(places)
    try:
        yield demo
    finally:
        await _end(demo)


async def _started(places: Places) -> Demo:
    lock = await asyncio.to_thread(_locked, places)
    try:
        # A file and not a pipe: nobody reads it but where the emulator does not start.
        with tempfile.TemporaryFile() as said:
            return await _started_saying(places, said, lock)
    except BaseException:
        os.close(lock)
        raise


def _locked(places: Places) -> int:
    """Return the handle by which other processes know that the demo is ours. Raises DemoFailed, ProfileError."""
    make_private_dir(places.state)
    file = places.state / "demo.lock"
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cannot_write(file, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if not isinstance(error, BlockingIOError):
            raise cannot_write(file, error) from error
        raise DemoFailed(
            "a demo is already running on this machine",
            code="demo-running",
            meaning="Another one would begin its profile and its state anew, under its hands. Nothing was changed.",
            next_step="Leave that one first, or open it here too: tarmac --profile demo.",
        ) from None
    return handle


async def _started_saying(places: Places, said: IO[bytes], lock: int) -> Demo:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tarmac.emulator.attended", str(SPEED), str(READY_AFTER_S)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=said,
        # A Ctrl-C in the terminal is for us; the emulator ends after us.
        start_new_session=True,
    )
    try:
        line = await _first_line(process, said)
        profile = await asyncio.to_thread(_written, places, read_ready_line(line, "the demo's emulator"))
    except BaseException:
        await _ended(process)
        raise
    listening = asyncio.create_task(_listen(_output(process)))
    return Demo(profile, read_ready_line(line, "the demo's emulator"), process, lock, listening)


def _output(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise AssertionError("the emulator's output is a pipe")
    return process.stdout


async def _listen(output: asyncio.StreamReader) -> None:
    """Take what the emulator says after its first line: a full pipe would hold it up."""
    while await output.read(1 << 16):
        pass


async def _first_line(process: Process, said: IO[bytes]) -> str:
    try:
        async with asyncio.timeout(_START_WITHIN_S):
            line = await _output(process).readline()
    except TimeoutError as error:
        raise _failed(f"did not start within {_START_WITHIN_S:.0f} seconds") from error
    if not line:
        raise _failed("ended at once", await asyncio.to_thread(_last_words, said))
    return line.decode("utf-8", "replace")


def _written(places: Places, ready: Mapping[str, Any]) -> Profile:
    rename = f"Give your own file another name, such as my-{PROFILE}.toml: the demo writes its profile under this one."
    write_emulator_profile(places, PROFILE, ready, path=FOLDER, if_taken=rename)
    # Every demo is a new platform: what the last one did is nowhere any more.
    shutil.rmtree(places.profile_state(PROFILE), ignore_errors=True)
    make_private_dir(places.profile_state(PROFILE))
    return ProfileStore(places).load(PROFILE)


async def _end(demo: Demo) -> None:
    demo.listening.cancel()
    await asyncio.wait([demo.listening])
    await _ended(demo.process)
    os.close(demo.lock)


async def _ended(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await _over(process)
    except TimeoutError:
        process.kill()
        with contextlib.suppress(TimeoutError):  # a child of its own may hold the pipe open
            await _over(process)


async def _over(process: Process) -> None:
    """Wait for its end, which is not seen before all that it said was taken. Raises TimeoutError."""
    async with asyncio.timeout(_END_WITHIN_S):
        await _listen(_output(process))
        await process.wait()


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return plain(lines[-1], 300) if lines else ""


def _failed(what: str, cause: str = "") -> DemoFailed:
    return DemoFailed(
        f"the demo's emulator {what}" + (f": {cause}" if cause else ""),
        meaning="It is a program of its own that tarmac starts on this machine.",
        next_step="Run `tarmac emulate` to see why.",
    )
