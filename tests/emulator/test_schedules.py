"""Scheduled runs on the virtual clock (§3.7)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from support.chain import DEADLINE_SECONDS, build_chain, has_ended, read, status_of
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.events import write_events

HOUR = 3600


def now_seconds(emulator: Emulated) -> int:
    """The virtual moment in epoch seconds."""
    return int(emulator.running.platform.now().timestamp())


async def runs_of(client: httpx.AsyncClient, emulator: Emulated, flow_id: str, count: int) -> list[dict[str, Any]]:
    """Wait until the flow has `count` ended runs; return them oldest first. Fails at a deadline."""
    query = {"property": f"flowId=={flow_id}", "orderby": "createdAt", "limit": "100"}
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            client.headers.update(emulator.headers())
            runs: list[dict[str, Any]] = (await client.get(f"{FLOW_SERVICE}/runs", params=query)).json()["items"]
            assert len(runs) <= count
            if len(runs) == count and all(has_ended(run) for run in runs):
                return runs
            await asyncio.sleep(0.01)  # runs are made by another process


def rows(run: dict[str, Any]) -> tuple[int, int]:
    """Rows and files of a run."""
    metrics = run["metrics"]
    return metrics["recordSummary"]["outputRecordCount"], metrics["fileSummary"]["outputFileCount"]


async def test_a_one_time_export_runs_once_and_never_again(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """Full, at its start, and the flow stays as it is."""
    schedule = {"exportMode": "DAILY_FULL_EXPORT", "timeUnit": "day", "interval": 0}
    start = now_seconds(emulator) + HOUR
    chain = await build_chain(client, emulator.dataset_id(), {**schedule, "startTime": start})
    assert await runs_of(client, emulator, chain.flow_id, 0) == []
    emulator.advance(HOUR + 5)
    [run] = await runs_of(client, emulator, chain.flow_id, 1)
    assert run["createdAt"] == start * 1000
    total, files = rows(run)
    assert (total, files >= 1) == (emulator.ready["datasets"][0]["rows"], True)
    emulator.advance(30 * 24 * HOUR)
    assert len(await runs_of(client, emulator, chain.flow_id, 1)) == 1


async def test_a_start_that_has_just_passed_still_counts(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """aepp sends the present moment, which is past when it arrives."""
    schedule = {"timeUnit": "hour", "interval": 3, "startTime": now_seconds(emulator) - 2}
    chain = await build_chain(client, emulator.dataset_id(), schedule)
    assert len(await runs_of(client, emulator, chain.flow_id, 1)) == 1


async def test_an_incremental_flow_is_full_first_then_has_nothing_new_and_stops_at_its_end(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Every three hours; runs that were due while the clock jumped have their own times; the end is not run."""
    start = now_seconds(emulator) + HOUR
    schedule = {
        "exportMode": "FIRST_FULL_THEN_INCREMENTAL",
        "timeUnit": "hour",
        "interval": 3,
        "startTime": start,
        "endTime": start + 9 * HOUR,
    }
    chain = await build_chain(client, emulator.dataset_id(), schedule)
    emulator.advance(24 * HOUR)
    runs = await runs_of(client, emulator, chain.flow_id, 3)
    assert [run["createdAt"] // 1000 for run in runs] == [start, start + 3 * HOUR, start + 6 * HOUR]
    assert {status_of(run) for run in runs} == {"success"}
    assert [rows(run)[0] for run in runs] == [emulator.ready["datasets"][0]["rows"], 0, 0]
    assert [rows(run)[1] for run in runs[1:]] == [0, 0]
    for run in runs:
        duration = run["metrics"]["durationSummary"]
        assert run["createdAt"] <= duration["startedAtUTC"] <= duration["completedAtUTC"] < run["createdAt"] + 60_000


async def test_a_disabled_flow_does_not_run_and_does_not_catch_up(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Enabled again, it goes on with the next moment."""
    start = now_seconds(emulator) + HOUR
    schedule = {"timeUnit": "hour", "interval": 6, "startTime": start}
    chain = await build_chain(client, emulator.dataset_id(), schedule)
    action = f"{FLOW_SERVICE}/flows/{chain.flow_id}/action"
    await client.post(action, params={"op": "disable"})
    emulator.advance(8 * HOUR)
    assert await runs_of(client, emulator, chain.flow_id, 0) == []
    await client.post(action, params={"op": "enable"})
    assert await runs_of(client, emulator, chain.flow_id, 0) == []
    emulator.advance(6 * HOUR)
    [run] = await runs_of(client, emulator, chain.flow_id, 1)
    assert run["createdAt"] // 1000 == start + 12 * HOUR


async def test_a_new_end_does_not_run_the_flow_and_a_new_start_does(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Extending is harmless; rescheduling begins anew."""
    start = now_seconds(emulator) - 10
    schedule = {"timeUnit": "hour", "interval": 3, "startTime": start, "endTime": start + HOUR}
    chain = await build_chain(client, emulator.dataset_id(), schedule)
    await runs_of(client, emulator, chain.flow_id, 1)

    async def patch(**change: int) -> None:
        etag = (await read(client, "flows", chain.flow_id))["etag"]
        body = [{"op": "replace", "path": "/scheduleParams", "value": {**schedule, **change}}]
        response = await client.patch(f"{FLOW_SERVICE}/flows/{chain.flow_id}", json=body, headers={"if-match": etag})
        assert response.status_code == 200, response.text

    await patch(endTime=start + 100 * HOUR)
    assert len(await runs_of(client, emulator, chain.flow_id, 1)) == 1
    await patch(startTime=start + 2 * HOUR, endTime=start + 3 * HOUR)
    emulator.advance(2 * HOUR)
    runs = await runs_of(client, emulator, chain.flow_id, 2)
    assert runs[1]["createdAt"] // 1000 == start + 2 * HOUR


async def test_a_running_clock_starts_runs_without_being_asked() -> None:
    """At 20,000 virtual seconds a second the day passes by itself."""
    async with running_emulator(speed=20_000.0) as emulator, emulator.client() as fast:
        start = now_seconds(emulator) + HOUR
        schedule = {"timeUnit": "hour", "interval": 12, "startTime": start, "endTime": start + 13 * HOUR}
        chain = await build_chain(fast, emulator.dataset_id(), schedule)
        runs = await runs_of(fast, emulator, chain.flow_id, 2)
    assert [run["createdAt"] // 1000 for run in runs] == [start, start + 12 * HOUR]


async def test_a_scheduled_export_of_events_holds_the_last_365_days(tmp_path: Path) -> None:
    """A hard limit (§2.5); the events are 1 to 101 days old, one every four hours."""
    datasets = (("events", write_events(tmp_path)),)
    async with running_emulator(datasets=datasets) as emulator, emulator.client() as client:
        start = now_seconds(emulator) + 315 * 24 * HOUR
        schedule = {"exportMode": "FIRST_FULL_THEN_INCREMENTAL", "timeUnit": "day", "interval": 1}
        schedule |= {"startTime": start, "endTime": start + 2 * HOUR}
        chain = await build_chain(client, emulator.dataset_id(), schedule)
        emulator.advance(315 * 24 * HOUR + 5)
        [run] = await runs_of(client, emulator, chain.flow_id, 1)
    assert 290 <= rows(run)[0] <= 300


async def test_the_folder_template_names_the_folder(tmp_path: Path) -> None:
    """Macros are filled in, the base path stays first, nothing leads out of it."""
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        schedule = {
            "exportMode": "DAILY_FULL_EXPORT",
            "timeUnit": "day",
            "interval": 0,
            "startTime": now_seconds(emulator),
            "foldernameTemplate": "../%DESTINATION%/%DATASET_NAME%_%DATETIME(YYYYMMdd)%/%SANDBOX_NAME%",
        }
        chain = await build_chain(client, emulator.dataset_id(), schedule)
        [run] = await runs_of(client, emulator, chain.flow_id, 1)
        assert status_of(run) == "success", run
        day = f"{emulator.running.platform.now():%Y%m%d}"
        name = emulator.ready["datasets"][0]["name"]
        [folder] = await asyncio.to_thread(lambda: {file.parent for file in tmp_path.rglob("part-*.parquet")})
    assert folder.as_posix().endswith(f"ml/churn/Data-Landing-Zone/{name}_{day}/ml-dev")
