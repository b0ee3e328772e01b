"""What an export's columns look like: by some of its files, also while they are deleted, and beside a live screen."""

from __future__ import annotations

import asyncio
import gzip
import json
import time

import pytest

from support.memory_store import MemoryStore
from tarmac.services.landed.feature_diff import ColumnState, look_at
from tarmac.storage.errors import StorageCorrupt, StorageMissing


def lines(*rows: dict[str, object]) -> bytes:
    return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())


async def test_json_files_that_vanish_or_are_damaged_are_passed_over() -> None:
    store = MemoryStore(
        {
            "a.json.gz": lines({"id": 1, "churned": True}, {"id": None, "churned": False}),
            "b.json.gz": b"no gzip",
            "c.json.gz": lines({"id": 3}),
            "d.json.gz": lines({"id": 4, "churned": True, "late": "x"}, {"id": 5, "churned": True}),
        }
    )
    files = store.entries()
    del store.files["c.json.gz"]  # the weekly deletion came between
    side = await look_at(store, "now", "", files, 4, "churned")
    assert side.columns == {
        "id": ColumnState("number", 0.25),
        "churned": ColumnState("boolean", 0),
        "late": ColumnState("string", 0.75),
    }
    assert side.label == {"True": 3, "False": 1}


async def test_the_label_is_counted_in_the_rows_that_were_read_for_the_columns() -> None:
    store = MemoryStore({f"{name}.json.gz": lines({"churned": True}) for name in "abc"})
    await look_at(store, "now", "", store.entries(), 3, "churned")
    assert sorted(store.streamed) == ["a.json.gz", "b.json.gz", "c.json.gz"]


@pytest.mark.parametrize("name", ["a.json", "a.parquet"])
async def test_when_all_files_are_gone_that_is_said(name: str) -> None:
    gone = MemoryStore({name: b"{}\n" * 100})
    files = gone.entries()
    gone.files.clear()
    with pytest.raises(StorageMissing):
        await look_at(gone, "now", "", files, 1)


async def test_when_all_samples_are_damaged_that_is_said() -> None:
    damaged = MemoryStore({"a.json.gz": b"no gzip"})
    with pytest.raises(StorageCorrupt, match=r"a\.json\.gz"):
        await look_at(damaged, "now", "", damaged.entries(), 1)


async def test_wide_rows_do_not_hold_up_the_screen() -> None:
    rows: list[dict[str, object]] = [
        {f"column_{column}": column * row for column in range(300)} for row in range(1_000)
    ]
    store = MemoryStore({"a.json.gz": lines(*rows)}, chunk=1 << 20)
    text = [json.dumps(row) for row in rows]
    begun = time.thread_time()
    for line in text:
        json.loads(line)
    parsing_s = time.thread_time() - begun
    looking = asyncio.ensure_future(look_at(store, "now", "", store.entries(), 1_000))
    longest_s = 0.0
    while not looking.done():
        # What this thread alone worked between two turns, however busy the machine is.
        begun = time.thread_time()
        await asyncio.sleep(0)
        longest_s = max(longest_s, time.thread_time() - begun)
    assert len((await looking).columns) == 300
    assert longest_s < parsing_s / 2
