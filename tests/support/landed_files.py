"""What lies in the emulator's landing zone, seen on its disk and not through tarmac, and runs waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl

from support.emulated import Emulated

DEADLINE_SECONDS = 30.0


def root_of(emulated: Emulated) -> Path:
    """The folder that stands for the container."""
    root = emulated.running.platform.landing_zone.sink().local_root
    assert root is not None
    return root


def on_disk(emulated: Emulated, urls: Iterable[str]) -> list[Path]:
    """The files that these addresses of the landing zone name."""
    container = emulated.running.platform.landing_zone.container_name
    return [root_of(emulated) / unquote(urlsplit(url).path).partition(f"/{container}/")[2] for url in urls]


def rows_of(files: Iterable[Path]) -> pl.DataFrame:
    """Their rows, in order."""
    return pl.concat([pl.read_parquet(file) for file in files])


async def runs_settled(emulated: Emulated, ended: int, files_below: str = "", files: int = 0) -> None:
    """Wait until so many runs have ended, and so many files are to be seen below a folder."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            runs = [run for run in emulated.running.platform.state.runs if run.wire.get("activities")]
            there = len(list((root_of(emulated) / files_below).rglob("part-*")))
            if len(runs) >= ended and there >= files:
                return
            await asyncio.sleep(0.01)  # runs are made by a worker process; only their record tells
