"""A small dataset of events in Parquet, for tests of increments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl


def write_events(folder: Path, rows: int = 600) -> Path:
    """Write `rows` events of the last 100 days and return the file; `timestamp` makes it a time series."""
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    step = timedelta(days=100) / rows
    frame = pl.DataFrame(
        {
            "_id": [f"e{number:06d}" for number in range(rows)],
            "timestamp": [end - step * (rows - number) for number in range(rows)],
            "page": ["/", "/shop", "/cart"] * (rows // 3),
        }
    )
    path = folder / "events.parquet"
    frame.write_parquet(path)
    return path
