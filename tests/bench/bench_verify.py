"""Verifying an export of many Parquet files against reading them with pyarrow.dataset; and the read set.

    python tests/bench/bench_verify.py [--files 1000] [--rows 12000] [--columns 12]

Twice: on Azurite, which is what a landing zone is like, and on moto's S3. Both are processes of their own; how long they worked
themselves is printed beside the seconds, because a slow server makes both sides alike.
Prints seconds and bytes of both sides and the ratios, and how long it takes to list, match and order a read set of as many
folders.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import boto3  # type: ignore[import-untyped]  # it has no types
import psutil
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import AzureFileSystem, FileSystem, S3FileSystem

from support.servers import running, running_azurite
from tarmac.platform.models import Run, RunPhase
from tarmac.services.landed.landed_folder import Place
from tarmac.services.landed.locating import list_folders
from tarmac.services.reading.read_set import build_read_set, match_runs
from tarmac.storage.access import Access, AzureSasAccess, S3Access, open_store
from tarmac.storage.row_count import count_rows
from tarmac.terms.secrets import Secret

BUCKET, KEY = "bench", "bench-key"
SECRET = "bench-secret"
FOLDER = "ml/churn/d1/exportTime=20261123010000"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS_EACH = 10


@dataclass(frozen=True)
class Server:
    """A storage server with the files on it: how either side reaches it."""

    title: str
    access: Access
    filesystem: FileSystem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--columns", type=int, default=12)
    asked = parser.parse_args()
    data, small = parquet(asked.rows, asked.columns), parquet(ROWS_EACH, 2)
    files = {f"{FOLDER}/part-{number:05d}.gz.parquet": data for number in range(asked.files)}
    increments = {f"{folder_of(number)}/part-00000.gz.parquet": small for number in range(asked.files)}
    print(f"{asked.files:,} Parquet files of {len(data) / 1e6:.2f} MB, {asked.files * asked.rows:,} rows")
    for started in (azurite, moto):
        with tempfile.TemporaryDirectory() as folder, started(Path(folder), files | increments) as server:
            print(f"\n{server.title}")
            verify(server, asked.files, len(data), asked.rows)
            read_set(server, asked.files)


def verify(server: Server, files: int, size: int, rows: int) -> None:
    total = files * size
    busy = server_cpu_s()
    seconds, fetched, counted = asyncio.run(ours(server))
    assert counted == files * rows
    print(
        f"tarmac: list and count        {seconds:7.2f} s  {fetched / 1e6:9.2f} MB  ({fetched / total:.2%} of the bytes; "
        f"the server worked {server_cpu_s() - busy:.2f} s)"
    )
    busy, began = server_cpu_s(), time.perf_counter()
    dataset = pyarrow_dataset(server)
    assert sum(batch.num_rows for batch in dataset.to_batches()) == counted
    reading = time.perf_counter() - began
    print(
        f"pyarrow.dataset: read all     {reading:7.2f} s  {total / 1e6:9.2f} MB  "
        f"(the server worked {server_cpu_s() - busy:.2f} s)"
    )
    began = time.perf_counter()
    assert pyarrow_dataset(server).count_rows() == counted
    counting = time.perf_counter() - began
    print(f"pyarrow.dataset: count_rows() {counting:7.2f} s  {'not measured':>12}")
    print(
        f"ratio                         {reading / seconds:7.1f} x reading, {counting / seconds:.1f} x count_rows (goal: 5 x)"
    )


def server_cpu_s() -> float:
    """Seconds on a core that the server has used so far."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True) if child.is_running())


async def ours(server: Server) -> tuple[float, int, int]:
    store = open_store(server.access)
    began = time.perf_counter()
    found = [file async for page in store.list_files(FOLDER) for file in page]
    counted = await count_rows(store, found)
    seconds = time.perf_counter() - began
    await store.close()
    return seconds, sum(each.bytes_read for each in counted), sum(each.rows or 0 for each in counted)


def read_set(server: Server, files: int) -> None:
    runs = [run_of(number) for number in reversed(range(files))]

    async def build() -> tuple[float, float, int]:
        store = open_store(server.access)
        began = time.perf_counter()
        folders = await list_folders(store, Place("ml/increments", "d1"))
        listed = time.perf_counter() - began
        found = build_read_set(match_runs(folders, runs), incremental=True, first_run_id="run-0")
        await store.close()
        assert found.is_complete
        return listed, time.perf_counter() - began - listed, found.rows or 0

    listing, choosing, rows = asyncio.run(build())
    assert rows == files * ROWS_EACH
    print(
        f"read set of {files:,} increments   {listing + choosing:7.2f} s  (listing {listing:.2f}, choosing {choosing:.2f})"
    )


def run_of(number: int) -> Run:
    moment = BEGIN + timedelta(hours=3 * number)
    return Run(
        f"run-{number}",
        "flow",
        RunPhase.SUCCEEDED,
        "success",
        created_at=moment,
        started_at=moment,
        ended_at=moment + timedelta(seconds=20),
        output_rows=ROWS_EACH,
        output_files=1,
    )


def folder_of(number: int) -> str:
    return f"ml/increments/d1/exportTime={BEGIN + timedelta(hours=3 * number):%Y%m%d%H%M%S}"


def parquet(rows: int, columns: int) -> bytes:
    chance = random.Random(1)
    table = pa.table({f"c{column}": [chance.random() for _ in range(rows)] for column in range(columns)})
    out = io.BytesIO()
    pq.write_table(table, out, compression="gzip", compression_level=1)
    return out.getvalue()


def pyarrow_dataset(server: Server) -> Any:
    return ds.dataset(f"{BUCKET}/{FOLDER}", filesystem=server.filesystem, format="parquet")


@contextmanager
def azurite(folder: Path, files: dict[str, bytes]) -> Iterator[Server]:
    with running_azurite(folder) as started:
        started.container(BUCKET, files)
        address = urlsplit(started.url)
        yield Server(
            "Azure Blob (Azurite)",
            AzureSasAccess(started.url, started.account, BUCKET, Secret(started.sas(BUCKET))),
            AzureFileSystem(
                started.account,
                account_key=started.key,
                blob_storage_authority=address.netloc,
                blob_storage_scheme=address.scheme,
                dfs_storage_authority=address.netloc,
                dfs_storage_scheme=address.scheme,
            ),
        )


@contextmanager
def moto(folder: Path, files: dict[str, bytes]) -> Iterator[Server]:
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p"]
    with running(lambda port: [*command, str(port)], folder / "moto.log") as port:
        url = f"http://127.0.0.1:{port}"
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )
        client.create_bucket(Bucket=BUCKET)
        for path, data in files.items():
            client.put_object(Bucket=BUCKET, Key=path, Body=data)
        yield Server(
            "S3 (moto)",
            S3Access(BUCKET, KEY, Secret(SECRET), endpoint=url, region="us-east-1"),
            S3FileSystem(
                access_key=KEY,
                secret_key=SECRET,
                endpoint_override=urlsplit(url).netloc,
                scheme="http",
                region="us-east-1",
            ),
        )


if __name__ == "__main__":
    main()
