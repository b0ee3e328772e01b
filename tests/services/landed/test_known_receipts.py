"""The receipts that can vouch for folders: found however they are written, without reading those of everything else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.landed.test_receipts import RECEIPT
from support.emulated import running_emulator
from support.exporting import result_of
from support.workspaces import opened, wish
from tarmac.services.landed.landed_folder import LandedFolder
from tarmac.services.landed.landed_runs import known_receipts, landed_now, receipts_folder
from tarmac.services.landed.receipt import Receipt
from tarmac.services.landed.receipts import read_receipt, receipt_as_json, write_receipt
from tarmac.services.landed.verifying import verify_run
from tarmac.services.storages.stores import opened_store

THERE = "ml/churn/d1/exportTime=20261124010000"


async def test_only_receipts_of_the_dataset_and_of_folders_that_are_there_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: Path) -> Receipt:
        read.append(path.stem)
        return read_receipt(path)

    monkeypatch.setattr("tarmac.services.landed.landed_runs.read_receipt", noted)
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        folder = receipts_folder(ws)
        # A name that looks like the key behind which a receipt is long.
        tricky = replace(RECEIPT, run_id="there", folder=THERE, export='x\n  "files": [')
        write_receipt(folder, RECEIPT)
        write_receipt(folder, replace(RECEIPT, run_id="other", dataset_id="d2", folder=THERE))
        write_receipt(folder, tricky)
        laid_out = replace(RECEIPT, run_id="laid-out", folder=THERE)
        (folder / "laid-out.json").write_text(json.dumps(receipt_as_json(laid_out), sort_keys=True))
        for name, text in {"torn": '{"schema', "list": "[]", "odd": '{\n  "dataset": 1,\n  "files": []}'}.items():
            (folder / f"{name}.json").write_text(text)
        assert await known_receipts(ws, "d1", [LandedFolder(THERE, ())]) == [tricky, laid_out]
    assert {RECEIPT.run_id, "other"}.isdisjoint(read)


async def test_a_receipt_of_another_destination_says_nothing_of_a_folder_of_the_same_name(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        made = wish(emulated.dataset_id())
        result = await result_of(ws, made)
        assert result.receipt is not None
        ours = read_receipt(result.receipt)
        elsewhere = replace(ours, run_id="elsewhere", destination="lake", store_location="s3://lake")
        wrong = replace(ours.verdicts[0], agrees=False)
        write_receipt(receipts_folder(ws), replace(elsewhere, verdicts=(wrong,), verified=False))
        async with opened_store(ws, made) as store:
            landed = await landed_now(ws, store, made, emulated.dataset_id(), result.flow_id)
        assert [each.receipt for each in landed.runs] == [ours]
        assert landed.read_set.folders == (result.folder,)
        # One that counts it again takes no notice of it either.
        platform = await ws.platform()
        run = await platform.runs.get(result.run_id or "")
        dataset = await platform.catalog.get(emulated.dataset_id())
        again = await verify_run(
            ws, run=run, wish=made, dataset=dataset, flow_id=result.flow_id or "", catalog_rows=None
        )
        assert again.read_set == (result.folder,)


@pytest.mark.parametrize(
    ("destination", "location", "is_of_it"),
    [
        ("landing", "abfss://dlz@acct", True),
        ("renamed", "abfss://dlz@acct", True),
        ("landing", "http://127.0.0.1:40001/dlz", True),
        ("lake", "s3://lake", False),
    ],
)
def test_a_receipt_is_of_a_destination_or_of_its_storage(destination: str, location: str, is_of_it: bool) -> None:
    receipt = replace(RECEIPT, destination="landing", store_location="abfss://dlz@acct")
    assert receipt.is_of(destination, location) is is_of_it
