"""Proving runs against an emulator: the receipt, the read set in it, and what is not there any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from support.dict_store import DictStore
from support.emulated import Emulated, running_emulator
from support.workspaces import HastyClock, opened, wish
from tarmac.services.errors import NothingLanded
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Counting, Finished
from tarmac.services.landed.landed_runs import landed_now
from tarmac.services.landed.receipts import read_receipt
from tarmac.services.landed.verifying import count_files, parquet_schema, verify_run
from tarmac.services.runs.known_exports import find_flow, find_run, know_run, wish_of_flow
from tarmac.services.storages.stores import opened_store
from tarmac.services.workspace import Workspace
from tarmac.storage.store import StoredFile
from tarmac.terms.errors import UsageError


async def landed(ws: Workspace, emulated: Emulated) -> Finished:
    dataset = next(each["id"] for each in emulated.ready["datasets"] if each["name"] == "loyalty_profiles")
    events = [event async for event in export(ws, wish(dataset))]
    assert isinstance(events[-1], Finished)
    assert events[-1].result.error is None
    return events[-1]


async def test_the_receipt_says_what_was_proved(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        result = (await landed(ws, emulated)).result
        assert result.receipt is not None
        receipt = await asyncio.to_thread(read_receipt, result.receipt)
        assert receipt.rows == receipt.run_output_rows == receipt.catalog_rows == 25_000
        assert receipt.read_set == (receipt.folder,)
        assert receipt.schema_hash is not None
        assert any("loyalty" in column or ":" in column for column in receipt.parquet_schema)
        assert all(verdict.agrees for verdict in receipt.verdicts)


async def test_the_moment_of_the_proof_is_by_the_clock_that_the_folder_is_named_by(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.advance(7200)
        result = (await landed(ws, emulated)).result
        assert result.receipt is not None
        receipt = await asyncio.to_thread(read_receipt, result.receipt)
        assert receipt.run_ended_at is not None
        assert abs(receipt.checked_at - receipt.run_ended_at) < timedelta(hours=1)


async def test_a_folder_that_was_deleted_is_said_to_be_gone(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        await landed(ws, emulated)
        platform = emulated.running.platform
        platform.landing_zone.delete_older_than(platform.now() + timedelta(days=1))
        known = await know_run(ws, await find_run(ws, "churn"))
        with pytest.raises(NothingLanded, match="no folder of it"):
            await verify_run(
                ws,
                run=known.run,
                wish=known.wish,
                dataset=known.dataset,
                flow_id=known.flow.id,
                catalog_rows=None,
                patience_s=1,
            )


async def test_another_machine_knows_a_run_by_the_platforms_own_objects(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        async with opened(emulated, tmp_path / "one") as ws:
            first = (await landed(ws, emulated)).result
        async with opened(emulated, tmp_path / "two") as ws:
            known = await know_run(ws, await find_run(ws, "churn"))
            assert known.run.id == first.run_id
            assert known.wish.export.name == "churn"
            assert known.wish.folder == "ml/churn"
            assert known.catalog_rows == 25_000
            receipt = await verify_run(
                ws, run=known.run, wish=known.wish, dataset=known.dataset, flow_id=known.flow.id, catalog_rows=None
            )
            assert receipt.verified
            assert receipt.folder == first.folder


async def test_a_name_that_was_never_exported_brings_near_names(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await landed(ws, emulated)
        with pytest.raises(UsageError) as caught:
            await find_run(ws, "churm")
        assert "churn" in caught.value.meaning


async def test_a_folder_template_is_read_back(tmp_path: Path) -> None:
    template = "%DATASET_NAME%/%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%"
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        folders: list[str | None] = []
        for _ in range(2):
            last = [event async for event in export(ws, wish(emulated.dataset_id(2), folder_template=template))][-1]
            assert isinstance(last, Finished)
            assert (last.result.error, last.result.verified) == (None, True)
            folders.append(last.result.folder)
            emulated.advance(30)
        flow = await find_flow(ws, "churn")
        planned, dataset_id = await wish_of_flow(ws, flow)
        async with opened_store(ws, planned) as store:
            read_set = (await landed_now(ws, store, planned, dataset_id, flow.id)).read_set
        assert read_set.folders == (folders[-1],)
        assert len(read_set.left_out) == 1


async def test_rotated_credentials_are_asked_for_again_once(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        result = (await landed(ws, emulated)).result
        assert result.folder is not None
        async with opened_store(ws, wish(emulated.dataset_id())) as opened_:
            before = len(emulated.requests("GET", "*/landingzone/credentials*"))
            emulated.running.platform.landing_zone.refresh()
            files = [file async for page in opened_.store.list_files(result.folder) for file in page]
            assert len(files) == result.files
            assert await count_files(opened_.store, files)
            assert len(emulated.requests("GET", "*/landingzone/credentials*")) == before + 1


async def test_a_broken_file_is_named_and_the_others_are_counted() -> None:
    store = DictStore({"a.json": b'{"x": 1}\n{"x": 2}\n', "b.parquet": b"PAR1 this is no Parquet file"})
    files = [StoredFile(path, len(content)) for path, (content, _) in store.files.items()]
    seen: list[Counting] = []
    json_file, parquet_file = await count_files(store, files, seen.append)
    assert json_file.rows == 2
    assert parquet_file.rows is None
    assert parquet_file.problem is not None
    assert "b.parquet" in parquet_file.problem
    assert seen[-1] == Counting(2, 2, 2)
    assert await parquet_schema(store, files) == ()
