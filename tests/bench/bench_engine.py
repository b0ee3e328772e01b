"""The emulator's export of gzip Parquet against pyarrow's own writer, on the same rows.

    python tests/bench/bench_engine.py [--rows 1000000] [--columns 50]

Prints both times and sizes, the ratio, the worker's peak memory, and how long the API's event loop stood still meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import random
import resource
import tempfile
import time
from array import array
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tarmac.emulator.contracts import ExportJob, SinkTarget
from tarmac.emulator.engine import Engine
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

SOURCE_ROWS = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = max(1, round(asked.rows / SOURCE_ROWS))
        files = [
            make_source(folder / f"source-{number}.parquet", min(asked.rows, SOURCE_ROWS), asked.columns, number)
            for number in range(count)
        ]
        rows = min(asked.rows, SOURCE_ROWS) * count
        ours, pause = asyncio.run(run_engine(files, folder))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{rows:,} rows x {asked.columns} columns, gzip Parquet")
        size = sum(file.stat().st_size for file in (folder / "ours").rglob("*.parquet")) / 1e6
        print(
            f"tarmac emulator   {ours:6.1f} s   {size:5.0f} MB   worker's peak {peak:.0f} MB   "
            f"event loop still for at most {pause * 1000:.0f} ms"
        )
        if importlib.util.find_spec("pyarrow") is None:
            print("pyarrow           skipped: it is not installed")
            return
        theirs = run_pyarrow(files, folder)
        size = (folder / "theirs.parquet").stat().st_size / 1e6
        print(f"pyarrow           {theirs:6.1f} s   {size:5.0f} MB")
        print(f"ratio             {theirs / ours:6.1f} x   (goal: at least 2)")


async def run_engine(files: list[Path], folder: Path) -> tuple[float, float]:
    """Seconds of one export, and the longest pause of the loop during it, in seconds."""
    engine = Engine(1)
    await engine.start()
    pauses: list[float] = []
    watch = asyncio.create_task(watch_loop(pauses))
    began = time.perf_counter()
    await engine.export(
        ExportJob(
            "bench",
            tuple(files),
            FileFormat.PARQUET,
            Compression.GZIP,
            "out",
            1,
            500_000,
            SinkTarget(DestinationKind.DATA_LANDING_ZONE, local_root=folder / "ours"),
            datetime.now(UTC),
        )
    )
    took = time.perf_counter() - began
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
    await engine.close()
    return took, max(pauses)


async def watch_loop(pauses: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)  # what is measured: how much later than asked for the loop comes back
        pauses.append(time.perf_counter() - before - 0.005)


def run_pyarrow(files: list[Path], folder: Path) -> float:
    """Seconds that pyarrow takes, as one calls it: read the table, write it with gzip."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    began = time.perf_counter()
    pq.write_table(
        pa.concat_tables([pq.read_table(file) for file in files]), folder / "theirs.parquet", compression="gzip"
    )
    return time.perf_counter() - began


def make_source(path: Path, rows: int, columns: int, seed: int) -> Path:
    """Ids, moments, words, doubles, whole numbers and flags, as in a feature table."""
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    rng = random.Random(seed)
    words = [f"word-{number}" for number in range(400)]
    makers: list[Any] = [
        lambda: Array([f"{rng.getrandbits(80):020x}" for _ in range(rows)], DataType.string()),
        lambda: Array.from_buffer(
            array("q", [1_700_000_000_000_000 + rng.randrange(10**13) for _ in range(rows)])
        ).cast(DataType.timestamp("us", tz="UTC")),
        lambda: Array(rng.choices(words, k=rows), DataType.string()),
        lambda: Array.from_buffer(array("d", [round(rng.gauss(50, 20), 4) for _ in range(rows)])),
        lambda: Array.from_buffer(array("q", [int(rng.expovariate(0.01)) for _ in range(rows)])),
        lambda: Array([value < 0.3 for value in (rng.random() for _ in range(rows))], DataType.bool()),
    ]
    # Of 50: 2 ids, 5 moments, 13 words, 15 doubles, 10 whole numbers, 5 flags.
    pattern = [0] * 2 + [1] * 5 + [2] * 13 + [3] * 15 + [4] * 10 + [5] * 5
    arrays = [makers[pattern[column % len(pattern)]]() for column in range(columns)]
    table = Table.from_arrays(arrays, names=[f"column_{column:02d}" for column in range(columns)])
    write_parquet(table, path, compression="snappy")
    return path


if __name__ == "__main__":
    main()
