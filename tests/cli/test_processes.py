"""Commands as processes: signals end them at once and say what goes on; two terminals are enough to begin."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from support.child_command import heard, started
from support.emulated import anonymous_client
from support.emulator_process import running_emulate
from support.flights import ROWS, write_flights
from support.in_time import in_time

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import CommandLine

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")

# Python's clearing up takes a second here, and a thread of the storages' client is still on its way back when that begins.
SLOW_THREADS = """
import asyncio, builtins, runpy, threading, time

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(1)

builtins.slow = Slow()
tell = asyncio.BaseEventLoop.call_soon_threadsafe

def tell_slowly(*given, **named):
    handle = tell(*given, **named)
    if threading.current_thread().name.startswith("Dummy"):  # one that Python did not start
        time.sleep(0.5)
    return handle

asyncio.BaseEventLoop.call_soon_threadsafe = tell_slowly
runpy.run_module("tarmac", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_ends_the_wait_and_says_that_the_run_goes_on(
    tarmac: CommandLine, number: signal.Signals, code: int
) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"stuck": True}])
        child = await started("export", *WISH, "--json")
        async with asyncio.timeout(60):
            said = await heard(child, b"was accepted")
            with in_time(1):
                child.send_signal(number)
                out, rest = await child.communicate()
        assert child.returncode == code
        document = json.loads(out)
        assert document["status"] == "running"
        error = document["error"]
        assert error["code"] == "interrupted"
        assert f"Run {document['run_id']} goes on." in error["meaning"]
        assert f"tarmac watch {document['run_id']}" in error["next"]
        assert f"tarmac watch {document['run_id']}".encode() in rest
        assert b"Traceback" not in said + rest


async def test_threads_of_the_storages_client_do_not_spoil_the_end(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        assert (await tarmac("export", *WISH, "--json")).code == 0
        command = [sys.executable, "-c", SLOW_THREADS, "verify", "loyalty", "--json"]
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=dict(os.environ))
        async with asyncio.timeout(60):
            out, _ = await child.communicate()
    assert json.loads(out)["status"] == "verified"
    assert child.returncode == 0


def test_two_terminals_are_enough(tarmac: CommandLine, tmp_path: Path) -> None:
    """`tarmac emulate` in one, `tarmac export` in the other: nothing else has to be written or known."""
    flights = write_flights(tmp_path)
    arguments = ("--write-profile", "local", "--dataset", f"flights={flights}", "--ready-after", "60", "--speed", "600")
    with running_emulate(arguments):
        command = [sys.executable, "-m", "tarmac", "export", "--dataset", "flights", "--to", "landing", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["rows"], document["verified"]) == (ROWS, True)
    assert tarmac.places.profile_file("local").stat().st_mode & 0o777 == 0o600


def test_the_emulator_never_writes_over_a_profile_of_ones_own(tarmac: CommandLine) -> None:
    tarmac.places.profiles.mkdir(parents=True)
    file = tarmac.places.profile_file("mine")
    file.write_text("# mine\n")
    done = subprocess.run(
        [sys.executable, "-m", "tarmac", "emulate", "--write-profile", "mine"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 64
    assert "already a profile mine" in done.stderr
    assert file.read_text() == "# mine\n"


def test_a_headless_demo_is_one_whole_export(tarmac: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tarmac", "demo", "--headless", "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["status"], document["verified"]) == ("landed", True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_kept", [True, False])
def test_an_emulator_that_is_told_to_end_ends_well_and_says_what_is_kept(
    tarmac: CommandLine, tmp_path: Path, number: signal.Signals, is_kept: bool
) -> None:
    flights = write_flights(tmp_path)
    more = ["--state", str(tmp_path / "kept")] if is_kept else []
    child = subprocess.Popen(
        [sys.executable, "-m", "tarmac", "emulate", "--dataset", f"flights={flights}", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        text=True,
    )
    assert child.stdout is not None
    assert json.loads(child.stdout.readline())["datasets"][0]["name"] == "flights"
    child.send_signal(number)
    out, said = child.communicate(timeout=30)
    assert (child.returncode, out) == (0, "")
    assert (f"kept in {tmp_path / 'kept'}" if is_kept else "nothing of it is kept without --state") in said


async def test_an_emulator_that_ends_while_it_delays_answers_ends_quietly(tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text("[[request]]\ntimes = 0\ndelay = 30\n")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tarmac", "emulate", "--faults", str(faults)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert child.stdout is not None
    base_url = json.loads(await child.stdout.readline())["base_url"]
    async with anonymous_client(base_url) as client, asyncio.TaskGroup() as group:
        asked = [group.create_task(status_of(client)) for _ in range(3)]
        while (await client.get("/_emulator/faults")).json()["request"][0]["seen"] < len(asked):
            pass
        child.terminate()
        _, said = await child.communicate()
    assert [task.result() for task in asked] != [200, 200, 200]
    assert child.returncode == 0
    assert b"Traceback" not in said
    assert b"Exception" not in said


async def status_of(client: httpx.AsyncClient) -> int:
    """Return how a request was answered, 0 where it was cut off."""
    try:
        return (await client.get("/ims/token/v3")).status_code
    except httpx.HTTPError:
        return 0
