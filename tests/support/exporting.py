"""Exports carried out by a test, and what the emulator then holds, asked by another client than ours."""

from __future__ import annotations

import asyncio

from support.emulated import FLOW_SERVICE, Emulated
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import ExportEvent, ExportResult, Finished
from tarmac.services.workspace import Workspace

NOUNS = ("sourceConnections", "connections", "targetConnections", "flows")


async def events_of(ws: Workspace, *arguments: object, **options: object) -> list[ExportEvent]:
    return [event async for event in export(ws, *arguments, **options)]  # type: ignore[arg-type]


async def result_of(ws: Workspace, *arguments: object, **options: object) -> ExportResult:
    last = (await events_of(ws, *arguments, **options))[-1]
    assert isinstance(last, Finished)
    return last.result


def creates(emulated: Emulated) -> dict[str, int]:
    return {noun: len(emulated.requests("POST", f"{FLOW_SERVICE}/{noun}")) for noun in NOUNS}


async def objects(emulated: Emulated) -> dict[str, int]:
    """How many objects of each noun exist, asked by another client than ours."""
    async with emulated.client() as client:
        return {
            noun: len((await client.get(f"{FLOW_SERVICE}/{noun}", params={"limit": "100"})).json()["items"])
            for noun in NOUNS
        }


def posts_to_adhoc(emulated: Emulated) -> int:
    return len(emulated.requests("POST", "*/adhocrun"))


async def run_over(emulated: Emulated, run_id: str) -> None:
    """Return when the emulator has finished the run."""
    async with asyncio.timeout(30), emulated.client() as client:
        while True:
            [run] = (await client.get(f"{FLOW_SERVICE}/runs/{run_id}")).json()["items"]
            if run["metrics"]["statusSummary"]["status"] == "success":
                return
            await asyncio.sleep(0.01)  # another process writes its files: nobody tells us
