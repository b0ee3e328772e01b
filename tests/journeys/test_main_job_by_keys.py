"""The main job with the keyboard alone: dataset, destination, review, apply, not ready, running, landed, files counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, shown, to_review, wait_for

SIZES = [(80, 24), (120, 36)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x36"])
async def test_from_the_dataset_to_its_counted_files(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running_emulator(ready_after=20.0, queue_seconds=10.0, speed=10.0) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=size) as pilot:
            # the dataset
            await wait_for(pilot, "training_set_churn")
            await pilot.press("enter")
            # the destination: six kinds with their spec IDs
            screen = await wait_for(pilot, "Google Cloud Storage")
            for words in ("Amazon S3", "Azure Blob", "Azure Data Lake Gen2", "SFTP", "training_set_churn"):
                assert words in screen
            assert "10440537-2a7b-4583-ac39-ed38d4b848e8" in screen
            assert "cd2fc47e-e838-4f38-a581-8fff2f99b63a" in screen
            await pilot.press("enter")
            dataset_id = emulated.dataset_id()
            await wait_for(pilot, f"ml/churn/{dataset_id}/exportTime=")
            await pilot.press("up", "end", *"/by-keys")  # from the first choice to the folder
            await wait_for(pilot, f"ml/churn/by-keys/{dataset_id}/exportTime=")
            await pilot.press("ctrl+s")
            # the review
            screen = await wait_for(pilot, "> ad-hoc run")
            assert "+ source connection" in screen
            assert "104,200 rows" in screen
            assert "ml/churn/by-keys · PARQUET · GZIP" in screen
            assert "ad hoc only: first scheduled run" in screen
            assert f"--dataset {dataset_id} --to landing --path ml/churn/by-keys" in " ".join(screen.split())
            assert not emulated.requests("POST", "*/flows"), "nothing may be sent before it is applied"
            await pilot.press("a")
            # the run
            screen = await wait_for(pilot, "waiting: not ready")
            assert "next look in" in screen
            await wait_for(pilot, "running")
            screen = await wait_for(pilot, "✔ rows match")
            assert "landed" in screen
            assert "104,200" in screen
            assert len(emulated.requests("POST", "*/flows")) == 1
            # what landed
            await pilot.press("enter")
            screen = await wait_for(pilot, "key          ends in")
            assert "✔ rows counted in the files = rows that the run wrote: 104,200 = 104,200" in screen
            assert "✔ rows that the run wrote = rows of the dataset: 104,200 = 104,200" in screen
            assert "part-00000-" in screen
            assert "files        deleted in" in screen
            await pilot.press("right", "right", "right")
            assert "import pandas as pd" in await wait_for(pilot, "[pandas]")
            await pilot.press("escape")
            assert "▸ training_set" in await wait_for(pilot, "✔ rows match")
    receipts = list(places.receipts("local").glob("*.json"))
    assert len(receipts) == 1
    receipt = json.loads(receipts[0].read_text(encoding="utf-8"))
    assert receipt["verified"] is True
    assert receipt["totals"]["rows"] == 104_200


async def test_leaving_the_screen_cancels_nothing(tmp_path: Path) -> None:
    async with running_emulator(ready_after=15.0, speed=10.0) as emulated:
        app = app_at(home(emulated, tmp_path))
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await to_review(pilot)
            await pilot.press("a")
            await wait_for(pilot, "waiting: not ready")
            await pilot.press("1")
            await wait_for(pilot, "datasets can be exported")
            await pilot.press("5")
            await wait_for(pilot, "enabled")
            await pilot.press("4")
            await wait_for(pilot, "✔ rows match")


async def test_what_landed_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await to_review(pilot)
            await pilot.press("a")
            await wait_for(pilot, "✔ rows match")
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await pilot.press("4")
            await wait_for(pilot, "✔ rows match")
            await pilot.press("enter")
            await wait_for(pilot, "✔ verified")
            assert "part-00001-" in shown(pilot)
