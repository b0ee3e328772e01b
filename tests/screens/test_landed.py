"""Landed: clocks in words, the read set, first rows, differences and copies, by keys alone at 80×24."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import polars as pl
import pytest
from textual.pilot import Pilot

from support.emulated import Emulated, running_emulator
from support.keys import app_at, home, wait_for
from support.workspaces import wish
from tarmac.app import TarmacApp
from tarmac.screens.landed import LandedScreen
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Finished
from tarmac.services.workspace import Workspace
from tarmac.widgets.text_pane import TextPane

ROWS = 300


def dataset(folder: Path) -> Path:
    path = folder / "nested.parquet"
    frame = pl.DataFrame({"id": range(ROWS), "person": [{"name": f"n{row}", "age": row} for row in range(ROWS)]})
    frame.write_parquet(path)
    return path


async def receipt_of(ws: Workspace, dataset_id: str) -> Path:
    async for event in export(ws, wish(dataset_id)):
        if isinstance(event, Finished):
            assert event.result.receipt is not None, event.result.error
            return event.result.receipt
    raise AssertionError("the export did not end")


@asynccontextmanager
async def landed(folder: Path, *, exports: int = 1, days: float = 0.0) -> AsyncIterator[tuple[Emulated, Pilot[int]]]:
    """The app at the Landed screen of the last of so many exports, so many days later."""
    async with running_emulator(datasets=(("nested", dataset(folder)),)) as emulated:
        app: TarmacApp = app_at(home(emulated, folder))
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "nested")
            nested = next(each["id"] for each in emulated.ready["datasets"] if each["name"] == "nested")
            for _ in range(exports):
                file = await receipt_of(app.session.workspace, nested)
                emulated.advance(60)
            emulated.advance(days * 86_400)
            await app.push_screen(LandedScreen(file))
            await wait_for(pilot, "deleted in")
            yield emulated, pilot


async def test_the_clocks_are_said_in_words(tmp_path: Path) -> None:
    async with landed(tmp_path) as (_, pilot):
        screen = await wait_for(pilot, "key ")
        assert "deleted in 6 d 23 h" in screen
        assert "end" in screen
        assert "c copies them" not in screen


async def test_the_first_rows_are_shown_without_downloading(tmp_path: Path) -> None:
    async with landed(tmp_path) as (_, pilot):
        await pilot.press("p")
        screen = await wait_for(pilot, "Schema and first row")
        assert "  name: string  n0" in screen
        assert "300 rows" in screen
        await pilot.press("escape")
        await wait_for(pilot, "deleted in")


async def test_two_exports_are_compared(tmp_path: Path) -> None:
    async with landed(tmp_path, exports=2) as (_, pilot):
        await pilot.press("d")
        await wait_for(pilot, "3 columns as before")


async def test_one_export_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    async with landed(tmp_path) as (_, pilot):
        await pilot.press("d")
        screen = await wait_for(pilot, "There are not two whole exports")
        assert "esc, then t exports again" in " ".join(screen.split())
        assert "name another" not in screen


async def test_where_code_cannot_be_written_there_is_nothing_to_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with landed(tmp_path) as (_, pilot):
        copied: list[str] = []

        async def copy(text: str, what: str = "text") -> None:
            copied.append(text)

        monkeypatch.setattr(pilot.app, "copy_text", copy)
        await pilot.press(*["right"] * 7)
        await wait_for(pilot, "[spark]")
        await pilot.press("Y")
        await wait_for(pilot, "Nothing to copy. Spark cannot read this storage")
        assert not copied
        await pilot.press("left", "Y")
        await wait_for(pilot, lambda _: bool(copied))
        assert "import duckdb" in copied[0]


async def test_the_read_set_says_what_is_full_and_what_is_left_out(tmp_path: Path) -> None:
    async with landed(tmp_path, exports=2) as (_, pilot):
        await pilot.press("right")
        screen = await wait_for(pilot, "full      ml/churn")
        assert "left out" in screen


async def test_files_that_vanish_soon_are_offered_to_be_copied(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    async with landed(tmp_path, days=6.5) as (_, pilot):
        screen = await wait_for(pilot, "c copies them elsewhere")
        assert "! deleted in 11 h" in screen
        await pilot.press("c")
        await wait_for(pilot, "Copy to a folder")
        await pilot.press("end", *["backspace"] * len("./churn"), *str(target), "enter")
        await wait_for(pilot, "sizes and rows agree")
    assert pl.read_parquet(sorted(target.rglob("*.parquet"))).height == ROWS


async def test_enter_is_no_key_of_a_list_of_files(tmp_path: Path) -> None:
    async with landed(tmp_path) as (_, pilot):
        await pilot.press("question_mark")
        await wait_for(pilot, "Help: Landed")
        words = pilot.app.screen.query_one(TextPane).text
        assert "table.down" in words
        assert "table.choose" not in words
