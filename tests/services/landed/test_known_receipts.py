"""The receipts that can vouch for folders: found however they are written, without reading those of everything else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.landed.test_receipts import RECEIPT
from support.emulated import running_emulator
from support.workspaces import opened
from tarmac.services.landed.landed_folder import LandedFolder
from tarmac.services.landed.landed_runs import known_receipts, receipts_folder
from tarmac.services.landed.receipt import Receipt
from tarmac.services.landed.receipts import read_receipt, receipt_as_json, write_receipt

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
