"""The footer reader: right on real files, and never anything but a value or StorageCorrupt on other bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import polars
import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from support.memory_store import MemoryStore
from tarmac.storage.errors import StorageCorrupt
from tarmac.storage.parquet_footer import ParquetFooter, count_in_footer, fetch_footer, parse_footer, read_footer
from tarmac.storage.store import StoredFile


async def footer_of(data: bytes) -> ParquetFooter:
    return await read_footer(MemoryStore({"a.parquet": data}), StoredFile("a.parquet", len(data)))


def wide(columns: int) -> bytes:
    table = Table.from_arrays(
        [Array([number, number + 1], DataType.int64()) for number in range(columns)],
        names=[f"column_with_a_long_name_{number}" for number in range(columns)],
    )
    out = io.BytesIO()
    write_parquet(table, out, max_row_group_size=1)
    return out.getvalue()


async def test_reads_rows_row_groups_and_null_counts(parquet: Callable[[int], bytes]) -> None:
    footer = await footer_of(parquet(250))
    assert footer.num_rows == 250
    assert footer.row_group_count == 3
    assert [group.rows for group in footer.row_groups] == [100, 100, 50]
    ids, names = footer.row_groups[0].columns
    assert (ids.path, names.path) == (("id",), ("name",))
    assert (ids.null_count, names.null_count) == (0, 34)
    assert ids.start == 4
    assert names.start == ids.start + ids.compressed_bytes
    assert "parquet-rs" in footer.created_by
    assert "ARROW:schema" in footer.key_values


async def test_agrees_with_another_writer_on_types_and_nesting() -> None:
    frame = polars.DataFrame(
        {
            "id": [1, 2],
            "at": [datetime(2026, 11, 23, tzinfo=UTC)] * 2,
            "score": [0.5, None],
            "identity": [{"ecid": "a", "tags": ["x", "y"]}, {"ecid": "b", "tags": []}],
        },
        schema_overrides={"id": polars.Int32},
    )
    out = io.BytesIO()
    frame.write_parquet(out, compression="gzip", compression_level=1)
    footer = await footer_of(out.getvalue())
    assert footer.num_rows == 2
    assert [node.name for node in footer.schema.children] == ["id", "at", "score", "identity"]
    assert [node.type_name for node in footer.schema.children] == ["int32", "timestamp(us, UTC)", "double", "struct"]
    text = list(footer.schema.lines())
    assert text[:4] == [
        "id: optional INT32",
        "at: optional INT64 timestamp(us, UTC)",
        "score: optional DOUBLE",
        "identity: optional group",
    ]
    assert text[4] == "  ecid: optional BYTE_ARRAY string"
    assert text[5].startswith("  tags: optional group list")
    assert len(list(footer.schema.leaves())) == len(footer.row_groups[0].columns) == 5


async def test_logical_types_are_in_words() -> None:
    schema = {
        "date": polars.Date(),
        "u8": polars.UInt8(),
        "i16": polars.Int16(),
        "local": polars.Datetime("ms"),
        "money": polars.Decimal(10, 2),
        "clock": polars.Time(),
        "yes": polars.Boolean(),
    }
    out = io.BytesIO()
    polars.DataFrame({name: [] for name in schema}, schema=schema).write_parquet(out)
    footer = await footer_of(out.getvalue())
    assert {node.name: node.type_name for node in footer.schema.children} == {
        "date": "date",
        "u8": "int8 unsigned",
        "i16": "int16",
        "local": "timestamp(ms)",
        "money": "decimal(10, 2)",
        "clock": "time(ns)",
        "yes": "boolean",
    }
    assert footer.num_rows == sum(group.rows for group in footer.row_groups) == 0


async def test_a_long_footer_costs_one_more_read_and_no_more_bytes() -> None:
    data = wide(1500)
    store = MemoryStore({"a.parquet": data})
    fetched = await fetch_footer(store, StoredFile("a.parquet", len(data)))
    assert len(fetched.footer) > 64 * 1024
    assert len(store.ranges) == 2
    assert store.bytes_read == fetched.bytes_read == len(fetched.footer) + 8
    assert count_in_footer(fetched.footer, "a.parquet") == 2
    assert len(parse_footer(fetched.footer, "a.parquet").row_groups[1].columns) == 1500


async def test_a_short_footer_costs_one_read(parquet: Callable[[int, int], bytes]) -> None:
    data = parquet(100_000, 50_000)
    store = MemoryStore({"a.parquet": data})
    await fetch_footer(store, StoredFile("a.parquet", len(data)))
    assert len(store.ranges) == 1
    assert store.bytes_read <= 64 * 1024 < len(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: b"", "0 bytes"),
        (lambda data: data[:11], "11 bytes"),
        (lambda data: data[:-1], "does not end like a Parquet file"),
        (lambda data: data[: len(data) // 2], "does not end like a Parquet file"),
        (lambda data: data[:-4] + b"PARE", "encrypted"),
        (lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1", "impossible length"),
        (lambda data: data[:-8] + b"\0\0\0\0PAR1", "impossible length"),
        (lambda data: data[:-8] + b"\x05\0\0\0PAR1", "footer cannot be read"),
    ],
)
async def test_a_broken_file_is_named_with_the_reason(
    parquet: Callable[[int], bytes], change: Callable[[bytes], bytes], said: str
) -> None:
    data = change(parquet(10))
    with pytest.raises(StorageCorrupt, match=said) as caught:
        await footer_of(data)
    assert caught.value.path == "a.parquet"
    assert caught.value.message.startswith("a.parquet: ")


async def test_a_file_shorter_than_listed_is_being_written(parquet: Callable[[int], bytes]) -> None:
    data = parquet(10)
    with pytest.raises(StorageCorrupt, match="shorter than listed"):
        await read_footer(MemoryStore({"a.parquet": data}), StoredFile("a.parquet", len(data) + 10))


def check_never_crashes(footer: bytes) -> None:
    for read in (count_in_footer, parse_footer):
        try:
            result = read(footer, "a.parquet")
            if isinstance(result, ParquetFooter):
                assert result.num_rows >= 0
                _ = result.row_groups
        except StorageCorrupt:
            pass


@given(st.binary(max_size=400))
def test_any_bytes_give_a_value_or_storage_corrupt(footer: bytes) -> None:
    check_never_crashes(footer)


@given(st.data())
def test_a_damaged_footer_gives_a_value_or_storage_corrupt(data: st.DataObject) -> None:
    whole = wide(3)
    length = int.from_bytes(whole[-8:-4], "little")
    footer = bytearray(whole[-8 - length : -8])
    for _ in range(data.draw(st.integers(1, 4))):
        footer[data.draw(st.integers(0, len(footer) - 1))] = data.draw(st.integers(0, 255))
    check_never_crashes(bytes(footer[: data.draw(st.integers(0, len(footer)))]))


@pytest.mark.parametrize("bomb", [b"\x1c" * 5000, b"\x19" * 5000, b"\x29\xfc\xff\xff\xff\xff\x0f" + b"\x1c" * 50])
def test_nesting_bombs_are_refused(bomb: bytes) -> None:
    with pytest.raises(StorageCorrupt):
        count_in_footer(bomb, "a.parquet")
