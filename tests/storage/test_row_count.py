"""Counting rows: right, cheap, and one bad file does not hide the others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.memory_store import MemoryStore
from tarmac.storage.errors import StorageUnreachable
from tarmac.storage.json_count import LineCounter, count_lines
from tarmac.storage.row_count import CountedFile, count_rows
from tarmac.storage.store import StoredFile


def ndjson(rows: int) -> bytes:
    return b"".join(json.dumps({"id": row, "text": "ä\\n" * 20}).encode() + b"\n" for row in range(rows))


async def test_counts_every_format(parquet: Callable[[int], bytes]) -> None:
    store = MemoryStore(
        {
            "a.gz.parquet": parquet(123),
            "b.parquet": parquet(0),
            "c.json.gz": gzip.compress(ndjson(5000)),
            "d.json": ndjson(7),
            "e.json": b"",
            "f.json.gz": gzip.compress(ndjson(3)) + gzip.compress(ndjson(4)) + b"\0" * 100,
        }
    )
    counted = await count_rows(store, store.entries())
    assert [file.rows for file in counted] == [123, 0, 5000, 7, 0, 7]
    assert all(file.problem is None for file in counted)
    assert sum(file.bytes_read for file in counted) == store.bytes_read


async def test_reads_little_of_parquet(parquet: Callable[[int, int], bytes]) -> None:
    big = parquet(200_000, 100_000)
    store = MemoryStore({f"part-{number}.parquet": big for number in range(5)})
    counted = await count_rows(store, store.entries())
    assert sum(file.rows or 0 for file in counted) == 1_000_000
    assert sum(file.bytes_read for file in counted) == store.bytes_read < 5 * 65 * 1024
    assert store.bytes_read < sum(file.bytes for file in counted) / 5


async def test_bad_files_are_named_and_stop_nothing(parquet: Callable[[int], bytes]) -> None:
    good = parquet(10)
    store = MemoryStore(
        {
            "cut.parquet": good[:-20],
            "cut.json.gz": gzip.compress(ndjson(5000))[:-200],
            "broken.json.gz": b"this is no gzip at all",
            "good.parquet": good,
            "_SUCCESS": b"",
        }
    )
    files = [*store.entries(), StoredFile("gone.parquet", 5000)]
    counted = {file.path: file for file in await count_rows(store, files)}
    assert {path for path, file in counted.items() if file.rows is None} == set(counted) - {"good.parquet"}
    assert counted["good.parquet"].rows == 10
    assert "does not end like a Parquet file" in (counted["cut.parquet"].problem or "")
    assert "ends in the middle" in (counted["cut.json.gz"].problem or "")
    assert "gzip is broken" in (counted["broken.json.gz"].problem or "")
    assert counted["_SUCCESS"].problem == "not a data file"
    assert "gone.parquet" in (counted["gone.parquet"].problem or "")


async def test_a_lost_storage_ends_the_count(parquet: Callable[[int], bytes]) -> None:
    store = MemoryStore({"a.parquet": parquet(1), "b.parquet": b""}, errors={"a.parquet": StorageUnreachable("lost")})
    with pytest.raises(StorageUnreachable, match="lost"):
        await count_rows(store, store.entries())


async def test_progress_names_each_file_once(parquet: Callable[[int], bytes]) -> None:
    store = MemoryStore({f"part-{number}.parquet": parquet(number) for number in range(20)})
    seen: list[tuple[int, int, CountedFile]] = []
    counted = await count_rows(store, store.entries(), on_progress=lambda *step: seen.append(step))
    assert [step[0] for step in seen] == list(range(1, 21))
    assert {step[1] for step in seen} == {20}
    assert {step[2] for step in seen} == set(counted)
    assert [file.path for file in counted] == [file.path for file in store.entries()]


async def test_nothing_to_count() -> None:
    assert await count_rows(MemoryStore({}), []) == ()


async def test_json_that_grew_since_it_was_listed_is_not_counted() -> None:
    store = MemoryStore({"a.json": ndjson(10)})
    counted = await count_rows(store, [StoredFile("a.json", 20)])
    assert counted[0].rows is None
    assert "being written" in (counted[0].problem or "")


async def test_what_unpacks_to_very_much_is_counted_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(b"{}\n" * 20_000_000, 1)
    largest = 0
    feed = LineCounter.feed

    def watched(counter: LineCounter, chunk: bytes) -> None:
        nonlocal largest
        largest = max(largest, len(chunk))
        feed(counter, chunk)

    monkeypatch.setattr(LineCounter, "feed", watched)
    store = MemoryStore({"a.json.gz": data}, chunk=1 << 20)
    assert (await count_lines(store, store.entries()[0], gzipped=True))[0] == 20_000_000
    assert largest <= 4 << 20


@given(
    st.lists(st.sampled_from([b"{}", b"\n", b"\r\n", b" ", b'{"a": 1}', b"[1]", b"\t", b"\n\n"]), max_size=60),
    st.data(),
)
def test_lines_are_counted_the_same_however_they_are_cut(parts: list[bytes], data: st.DataObject) -> None:
    text = b"".join(parts)
    counter = LineCounter()
    rest = text
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        counter.feed(rest[:cut])
        rest = rest[cut:]
    assert counter.rows == sum(1 for line in text.split(b"\n") if line.strip())


async def test_after_the_first_only_as_much_of_a_footer_is_fetched_as_is_needed(
    parquet: Callable[..., bytes],
) -> None:
    # Of different lengths, so that what the first teaches is too little for some of the others.
    files = {
        f"part-{number:02d}.parquet": parquet(20_000, group=20_000 if number % 3 else 2_000) for number in range(9)
    }
    store = MemoryStore(files)
    counted = await count_rows(store, store.entries(), concurrency=1)
    assert [each.rows for each in counted] == [20_000] * 9
    assert all(each.problem is None for each in counted)
    assert max(each.bytes_read for each in counted[1:]) < 20_000 < counted[0].bytes_read
