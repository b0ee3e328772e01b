"""The real servers, and files that every storage holds in these tests."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from support.certificates import loopback_certificate

FOLDER = "ml/churn/66c0ffee0000000000000001/exportTime=20261123010000"


@pytest.fixture(scope="session")
def parquet() -> Callable[..., bytes]:
    """Make a Parquet file with so many rows, in groups of 100 or of the size given."""
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    def make(rows: int, group: int = 100) -> bytes:
        table = Table.from_arrays(
            [
                Array(list(range(rows)), DataType.int64()),
                Array([None if row % 3 == 0 else f"customer {row}" for row in range(rows)], DataType.utf8()),
            ],
            names=["id", "name"],
        )
        out = io.BytesIO()
        write_parquet(table, out, max_row_group_size=group)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def landed(parquet: Callable[[int], bytes]) -> dict[str, bytes]:
    """What a storage holds: one export of 250 and 50 rows, a marker, a nested odd name, an empty file."""
    return {
        f"{FOLDER}/part-00000-tid-1-a-1-1-c000.gz.parquet": parquet(250),
        f"{FOLDER}/part-00001-tid-1-a-2-1-c000.gz.parquet": parquet(50),
        f"{FOLDER}/_SUCCESS": b"\n",
        "ml/churn/notes/x y%20z/é.txt": b"0123456789",
        "ml/churnish/other.parquet": b"not below ml/churn",
    }


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    return loopback_certificate(tmp_path_factory.mktemp("certificate"))
