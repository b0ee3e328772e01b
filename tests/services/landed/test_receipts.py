"""Receipts: what is written comes back; what was changed, cut or is foreign is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.services.errors import ReceiptUnreadable
from tarmac.services.landed.receipt import LandedFile, Receipt, RowVerdict
from tarmac.services.landed.receipts import (
    files_hash,
    list_receipts,
    read_receipt,
    receipt_as_json,
    receipt_path,
    schema_hash,
    write_receipt,
)

FILES = (
    LandedFile("ml/churn/d1/exportTime=20261123010000/part-00001.gz.parquet", 2_000, 60),
    LandedFile("ml/churn/d1/exportTime=20261123010000/part-00000.gz.parquet", 1_000, 40),
)
RECEIPT = Receipt(
    export="churn",
    dataset_id="d1",
    dataset_name="training set ☂",
    catalog_rows=100,
    flow_id="f1",
    run_id="b0000000-0000-4000-8000-000000000001",
    run_status="success",
    run_started_at=datetime(2026, 11, 23, 1, 0, 0, 250_000, tzinfo=UTC),
    run_ended_at=None,
    run_output_rows=100,
    run_output_bytes=None,
    run_output_files=2,
    destination="landing",
    destination_kind="data-landing-zone",
    store_location="abfss://dlz@acct",
    folder="ml/churn/d1/exportTime=20261123010000",
    files=FILES,
    parquet_schema=("id: int64", "name: string"),
    schema_hash=schema_hash(("id: int64", "name: string")),
    files_hash=files_hash(FILES),
    read_set=("ml/churn/d1/exportTime=20261123010000",),
    verdicts=(RowVerdict("counted = run", 100, 100, True), RowVerdict("catalog", None, 100, None, "not known")),
    verified=True,
    checked_at=datetime(2026, 11, 23, 1, 2, tzinfo=UTC),
)


def test_a_written_receipt_comes_back_the_same(tmp_path: Path) -> None:
    path = write_receipt(tmp_path / "acme" / "receipts", RECEIPT)
    assert path == tmp_path / "acme" / "receipts" / f"{RECEIPT.run_id}.json"
    assert read_receipt(path) == RECEIPT


def test_it_is_for_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = write_receipt(tmp_path / "acme" / "receipts", RECEIPT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_second_check_of_the_same_run_replaces_the_receipt(tmp_path: Path) -> None:
    write_receipt(tmp_path, RECEIPT)
    path = write_receipt(tmp_path, replace(RECEIPT, verified=False))
    assert read_receipt(path).verified is False
    assert list_receipts(tmp_path) == [path]


@pytest.mark.parametrize("run_id", ["../../evil", "/etc/passwd", "", ".hidden", "a" * 300, "a/b", "a\x00b"])
def test_an_odd_run_id_never_leaves_the_receipts_folder(tmp_path: Path, run_id: str) -> None:
    path = write_receipt(tmp_path, replace(RECEIPT, run_id=run_id))
    assert path.parent == tmp_path
    assert not path.name.startswith(".")
    assert read_receipt(path).run_id == run_id


def test_different_odd_run_ids_have_different_files(tmp_path: Path) -> None:
    assert receipt_path(tmp_path, "a/b") != receipt_path(tmp_path, "a:b")


def _set(*keys: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("schema_version", value=2), "schema version is 2"),
        (_set("schema_version", value="1"), "schema_version is not a whole number"),
        (_set("files", 0, "bytes", value=1_001), "totals"),
        (_set("files", 0, "path", value="elsewhere"), "SHA-256"),
        (_set("files", 0, "rows", value=True), "files[0].rows is not a whole number"),
        (_set("files", value={}), "files is not a list"),
        (_set("totals", "rows", value=7), "totals"),
        (_set("parquet_schema", "columns", value=["id: string"]), "Parquet schema was changed"),
        (_set("run", value=None), "run is not an object"),
        (_set("run", "started_at", value="yesterday"), "run.started_at is not a time"),
        (_set("checked_at", value="2026-11-23T01:02:00"), "checked_at is not a time with its zone"),
        (_set("verified", value="yes"), "verified is not true or false"),
        (lambda document: document.pop("verdicts"), "verdicts is missing"),
    ],
)
def test_a_changed_receipt_is_refused_and_the_place_is_named(
    tmp_path: Path, change: Callable[[Any], None], said: str
) -> None:
    path = write_receipt(tmp_path, RECEIPT)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(ReceiptUnreadable) as caught:
        read_receipt(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.exit_code == 64


def test_a_receipt_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    path = write_receipt(tmp_path, RECEIPT)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ReceiptUnreadable):
            read_receipt(path)


def test_a_missing_receipt_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReceiptUnreadable, match="there is no receipt"):
        read_receipt(tmp_path / "none.json")
    assert list_receipts(tmp_path) == []


def test_the_document_has_the_fields_of_the_contract() -> None:
    document = receipt_as_json(RECEIPT)
    assert document["schema_version"] == 1
    assert document["dataset"] == {"id": "d1", "name": "training set ☂", "catalog_rows": 100}
    assert document["files"][0] == {"path": FILES[0].path, "bytes": 2_000, "rows": 60}
    assert document["totals"] == {"files": 2, "bytes": 3_000, "rows": 100}
    assert document["run"]["started_at"] == "2026-11-23T01:00:00.250000Z"


_file = st.builds(LandedFile, st.text(max_size=30), st.integers(0, 10**15), st.none() | st.integers(0, 10**12))


@given(st.lists(_file, max_size=6, unique_by=lambda file: file.path), st.randoms(use_true_random=False))
def test_the_hash_does_not_depend_on_the_order_but_on_every_field(files: list[LandedFile], random: Any) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)
    assert files_hash(shuffled) == files_hash(files)
    for index, file in enumerate(files):
        changed = [*files[:index], replace(file, bytes=file.bytes + 1), *files[index + 1 :]]
        assert files_hash(changed) != files_hash(files)


def test_an_unknown_row_count_is_not_zero() -> None:
    assert files_hash([LandedFile("a", 1, None)]) != files_hash([LandedFile("a", 1, 0)])
    assert replace(RECEIPT, files=(*FILES, LandedFile("c", 1, None))).rows is None
