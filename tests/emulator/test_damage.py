"""What a broken export looks like: a run caught in the middle, a file that was cut, one that is gone."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from support.chain import build_chain, has_ended, status_of, trigger, until
from support.emulated import anonymous_client, running_emulator


async def test_a_run_that_never_ends_leaves_the_files_it_has_written() -> None:
    async with running_emulator(rows_per_file=2_000) as emulated, emulated.client() as client:
        emulated.add_faults(run=[{"stuck": True, "stuck_files": 2}])
        chain = await build_chain(client, emulated.dataset_id())
        run = await trigger(client, chain)
        folder = emulated.running.platform.landing_zone.sink().local_root
        assert folder is not None
        files: list[Path] = []
        while len(files) < 2:
            answer = await until(client, run, lambda _: True)
            files = sorted((folder / "ml").rglob("*.parquet"))
        assert not has_ended(answer)
        assert status_of(answer) == "processing"
        assert [pl.read_parquet(file).height for file in files] == [2_000, 2_000]


async def test_a_landed_file_is_cut_or_deleted_on_request() -> None:
    async with running_emulator() as emulated, emulated.client() as client:
        chain = await build_chain(client, emulated.dataset_id())
        await until(client, await trigger(client, chain))
        root = emulated.running.platform.landing_zone.sink().local_root
        assert root is not None
        file = next((root / "ml").rglob("*.parquet"))
        name, written = file.relative_to(root).as_posix(), file.stat().st_mtime
        async with anonymous_client(emulated.base_url) as control:
            cut = await control.post("/_emulator/storage", json={"truncate": name, "bytes": 100})
            assert cut.status_code == 200
            assert (file.stat().st_size, file.stat().st_mtime) == (100, written)
            with pytest.raises(pl.exceptions.PolarsError):
                pl.read_parquet(io.BytesIO(file.read_bytes()))
            assert (await control.post("/_emulator/storage", json={"delete": name})).status_code == 200
            assert not file.exists()
            assert (await control.post("/_emulator/storage", json={"delete": name})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"truncate": "a"}, {"truncate": "../a", "bytes": 1}, {"truncate": "a", "bytes": -1}, {"delete": 3}],
)
async def test_a_wrong_order_is_refused(body: dict[str, object]) -> None:
    async with running_emulator() as emulated, anonymous_client(emulated.base_url) as control:
        assert (await control.post("/_emulator/storage", json=body)).status_code == 400
