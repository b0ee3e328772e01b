"""The rows of the three sample datasets: the same bytes at every start, made with the standard library's random numbers.

Event times end at a fixed moment, `SAMPLES_END`, and reach 400 days back, so that some events are older than the 365 days
which the platform exports of time-series data.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from tarmac.emulator.contracts import Behavior

# Raise it whenever the rows or the way they are written change: cached files of another version are not used.
SAMPLES_VERSION = 1
SAMPLES_END = datetime(2026, 11, 1, tzinfo=UTC)
EVENT_SPAN = timedelta(days=400)
_ROWS_PER_FILE = 60_000
_US = 1_000_000


@dataclass(frozen=True)
class Sample:
    """One sample dataset and how its rows are made: `make(random, rows)` returns an Arrow table."""

    name: str
    description: str
    rows: int
    make: Callable[[random.Random, int], Any]
    behavior: Behavior = Behavior.RECORD
    timestamp_column: str | None = None
    label_column: str | None = None


def write_sample(sample: Sample, folder: Path) -> None:
    """Write the sample's Parquet files into `folder`, which exists."""
    from arro3.io import write_parquet

    table = sample.make(random.Random(f"tarmac {sample.name}"), sample.rows)  # noqa: S311 - data, not secrets
    for number, start in enumerate(range(0, sample.rows, _ROWS_PER_FILE)):
        part = table.slice(start, min(_ROWS_PER_FILE, sample.rows - start))
        write_parquet(part, folder / f"{sample.name}-{number:02d}.parquet", compression="snappy")


def _table(columns: Mapping[str, Any]) -> Any:
    from arro3.core import Field, RecordBatch, Schema, Table

    schema = Schema([Field(name, column.type, nullable=True) for name, column in columns.items()])
    return Table.from_batches([RecordBatch.from_arrays(list(columns.values()), schema=schema)])


def _doubles(values: Sequence[float]) -> Any:
    from arro3.core import Array

    return Array.from_buffer(array("d", values))


def _longs(values: Sequence[int]) -> Any:
    from arro3.core import Array

    return Array.from_buffer(array("q", values))


def _texts(values: Sequence[str | None]) -> Any:
    from arro3.core import Array, DataType

    return Array(values, DataType.string())


def _flags(values: Sequence[bool | None]) -> Any:
    from arro3.core import Array, DataType

    return Array(values, DataType.bool())


def _moments(micros: Sequence[int]) -> Any:
    from arro3.core import DataType

    return _longs(micros).cast(DataType.timestamp("us", tz="UTC"))


def _pick(rng: random.Random, weights: Mapping[str, int], rows: int) -> list[str]:
    return rng.choices(list(weights), cum_weights=list(accumulate(weights.values())), k=rows)


def _end_micros() -> int:
    return int(SAMPLES_END.timestamp()) * _US


def _churn(rng: random.Random, rows: int) -> Any:
    tenure = [int(rng.random() ** 2 * 72) + 1 for _ in range(rows)]
    monthly = [round(18.0 + 100.0 * rng.random(), 2) for _ in range(rows)]
    tickets = rng.choices(range(9), cum_weights=[50, 70, 82, 89, 93, 96, 98, 99, 100], k=rows)
    contract = _pick(rng, {"month-to-month": 55, "one-year": 25, "two-year": 20}, rows)
    idle = [int(rng.expovariate(1 / 12)) for _ in range(rows)]
    # A label that a model can learn: short tenure, monthly contracts, tickets and silence make leaving likelier.
    churned = [
        rng.random() < 0.03 + 0.28 * (kind == "month-to-month") / (1 + months / 12) + 0.03 * count + min(days, 60) / 300
        for months, kind, count, days in zip(tenure, contract, tickets, idle, strict=True)
    ]
    start = _end_micros()
    return _table(
        {
            "customer_id": _texts([f"C{number:08d}" for number in range(1, rows + 1)]),
            "snapshot_at": _moments([start] * rows),
            "country": _texts(_pick(rng, {"DE": 24, "FR": 20, "US": 30, "GB": 14, "JP": 8, "BR": 4}, rows)),
            "plan": _texts(_pick(rng, {"basic": 50, "plus": 33, "premium": 17}, rows)),
            "contract": _texts(contract),
            "payment": _texts(_pick(rng, {"card": 60, "debit": 25, "invoice": 15}, rows)),
            "tenure_months": _longs(tenure),
            "age": _ages(rng, rows),
            "monthly_charge": _doubles(monthly),
            "total_charge": _doubles([round(m * t, 2) for m, t in zip(monthly, tenure, strict=True)]),
            "sessions_30d": _longs([int(rng.expovariate(1 / 20)) for _ in range(rows)]),
            "days_since_visit": _longs(idle),
            "support_tickets": _longs(tickets),
            "discount": _flags([value < 0.2 for value in (rng.random() for _ in range(rows))]),
            "churned": _flags(churned),
        }
    )


def _ages(rng: random.Random, rows: int) -> Any:
    from arro3.core import Array, DataType

    # One person in twelve has not said how old they are: real training data has gaps.
    return Array([None if rng.random() < 0.08 else rng.randint(18, 90) for _ in range(rows)], DataType.int64())


def _events(rng: random.Random, rows: int) -> Any:
    end, span = _end_micros(), int(EVENT_SPAN.total_seconds()) * _US
    moments = sorted(end - int(rng.random() * span) - 1 for _ in range(rows))
    kinds = _pick(rng, {"page.view": 70, "search": 14, "cart.add": 10, "purchase": 6}, rows)
    pages = ("/", "/shop", "/shop/shoes", "/shop/jackets", "/help", "/cart", "/account")
    return _table(
        {
            "_id": _texts([f"{rng.getrandbits(64):016x}" for _ in range(rows)]),
            "timestamp": _moments(moments),
            "event_type": _texts(kinds),
            "customer_id": _texts([f"C{rng.randint(1, 104_200):08d}" for _ in range(rows)]),
            "page": _texts(rng.choices(pages, k=rows)),
            "device": _texts(_pick(rng, {"mobile": 62, "desktop": 33, "tablet": 5}, rows)),
            "referrer": _texts(rng.choices(("search", "mail", "social", None), k=rows)),
            "duration_ms": _longs([int(rng.expovariate(1 / 4_000)) for _ in range(rows)]),
            "revenue": _doubles([round(5 + 200 * rng.random(), 2) if k == "purchase" else 0.0 for k in kinds]),
        }
    )


def _profiles(rng: random.Random, rows: int) -> Any:
    from arro3.core import Array, DataType, Field, list_array, struct_array

    def record(**fields: Any) -> Any:
        return struct_array(list(fields.values()), fields=[Field(n, a.type, nullable=True) for n, a in fields.items()])

    cities = (("Berlin", "DE"), ("Lyon", "FR"), ("Austin", "US"), ("Leeds", "GB"), ("Osaka", "JP"))
    homes = rng.choices(cities, k=rows)
    counts = [rng.randrange(4) for _ in range(rows)]
    offsets = Array([0, *accumulate(counts)], DataType.int32())
    interests = _texts(rng.choices(("running", "hiking", "music", "cooking", "travel", "games"), k=sum(counts)))
    points = [int(rng.expovariate(1 / 900)) for _ in range(rows)]
    return _table(
        {
            "profile_id": _texts([f"P{number:07d}" for number in range(1, rows + 1)]),
            "person": record(
                first_name=_texts(rng.choices(("Ada", "Grace", "Alan", "Katherine", "Edsger", "Barbara"), k=rows)),
                birth_year=_longs([rng.randint(1936, 2008) for _ in range(rows)]),
            ),
            "home": record(
                city=_texts([city for city, _ in homes]),
                country=_texts([country for _, country in homes]),
                position=record(
                    latitude=_doubles([round(rng.uniform(-60, 70), 4) for _ in range(rows)]),
                    longitude=_doubles([round(rng.uniform(-180, 180), 4) for _ in range(rows)]),
                ),
            ),
            "loyalty": record(
                tier=_texts(["gold" if p > 2_000 else "silver" if p > 700 else "bronze" for p in points]),
                points=_longs(points),
                joined_at=_moments([_end_micros() - rng.randrange(3 * 365 * 86_400) * _US for _ in range(rows)]),
            ),
            "interests": list_array(offsets, interests),
            "mail_consent": _flags([rng.random() < 0.7 for _ in range(rows)]),
        }
    )


SAMPLES = (
    Sample(
        "training_set_churn",
        "Training set: one row a customer with the label churned",
        104_200,
        _churn,
        label_column="churned",
    ),
    Sample(
        "web_events",
        "Web events of the last 400 days",
        120_000,
        _events,
        behavior=Behavior.TIME_SERIES,
        timestamp_column="timestamp",
    ),
    Sample("loyalty_profiles", "Loyalty profiles with nested records and lists", 25_000, _profiles),
)
