"""The first rows of a file: right, and without downloading it."""

from __future__ import annotations

import asyncio
import gzip
import io
import random
from collections.abc import Callable

import polars
import pytest

from support.memory_store import MemoryStore
from tarmac.storage.errors import StorageCorrupt, StorageUnreachable
from tarmac.storage.peek import peek


def store_of(name: str, data: bytes) -> MemoryStore:
    return MemoryStore({name: data})


async def test_shows_the_first_rows_of_parquet(parquet: Callable[[int], bytes]) -> None:
    store = store_of("a.gz.parquet", parquet(250))
    shown = await peek(store, store.entries()[0], 3)
    assert shown.columns == ("id", "name")
    assert shown.types == ("int64", "string")
    assert shown.rows == ((0, None), (1, "customer 1"), (2, "customer 2"))


async def test_fewer_rows_than_asked_for(parquet: Callable[[int], bytes]) -> None:
    for rows in (0, 5):
        store = store_of("a.parquet", parquet(rows))
        shown = await peek(store, store.entries()[0], 20)
        assert len(shown.rows) == rows
        assert shown.columns == ("id", "name")


async def test_rows_may_reach_into_the_second_row_group(parquet: Callable[..., bytes]) -> None:
    store = store_of("a.parquet", parquet(30, 7))
    shown = await peek(store, store.entries()[0], 20)
    assert [row[0] for row in shown.rows] == list(range(20))


async def test_nested_values_agree_with_another_writer() -> None:
    frame = polars.DataFrame({"identity": [{"ecid": "a", "tags": ["x"]}, None], "score": [0.5, None]})
    out = io.BytesIO()
    frame.write_parquet(out, compression="gzip", compression_level=1)
    store = store_of("a.gz.parquet", out.getvalue())
    shown = await peek(store, store.entries()[0])
    assert shown.types == ("struct", "double")
    assert shown.rows == (({"ecid": "a", "tags": ["x"]}, 0.5), (None, None))


async def test_reads_little_of_a_large_file() -> None:
    numbers = random.Random(1)
    frame = polars.DataFrame({f"c{column}": [numbers.random() for _ in range(150_000)] for column in range(8)})
    out = io.BytesIO()
    frame.write_parquet(out, compression="uncompressed", row_group_size=150_000, data_page_size=64 << 10)
    store = store_of("a.parquet", out.getvalue())
    shown = await peek(store, store.entries()[0], 20)
    assert shown.rows == tuple(frame.head(20).rows())
    assert store.bytes_read < len(out.getvalue()) / 3
    assert shown.bytes_read <= store.bytes_read


@pytest.mark.parametrize("damage", [slice(4, 400), slice(4, 3000), slice(-3000, -1000)])
async def test_a_damaged_file_is_named(parquet: Callable[[int], bytes], damage: slice) -> None:
    data = bytearray(parquet(250))
    data[damage] = b"\xff" * len(data[damage])
    store = store_of("a.parquet", bytes(data))
    with pytest.raises(StorageCorrupt) as caught:
        await peek(store, store.entries()[0])
    assert caught.value.path == "a.parquet"


async def test_a_storage_lost_in_between_is_reported_as_such(parquet: Callable[..., bytes]) -> None:
    class Failing(MemoryStore):
        async def read_range(self, path: str, start: int, length: int) -> bytes:
            if len(self.ranges) >= 2:
                raise StorageUnreachable("lost")
            return await super().read_range(path, start, length)

    store = Failing({"a.parquet": parquet(400_000, 400_000)})
    with pytest.raises(StorageUnreachable, match="lost"):
        await peek(store, store.entries()[0])


async def test_cancelling_does_not_hang(parquet: Callable[..., bytes]) -> None:
    reached = asyncio.Event()

    class Stuck(MemoryStore):
        async def read_range(self, path: str, start: int, length: int) -> bytes:
            if len(self.ranges) >= 1:
                reached.set()
                await asyncio.Event().wait()
            return await super().read_range(path, start, length)

    store = Stuck({"a.parquet": parquet(400_000, 400_000)})
    task = asyncio.create_task(peek(store, store.entries()[0]))
    async with asyncio.timeout(5):
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("deadline", ["peek", "ranged_file"])
async def test_a_storage_too_slow_is_said_and_its_read_does_not_go_on(
    parquet: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, deadline: str
) -> None:
    data = parquet(400_000, 400_000)
    quick = store_of("a.parquet", data)
    await peek(quick, quick.entries()[0])
    ended = asyncio.Event()

    class Slow(MemoryStore):
        async def read_range(self, path: str, start: int, length: int) -> bytes:
            # The last one is a block that nobody fetched ahead: the decoder waits for it in its thread.
            if len(self.ranges) == len(quick.ranges) - 1:
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.set()
            return await super().read_range(path, start, length)

    monkeypatch.setattr(f"tarmac.storage.{deadline}._DEADLINE_SECONDS", 0.05)
    store = Slow({"a.parquet": data})
    with pytest.raises(StorageUnreachable, match=r"a\.parquet.*0\.05 s"):
        await peek(store, store.entries()[0])
    async with asyncio.timeout(30):
        await ended.wait()


LINES = b'{"id": 1, "at": "2026"}\n{"id": 2, "tags": ["x"], "deep": {"a": 1}}\n'


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
async def test_shows_the_first_rows_of_json(name: str) -> None:
    data = LINES + b'{"id": 3}\n' * 100_000
    store = MemoryStore({name: gzip.compress(data) if name.endswith("gz") else data}, chunk=100)
    shown = await peek(store, store.entries()[0], 3)
    assert shown.columns == ("id", "at", "tags", "deep")
    assert shown.types == ("number", "string", "list", "struct")
    assert shown.rows == ((1, "2026", None, None), (2, None, ["x"], {"a": 1}), (3, None, None, None))
    assert store.bytes_read < 3000


async def test_a_last_line_without_its_end_is_shown() -> None:
    store = store_of("a.json", LINES + b'{"id": 3}')
    assert len((await peek(store, store.entries()[0], 20)).rows) == 3


async def test_json_is_read_over_the_members_of_its_gzip() -> None:
    packed = b"".join(gzip.compress(b'{"id": %d}\n' % number) for number in range(5))
    store = MemoryStore({"a.json.gz": packed}, chunk=7)
    seen = await peek(store, store.entries()[0], 20)
    assert [row[0] for row in seen.rows] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("name", "data"), [("a.json", b'{"id": 1\n'), ("a.json.gz", b"no gzip"), ("_SUCCESS", b"")])
async def test_what_is_no_json_is_named(name: str, data: bytes) -> None:
    store = store_of(name, data)
    with pytest.raises(StorageCorrupt, match=name):
        await peek(store, store.entries()[0])
