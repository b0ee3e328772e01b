"""Interrupted exports on the command line: told at the next start, continued, adopted or cleaned up."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from support.emulated import FLOW_SERVICE, Emulated

if TYPE_CHECKING:
    from cli.conftest import CommandLine

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
NOUNS = ("sourceConnections", "connections", "targetConnections", "flows")


async def killed(emulated: Emulated, noun: str) -> None:
    """Start `tarmac export` and kill it while the platform is making an object."""
    emulated.add_faults(
        request=[{"method": "POST", "path": f"{FLOW_SERVICE}/{noun}", "when": "after-commit", "delay": 20.0}]
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tarmac", "export", *WISH), stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    async with asyncio.timeout(60):
        while (await counts(emulated))[noun] == 0:  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    emulated.clear_faults()


async def counts(emulated: Emulated) -> dict[str, int]:
    async with emulated.client() as client:
        return {noun: len((await client.get(f"{FLOW_SERVICE}/{noun}?limit=100")).json()["items"]) for noun in NOUNS}


async def test_the_next_start_tells_of_it_and_the_same_command_goes_on(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        await killed(emulated, "targetConnections")
        shown = await tarmac("plan", *WISH)
        assert "1 export was not finished: loyalty (while creating the target connection" in shown.err
        done = await tarmac("export", *WISH, "--json")
        assert done.code == 0, done.err
        assert len(done.document["created"]) + len(done.document["reused"]) == 4
        assert await counts(emulated) == dict.fromkeys(NOUNS, 1)
        assert "not finished" not in (await tarmac("plan", *WISH)).err


async def test_what_an_interrupted_export_needs_is_not_said_to_be_others(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        await killed(emulated, "targetConnections")
        shown = await tarmac("cleanup", "--dry-run", "--json")
        needed = [each for each in shown.document["checks"] if "needed by an export" in each["title"]]
        assert [("--unfinished" in each["next"], "--others" in each["next"]) for each in needed] == [(True, False)]


async def test_cleanup_shows_it_first_and_deletes_only_when_told(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        await killed(emulated, "flows")
        shown = await tarmac("cleanup", "--dry-run", "--unfinished")
        assert shown.code == 2
        assert "dataflow" in shown.err
        assert "turned out to exist" in shown.err
        assert "Nothing to change." not in shown.out
        assert "clean up: 1 dataflow and 3 connections." in shown.out
        planned = (await tarmac("cleanup", "--dry-run", "--unfinished", "--json")).document
        [item] = planned["items"]
        assert (planned["status"], item["name"]) == ("changes", "loyalty")
        nouns = ["dataflow", "target connection", "source connection", "base connection"]
        assert [step["noun"] for step in item["steps"]] == nouns
        assert {call["method"] for step in item["steps"] for call in step["calls"]} == {"DELETE"}
        for arguments in (("cleanup", "--json", "--yes"), ("cleanup", "--json", "--dry-run")):
            told = await tarmac(*arguments)
            assert told.code == 0, told.err
            [interrupted] = told.document["unfinished"]
            assert (interrupted["export"], len(interrupted["objects"])) == ("loyalty", 4)
        assert (await counts(emulated))["flows"] == 1
        kept = await tarmac("cleanup", "--yes")
        assert kept.code == 0, kept.err
        assert await counts(emulated) == dict.fromkeys(NOUNS, 1)
        refused = await tarmac("cleanup", "--unfinished", "--json")
        assert (refused.code, refused.document["error"]["code"]) == (64, "not-confirmed")
        assert await counts(emulated) == dict.fromkeys(NOUNS, 1)
        done = await tarmac("cleanup", "--unfinished", "--yes", "--json", "--confirm", emulated.sandbox)
        assert done.code == 0, done.err
        assert set(done.document["results"][0]["deleted"]) == {step["id"] for step in item["steps"]}
        assert await counts(emulated) == dict.fromkeys(NOUNS, 0)


async def test_adopted_it_is_kept_and_no_longer_told(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        await killed(emulated, "sourceConnections")
        done = await tarmac("cleanup", "--adopt", "--json")
        assert done.code == 0, done.err
        assert (await counts(emulated))["sourceConnections"] == 1
        assert "not finished" not in (await tarmac("runs")).err


async def test_two_processes_on_one_state_make_one_of_each_and_fire_one_run(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(ready_after=600, speed=300) as emulated:
        children = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tarmac", "export", *WISH, "--json"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(os.environ),
            )
            for _ in range(2)
        ]
        async with asyncio.timeout(60):
            answers = [await child.communicate() for child in children]
        assert [child.returncode for child in children] == [0, 0], answers
        assert await counts(emulated) == dict.fromkeys(NOUNS, 1)
        async with emulated.client() as client:
            runs = (await client.get(f"{FLOW_SERVICE}/runs?limit=100")).json()["items"]
        assert {json.loads(out)["run_id"] for out, _ in answers} == {run["id"] for run in runs}
        assert len(runs) == 1
        for line in tarmac.places.ledger_file("local").read_text().splitlines():
            assert not line or json.loads(line)["v"] == 1
