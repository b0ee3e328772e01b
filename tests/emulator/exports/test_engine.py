import asyncio
import gzip
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import psutil
import pytest

from tarmac.emulator import engine_wire
from tarmac.emulator.contracts import EmulatedDataset, ExportedFile, ExportFailed, ExportJob, SinkTarget, TimeWindow
from tarmac.emulator.conversion import part_names, write_parts
from tarmac.emulator.engine import Engine
from tarmac.emulator.sinks import STAGING, disk_failed
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

WRITTEN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NAME = re.compile(r"part-\d{5}-tid-\d{19}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+-1-c000\.(.+)")


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine()
    yield engine
    await engine.close()


@pytest.fixture
def churn(samples: dict[str, EmulatedDataset], tmp_path: Path) -> ExportJob:
    return ExportJob(
        job_id="run",
        files=samples["training_set_churn"].files,
        format=FileFormat.PARQUET,
        compression=Compression.GZIP,
        folder="ml/churn/66c0/exportTime=20261123010000",
        file_stem_seed=7,
        rows_per_file=40_000,
        sink=SinkTarget(DestinationKind.DATA_LANDING_ZONE, local_root=tmp_path / "zone"),
        written_at=WRITTEN,
    )


def landed(job: ExportJob) -> list[Path]:
    assert job.sink.local_root is not None
    return sorted(file for file in job.sink.local_root.rglob("*") if file.is_file())


@pytest.mark.parametrize(("compression", "ending"), [("gzip", "gz.parquet"), ("none", "parquet")])
async def test_parquet_lands_row_for_row_in_several_files(
    engine: Engine, churn: ExportJob, compression: str, ending: str
) -> None:
    heard: list[ExportedFile] = []
    job = replace(churn, compression=Compression(compression))
    result = await engine.export(job, heard.append)

    assert pl.read_parquet(landed(job)).equals(pl.read_parquet(list(job.files)))
    assert [file.rows for file in result.files] == [40_000, 40_000, 24_200]
    assert (result.rows, result.input_rows) == (104_200, 104_200)
    assert result.bytes == sum(file.stat().st_size for file in landed(job))
    assert heard == list(result.files)
    for file, path in zip(result.files, landed(job), strict=True):
        folder, _, name = file.path.rpartition("/")
        match = NAME.fullmatch(name)
        assert folder == job.folder
        assert match is not None
        assert match[1] == ending
        assert path.stat().st_mtime == WRITTEN.timestamp()
    sizes = {each: (await engine.export(replace(job, compression=each))).bytes for each in Compression}
    assert sizes[Compression.GZIP] < 0.8 * sizes[Compression.NONE]


async def test_ndjson_lines_equal_the_rows(
    engine: Engine, churn: ExportJob, samples: dict[str, EmulatedDataset]
) -> None:
    nested = samples["loyalty_profiles"]
    job = replace(churn, files=nested.files, format=FileFormat.JSON, rows_per_file=13_000)
    result = await engine.export(job)

    assert [file.path.endswith("-1-c000.json.gz") for file in result.files] == [True, True]
    lines = b"".join(gzip.decompress(path.read_bytes()) for path in landed(job))
    expected = pl.read_parquet(list(nested.files))
    loyalty = {"tier": pl.String, "points": pl.Int64, "joined_at": pl.String}
    schema = expected.schema | {"loyalty": pl.Struct(loyalty)}
    found = pl.read_ndjson(lines, schema=schema)
    assert found.height == result.rows == nested.rows
    joined = pl.col("loyalty").struct.field("joined_at")
    assert found.drop("loyalty").equals(expected.drop("loyalty"))
    assert found.select(joined.str.to_datetime(time_unit="us", time_zone="UTC")).equals(expected.select(joined))


async def test_a_window_keeps_its_first_moment_and_not_its_last(
    engine: Engine, churn: ExportJob, samples: dict[str, EmulatedDataset]
) -> None:
    events = pl.read_parquet(list(samples["web_events"].files))
    since, until = events["timestamp"][50_000], events["timestamp"][70_000]
    job = replace(churn, files=samples["web_events"].files, row_filter=TimeWindow("timestamp", since, until))
    result = await engine.export(job)

    assert (result.rows, result.input_rows) == (20_000, 120_000)
    assert pl.read_parquet(landed(job)).equals(events[50_000:70_000])


async def test_no_row_in_the_window_lands_no_file(
    engine: Engine, churn: ExportJob, samples: dict[str, EmulatedDataset]
) -> None:
    late = TimeWindow("timestamp", since=datetime(2030, 1, 1, tzinfo=UTC))
    result = await engine.export(replace(churn, files=samples["web_events"].files, row_filter=late))
    assert (result.rows, result.input_rows, result.files) == (0, 120_000, ())


async def test_the_same_seed_names_the_same_files(engine: Engine, churn: ExportJob) -> None:
    first, again = await engine.export(churn), await engine.export(churn)
    other = await engine.export(replace(churn, file_stem_seed=8))
    assert first == again
    assert {file.path for file in other.files}.isdisjoint(file.path for file in first.files)


@pytest.mark.parametrize("column", ["nothing", "plan"])
async def test_a_filter_column_that_is_no_time_fails_the_export(engine: Engine, churn: ExportJob, column: str) -> None:
    with pytest.raises(ExportFailed, match=column) as caught:
        await engine.export(replace(churn, row_filter=TimeWindow(column, since=WRITTEN)))
    assert caught.value.code == "ACTIVATION_BATCH-0000-FAILED"


async def test_a_broken_file_fails_the_export_and_leaves_nothing(
    engine: Engine, churn: ExportJob, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.parquet"
    whole = bytearray(churn.files[0].read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 200_000] = bytes(200_000)
    broken.write_bytes(whole)
    with pytest.raises(ExportFailed, match=r"Job aborted\. .*broken\.parquet cannot be read"):
        await engine.export(replace(churn, files=(churn.files[1], broken), rows_per_file=10_000))
    assert landed(churn) == []
    assert (await engine.export(churn)).rows == 104_200


@pytest.mark.parametrize("folder", ["../out", "a/../../out", "/etc", "a//b", STAGING])
async def test_a_folder_never_leads_out_of_the_storage(engine: Engine, churn: ExportJob, folder: str) -> None:
    with pytest.raises(ExportFailed, match="leads out of the storage"):
        await engine.export(replace(churn, folder=folder))
    assert landed(churn) == []


async def test_a_worker_that_dies_fails_its_job_and_the_next_job_works(engine: Engine, churn: ExportJob) -> None:
    def kill(_: ExportedFile) -> None:
        for child in psutil.Process().children():
            if child.status() != psutil.STATUS_ZOMBIE and "tarmac.emulator.engine_worker" in child.cmdline():
                child.send_signal(signal.SIGKILL)

    with pytest.raises(ExportFailed, match="ended by itself"):
        await engine.export(replace(churn, rows_per_file=1_000), kill)
    assert landed(churn) == []
    assert (await engine.export(churn)).rows == 104_200


async def test_cancelling_ends_the_job_and_leaves_nothing(engine: Engine, churn: ExportJob) -> None:
    under_way = asyncio.Event()
    job = asyncio.create_task(engine.export(replace(churn, rows_per_file=500), lambda _: under_way.set()))
    await asyncio.wait_for(under_way.wait(), 20)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert landed(churn) == []
    assert (await engine.export(churn)).rows == 104_200


async def test_a_preview_is_answered_while_an_export_runs(engine: Engine, churn: ExportJob) -> None:
    under_way = asyncio.Event()
    job = asyncio.create_task(engine.export(replace(churn, rows_per_file=500), lambda _: under_way.set()))
    await asyncio.wait_for(under_way.wait(), 20)
    rows = await engine.preview(churn.files, 3)
    assert not job.done()
    assert [row["customer_id"] for row in rows] == ["C00000001", "C00000002", "C00000003"]
    assert set(rows[0]) == set(pl.read_parquet_schema(churn.files[0]))
    assert (await job).rows == 104_200


async def test_close_ends_the_workers_within_a_second(churn: ExportJob) -> None:
    engine = Engine()
    under_way = asyncio.Event()
    job = asyncio.create_task(engine.export(replace(churn, rows_per_file=500), lambda _: under_way.set()))
    await asyncio.wait_for(under_way.wait(), 20)
    async with asyncio.timeout(1):
        await engine.close()
    with pytest.raises(ExportFailed):
        await job
    with pytest.raises(ExportFailed, match="shutting down"):
        await engine.export(churn)


@pytest.mark.parametrize(("file_format", "ending"), [("parquet", ".gz.parquet"), ("json", ".json.gz")])
def test_a_full_disk_is_called_so(churn: ExportJob, tmp_path: Path, file_format: str, ending: str) -> None:
    job = replace(churn, format=FileFormat(file_format))
    (tmp_path / next(part_names(job.file_stem_seed, ending))).symlink_to("/dev/full")

    def export() -> None:
        try:
            list(write_parts(job, tmp_path))
        except OSError as error:
            raise disk_failed(error) from error

    with pytest.raises(ExportFailed) as caught:
        export()
    assert caught.value.message == "Job aborted. The storage is full."


def test_a_worker_in_the_middle_of_a_job_ends_when_its_parent_is_gone(churn: ExportJob, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    worker = subprocess.Popen(
        [sys.executable, "-m", "tarmac.emulator.engine_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(engine_wire.to_line(engine_wire.job_message(replace(churn, rows_per_file=100), staging)))
    worker.stdin.flush()
    assert engine_wire.from_line(worker.stdout.readline())["event"] == "file"
    worker.stdin.close()
    assert worker.wait(timeout=5) == 0
    worker.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_the_worker_ends_when_its_parent_is_gone() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tarmac.emulator.engine_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ,
    )
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=20) == 0
