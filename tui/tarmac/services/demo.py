"""The local demo: an emulator as a child process, with its sample datasets and a connection profile for it.

The emulator ends with us, also when we are killed: it watches the pipe that is its standard input.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from tarmac.profiles.files import make_private_dir
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
# Making the sample datasets takes a few seconds at the very first start.
_START_WITHIN_S = 60.0
_END_WITHIN_S = 5.0


class DemoFailed(TarmacError):
    """The emulator did not start."""

    default_code = "demo"


@dataclass(frozen=True)
class Demo:
    """A running demo. `datasets` are the emulator's own words about them: id, name, rows."""

    profile: Profile
    ready: Mapping[str, Any]
    process: Process

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
        _kept[:] = [await _started(places)]
    return PROFILE


@asynccontextmanager
async def running_demo(places: Places) -> AsyncIterator[Demo]:
    """Run the emulator while the block runs. Raises as `start_demo` does."""
    demo = await _started(places)
    try:
        yield demo
    finally:
        await _end(demo.process)


async def _started(places: Places) -> Demo:
    # A file and not a pipe: nobody reads it but where the emulator does not start.
    with tempfile.TemporaryFile() as said:
        return await _started_saying(places, said)


async def _started_saying(places: Places, said: IO[bytes]) -> Demo:
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
        await _end(process)
        raise
    return Demo(profile, read_ready_line(line, "the demo's emulator"), process)


async def _first_line(process: Process, said: IO[bytes]) -> str:
    if process.stdout is None:
        raise AssertionError("the emulator's output is a pipe")
    try:
        async with asyncio.timeout(_START_WITHIN_S):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise _failed(f"did not start within {_START_WITHIN_S:.0f} seconds") from error
    if not line:
        raise _failed("ended at once", await asyncio.to_thread(_last_words, said))
    return line.decode("utf-8", "replace")


def _written(places: Places, ready: Mapping[str, Any]) -> Profile:
    write_emulator_profile(places, PROFILE, ready, path=FOLDER)
    # Every demo is a new platform: what the last one did is nowhere any more.
    shutil.rmtree(places.profile_state(PROFILE), ignore_errors=True)
    make_private_dir(places.profile_state(PROFILE))
    return ProfileStore(places).load(PROFILE)


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
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
