from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.emulated import running_emulator
from support.workspaces import opened, wish
from tarmac.platform.errors import BadAnswer
from tarmac.platform.models import Dataset
from tarmac.platform.specs import ExportablePage
from tarmac.services.catalogue.datasets import (
    DatasetPage,
    ExportedBy,
    Facts,
    _exportable_pages,
    exportable,
    find_dataset,
    is_exportable,
)
from tarmac.services.exports.applying import apply
from tarmac.services.plans.planning import make_plan
from tarmac.terms.errors import UsageError

CONFIGS = "*/connectionSpecs/*/configs"


async def test_a_long_catalogue_is_read_whole_and_its_first_page_with_one_request(tmp_path: Path) -> None:
    async with running_emulator(synthetic_datasets=1_234) as emulated, opened(emulated, tmp_path) as ws:
        ids: list[str] = []
        pages = 0
        async for update in exportable(ws):
            if isinstance(update, DatasetPage):
                pages += 1
                ids += [row.id for row in update.rows]
                if pages == 1:
                    assert len(emulated.requests("GET", CONFIGS)) == 1
                    assert len(update.rows) == 100
        assert len(ids) == len(set(ids)) == 1_234 + len(emulated.ready["datasets"])
        assert {dataset["id"] for dataset in emulated.ready["datasets"]} <= set(ids)


async def test_which_flow_exports_what_arrives_last(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        async for _ in apply(ws, await make_plan(ws, wish(emulated.dataset_id()))):
            pass
        updates = [update async for update in exportable(ws)]
        last = updates[-1]
        assert isinstance(last, ExportedBy)
        (name,) = last.flows[emulated.dataset_id()]
        assert name.startswith("tarmac churn [")
        known = {row.id: row.rows for update in updates if isinstance(update, DatasetPage) for row in update.rows}
        known |= {row.id: row.rows for update in updates if isinstance(update, Facts) for row in update.rows.values()}
        dataset = emulated.ready["datasets"][0]
        assert known[dataset["id"]] == dataset["rows"]


async def test_what_the_platform_does_not_list_is_not_exportable(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        listed = [row.id async for update in exportable(ws) if isinstance(update, DatasetPage) for row in update.rows]
        platform = await ws.platform()
        everything = [dataset async for page in platform.catalog.pages() for dataset in page]
        for dataset in everything:
            assert await is_exportable(ws, dataset) == (dataset.id in listed)


async def test_a_name_that_several_have_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        platform = await ws.platform()

        async def twice(name: str) -> tuple[Dataset, ...]:
            return (Dataset("a" * 24, name), Dataset("b" * 24, name))

        monkeypatch.setattr(platform.catalog, "named", twice)
        with pytest.raises(UsageError) as refused:
            await find_dataset(ws, "churn")
        assert refused.value.code == "ambiguous-dataset"
        assert "a" * 24 in refused.value.message


def server(total: int, size: int, *, claimed: int | None = None) -> Any:
    """A list of `total` datasets that gives at most `size` a page and claims `claimed` of them."""
    says = total if claimed is None else claimed

    async def exportable_page(start: int) -> ExportablePage:
        datasets = tuple(Dataset(f"{number:024x}", "d") for number in range(start, min(total, start + size)))
        return ExportablePage(datasets, len(datasets), says, start + len(datasets) < says)

    return SimpleNamespace(exportable_page=exportable_page)


async def read(specs: Any) -> Sequence[str]:
    return [dataset.id async for page in _exportable_pages(specs) for dataset in page]


@pytest.mark.parametrize(("total", "size"), [(0, 100), (1, 100), (100, 100), (101, 100), (950, 100), (45, 20)])
async def test_every_dataset_comes_once_and_in_order(total: int, size: int) -> None:
    assert await read(server(total, size)) == [f"{number:024x}" for number in range(total)]


async def test_a_list_that_promises_more_than_it_has_does_not_go_on_for_ever() -> None:
    with pytest.raises(BadAnswer):
        await read(server(150, 100, claimed=10_000))
