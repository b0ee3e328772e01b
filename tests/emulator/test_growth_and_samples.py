from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from support.chain import build_chain, trigger, until
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.events import write_events
from tarmac.emulator.growth import Growth
from tarmac.emulator.samples import load_datasets

CATALOG = "/data/foundation/catalog/dataSets"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def grown_rows(emulated: Emulated, dataset_id: str) -> int:
    async with emulated.client() as client:
        wire = (await client.get(f"{CATALOG}/{dataset_id}")).json()[dataset_id]
    return int(wire["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"])


async def test_the_same_moment_always_means_the_same_rows(tmp_path: Path) -> None:
    [dataset] = await load_datasets([("events", write_events(tmp_path))], tmp_path)
    growth, other = (Growth(7, START, tmp_path / name) for name in ("one", "two"))
    until_ = START + timedelta(hours=50, minutes=11)
    first = pl.concat([pl.read_parquet(file) for file in await growth.files(dataset, None, until_)])
    second = pl.concat([pl.read_parquet(file) for file in await other.files(dataset, None, until_)])
    assert first.equals(second)
    assert len(first) == growth.rows(dataset, until_) == 352
    moments = first["timestamp"]
    assert moments.is_sorted()
    assert moments.min() == START
    assert moments.max() < until_  # type: ignore[operator]  # polars types it loosely
    # A window of three hours needs one file, and holds seven rows an hour.
    since = START + timedelta(hours=30)
    files = await growth.files(dataset, since, since + timedelta(hours=3))
    rows = pl.concat([pl.read_parquet(file) for file in files])["timestamp"]
    assert len(files) == 1
    assert sum(1 for at in rows if since <= at < since + timedelta(hours=3)) == 21


async def test_the_catalogue_and_a_full_run_know_the_rows_that_came(tmp_path: Path) -> None:
    async with running_emulator(datasets=(("events", write_events(tmp_path)),), growth=60, speed=0) as emulated:
        dataset_id = emulated.dataset_id()
        before = await grown_rows(emulated, dataset_id)
        emulated.advance(3600)
        assert await grown_rows(emulated, dataset_id) == before + 60
        async with emulated.client() as client:
            chain = await build_chain(client, dataset_id)
            run_id = await trigger(client, chain)
            emulated.set_speed(1)
            run = await until(client, run_id)
        assert run["metrics"]["recordSummary"]["outputRecordCount"] == before + 60


async def test_record_datasets_do_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    pl.DataFrame({"id": [1, 2, 3]}).write_parquet(path)
    async with running_emulator(datasets=(("plain", path),), growth=60) as emulated:
        emulated.advance(3600)
        assert await grown_rows(emulated, emulated.dataset_id()) == 3


async def test_several_datasets_are_looked_up_at_once() -> None:
    async with running_emulator() as emulated, emulated.client() as client:
        ids = [dataset["id"] for dataset in emulated.ready["datasets"][:2]]
        answer = (await client.get(f"{CATALOG}/{','.join([*ids, 'f' * 24])}")).json()
        assert set(answer) == set(ids)


async def listed(emulated: Emulated, noun: str, **headers: str) -> list[dict[str, Any]]:
    async with emulated.client(**headers) as client:
        items: list[dict[str, Any]] = (await client.get(f"{FLOW_SERVICE}/{noun}", params={"limit": "100"})).json()[
            "items"
        ]
        return items


async def test_sample_content_is_made_once_and_fires_nothing_for_the_past(tmp_path: Path) -> None:
    kept: list[str] = []
    for _ in range(2):
        async with running_emulator(sample_flows=20, state_dir=tmp_path, speed=0) as emulated:
            flows = await listed(emulated, "flows")
            assert len(flows) == 20
            assert len(await listed(emulated, "flows", x_sandbox_name="prod")) == 6
            runs = await listed(emulated, "runs")
            assert all(run["metrics"]["statusSummary"]["status"] in {"success", "failed"} for run in runs)
            ids = sorted(flow["id"] for flow in flows)
            assert kept in ([], ids)
            kept = ids


async def test_what_others_scheduled_goes_on_from_now(tmp_path: Path) -> None:
    datasets = (("events", write_events(tmp_path)),)
    async with running_emulator(datasets=datasets, sample_flows=2, speed=0) as emulated:
        before = len(await listed(emulated, "runs"))
        emulated.advance(6 * 3600)
        # The six-hourly one was due once; the daily one may have been.
        assert 1 <= len(await listed(emulated, "runs")) - before <= 2
