"""What a recording keeps of a storage: everything that is counted and named, and never a value of a dataset."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from contextlib import aclosing
from pathlib import Path

import polars
import pytest

from support.memory_store import MemoryStore
from tarmac.services.flight.recorder import Recorder
from tarmac.services.flight.replayed_store import ReplayedStorages, ReplayedStore
from tarmac.services.flight.tape import read_tape
from tarmac.services.landed.feature_diff import compare, look_at
from tarmac.services.landed.peeking import PeekedFile, peek_file
from tarmac.services.reading.read_address import Protocol, ReadAddress, Signing
from tarmac.storage.errors import StorageCorrupt, StorageDenied, StorageMissing, StorageUnreachable
from tarmac.storage.parquet_footer import read_footer
from tarmac.storage.peek import peek
from tarmac.storage.row_count import count_rows
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.errors import UsageError
from tarmac.terms.times import SystemClock

PEOPLE = ("ada.lovelace@example.com", "grace.hopper@example.com")
ADDRESS = ReadAddress(Protocol.S3, Signing.KEYS, "landing", region="eu")


def parquet() -> bytes:
    frame = polars.DataFrame(
        {"person": [*PEOPLE, None], "score": [4711.25, 4712.5, None], "by": [{"mail": PEOPLE[0]}, None, None]}
    )
    out = io.BytesIO()
    frame.write_parquet(out, compression="gzip", compression_level=1)
    return out.getvalue()


def json_lines() -> bytes:
    rows = [
        {"person": PEOPLE[0], "consents": {"email": {"val": "y"}}, "ids": {PEOPLE[0]: 1, "0123-4567": 2, "ECID": 3}},
        {"person": PEOPLE[1], "items": [{"sku": "secret-sku"}], "since": None, "vip": True},
    ]
    return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())


async def recorded(folder: Path, store: Store, look: object) -> tuple[str, ReplayedStore]:
    """Look at a store while it is recorded; return the recording, and the store that a replay has of it."""
    assert callable(look)
    file = folder / "tape.jsonl"
    recorder = Recorder(file)
    await look(recorder.watched(store, "landing", ADDRESS))
    recorder.close()
    tape = read_tape(file)
    again = ReplayedStorages(tape, SystemClock(), asyncio.Event()).store(store.location)
    return file.read_text(encoding="utf-8"), again


@pytest.mark.parametrize(("name", "data"), [("a.parquet", parquet()), ("a.json.gz", json_lines())])
async def test_counts_files_and_schema_are_shown_again_and_no_value_is_kept(
    tmp_path: Path, name: str, data: bytes
) -> None:
    store = MemoryStore({name: data})
    seen: list[PeekedFile] = []

    async def look(store: Store) -> None:
        files = [file async for page in store.list_files("") for file in page]
        await count_rows(store, files)
        seen.append(await peek_file(store, files[0]))

    text, again = await recorded(tmp_path, store, look)
    for value in (*PEOPLE, "4711", "4712", "secret-sku", "0123-4567"):
        assert value not in text
    files = [file async for page in again.list_files("") for file in page]
    assert files == store.entries()
    shown = await peek_file(again, files[0])
    assert shown.columns == seen[0].columns
    assert shown.rows_in_file == seen[0].rows_in_file
    assert (shown.rows, shown.not_kept) == ((), len(seen[0].rows))
    assert "Values are not recorded" in shown.not_kept_words
    if name.endswith("parquet"):
        assert shown.fields == seen[0].fields
    else:
        assert [(each.name, each.type) for each in shown.fields] == [(each.name, each.type) for each in seen[0].fields]
        inside = {each.name: [child.name for child in each.children] for each in shown.fields}
        assert inside == {**inside, "consents": ["email"], "items": ["sku"], "ids": ["•••", "ECID"]}
    assert [each.rows for each in await count_rows(again, files)] == [3 if name.endswith("parquet") else 2]


async def test_a_comparison_is_the_same_but_for_samples(tmp_path: Path) -> None:
    store = MemoryStore({"one/a.parquet": parquet(), "two/b.parquet": parquet()})
    found: list[object] = []

    async def look(store: Store) -> None:
        files = [file async for page in store.list_files("") for file in page]
        sides = [await look_at(store, file.path, file.path, [file], 3) for file in files]
        found.append(compare(sides[0], sides[1]))

    text, again = await recorded(tmp_path, store, look)
    await look(again)
    assert found[0] == found[1]
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line.get("schema_of") for line in lines if line["kind"] == "footer"] == [None, "one/a.parquet"]


async def test_what_went_wrong_goes_wrong_again(tmp_path: Path) -> None:
    class Refusing(MemoryStore):
        async def list_files(self, folder: str):  # type: ignore[no-untyped-def]  # as of MemoryStore
            yield [StoredFile("a.parquet", 9_000)]
            raise StorageDenied(f"no more of {folder}", next_step="Ask for a key.")

    async def look(store: Store) -> None:
        with pytest.raises(StorageDenied):
            async for _ in store.list_files("ml"):
                pass
        with pytest.raises(StorageCorrupt):
            await peek(store, StoredFile("a.parquet", 4))
        async with aclosing(store.list_files("first page only")) as pages:  # type: ignore[type-var]  # a generator
            await anext(pages)

    _, again = await recorded(tmp_path, Refusing({"a.parquet": b"PAR1"}), look)
    pages = again.list_files("ml")
    assert await anext(pages) == [StoredFile("a.parquet", 9_000)]
    with pytest.raises(StorageDenied, match="no more of ml") as denied:
        await anext(pages)
    assert denied.value.next_step == "Ask for a key."
    with pytest.raises(StorageCorrupt, match="too few for a Parquet file"):
        await peek(again, StoredFile("a.parquet", 4))
    assert await anext(again.list_files("first page only")) == [StoredFile("a.parquet", 9_000)]


async def test_what_was_not_recorded_says_so(tmp_path: Path) -> None:
    async def look(_: Store) -> None:
        await asyncio.sleep(0)

    _, again = await recorded(tmp_path, MemoryStore({}), look)
    with pytest.raises(StorageUnreachable, match="not in the recording"):
        await anext(again.list_files("elsewhere"))
    with pytest.raises(StorageMissing, match="not recorded"):
        await read_footer(again, StoredFile("a.parquet", 9_000))


async def test_a_folder_is_listed_as_it_was_each_time(tmp_path: Path) -> None:
    store = MemoryStore({})
    seen: list[list[StoredFile]] = []

    async def look(watched: Store) -> None:
        for name in ("a.json", "b.json", "c.json"):
            seen.append([file async for page in watched.list_files("") for file in page])
            store.files[name] = b"{}\n"

    file = tmp_path / "tape.jsonl"
    recorder = Recorder(file)
    await look(recorder.watched(store, "landing", ADDRESS))
    recorder.close()

    class Clock(SystemClock):
        at = -1.0

        def monotonic(self) -> float:
            return self.at

    clock = Clock()
    again = ReplayedStorages(read_tape(file), clock, asyncio.Event()).store(store.location)
    assert [file async for page in again.list_files("") for file in page] == seen[0]
    assert [file async for page in again.list_files("") for file in page] == seen[1]
    clock.at = 60.0  # a replay that asks less often is not behind
    again = ReplayedStorages(read_tape(file), clock, asyncio.Event()).store(store.location)
    assert [file async for page in again.list_files("") for file in page] == seen[2]


async def test_a_line_that_is_not_as_it_should_be_is_refused(tmp_path: Path) -> None:
    async def look(store: Store) -> None:
        await peek(store, StoredFile("a.parquet", len(parquet())))

    text, _ = await recorded(tmp_path, MemoryStore({"a.parquet": parquet()}), look)
    start, _, rest = text.partition("\n")
    for broken in (rest.replace('"rows":3', '"rows":"many"'), rest.replace('"columns":', '"colons":')):
        file = tmp_path / "broken.jsonl"
        file.write_text(f"{start}\n{broken}", encoding="utf-8")
        again = ReplayedStorages(read_tape(file), SystemClock(), asyncio.Event()).store("memory://")
        with pytest.raises(UsageError, match="cannot be read"):
            await read_footer(again, StoredFile("a.parquet", 9))
        with pytest.raises(UsageError, match="cannot be read"):
            await peek(again, StoredFile("a.parquet", 9))


@pytest.mark.parametrize("name", ["line\u2028separator", "next\x85line", "half of a pair \ud83d", "顧客", "tab\t\x1e"])
async def test_any_name_goes_through_a_recording(tmp_path: Path, name: str) -> None:
    store = MemoryStore({f"{name}.json": b"{}\n"})

    async def look(store: Store) -> None:
        _ = [page async for page in store.list_files("")]

    _, again = await recorded(tmp_path, store, look)
    assert [file.path async for page in again.list_files("") for file in page] == [f"{name}.json"]
