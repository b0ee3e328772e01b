"""The Datasets screen against a real emulator: pages, finding, marking, details, trouble, and the next start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, shown, started, wait_for
from tarmac.app import TarmacApp
from tarmac.screens.dataset_rows import Catalogue, Order
from tarmac.services.catalogue.dataset_cache import (
    RememberedDataset,
    read_remembered,
    remembered_file,
    write_remembered,
)
from tarmac.session import Session
from tarmac.widgets.line_table import LineTable

SIZES = [(80, 24), (120, 36)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x36"])
async def test_finding_marking_and_going_on(tmp_path: Path, size: tuple[int, int]) -> None:
    async with (
        running_emulator(synthetic_datasets=250) as emulated,
        app_at(home(emulated, tmp_path)).run_test(size=size) as pilot,
    ):
        screen = await wait_for(pilot, "253 datasets can be exported")
        assert "● signed in" in screen
        assert screen.splitlines()[3].startswith("▸  training_set_churn")
        assert "104,200" in screen
        assert "enter destination space mark / find" in " ".join(screen.split())
        await pilot.press("/", *"WEB_ev")
        screen = await wait_for(pilot, "1 of 253 datasets")
        assert "web_events" in screen
        assert "training_set_churn" not in screen
        await pilot.press("enter", "space")
        await pilot.press("escape")
        screen = await wait_for(pilot, "253 datasets can be exported · 1 marked")
        assert "▸✔ web_events" in screen
        await pilot.press("g", "space")
        assert "2 datasets: they will share one destination and one schedule" in await wait_for(pilot, "2 marked")
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        app = pilot.app
        assert isinstance(app, TarmacApp)
        assert {dataset.name for dataset in app.session.choices.datasets} == {"web_events", "training_set_churn"}


async def test_details_follow_the_cursor_and_close(tmp_path: Path) -> None:
    async with running_emulator() as emulated, app_at(home(emulated, tmp_path)).run_test(size=(120, 40)) as pilot:
        await wait_for(pilot, "training_set_churn")
        await pilot.press("i")
        screen = await wait_for(pilot, "event data older than 365 d: none")
        assert "Schema" in screen
        await pilot.press("down")
        screen = await wait_for(pilot, "only events of the last 365 days are exported")
        assert "Details: web_events" in screen
        await pilot.press("escape")
        assert "Details" not in await wait_for(pilot, lambda text: "Details" not in text)


async def test_the_details_say_how_to_read_on_and_how_to_leave(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("i")
        await wait_for(pilot, "tab: scroll here")
        assert "pgdn" not in shown(pilot)
        await pilot.press("tab")
        await wait_for(pilot, "pgdn more   tab list   esc close details")
        await pilot.press("tab")
        assert "pgdn" not in await wait_for(pilot, "enter destination")


async def test_a_refusal_says_why_and_what_to_do_and_r_reads_again(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        emulated.add_faults(
            request=[{"method": "GET", "path": "*/configs", "status": 403, "body": {"message": "no right"}, "times": 9}]
        )
        async with app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot:
            screen = await wait_for(pilot, "refused: 403")
            assert "r: read again" in screen
            assert "403" in screen
            emulated.clear_faults()
            await pilot.press("r")
            assert "● signed in" in await wait_for(pilot, "datasets can be exported")
            assert "403" not in shown(pilot)


async def test_the_next_start_shows_the_list_with_its_age_at_once(tmp_path: Path) -> None:
    async with running_emulator(synthetic_datasets=20) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "23 datasets can be exported")
            await wait_for(pilot, lambda _: remembered_file(places, "local").exists())
            await pilot.press("/", *"offers", "enter", "down")
            await wait_for(pilot, "2/2")
            pilot.app.exit()
        remembered = read_remembered(remembered_file(places, "local"))
        assert remembered is not None
        assert remembered.total == 23
    app = TarmacApp(
        Session("local", places=places), remembered=remembered, resume=("datasets", "offers", remembered.rows[-1].id)
    )
    async with app.run_test(size=(80, 24)) as pilot:  # nobody answers any more
        screen = await wait_for(pilot, "as of 20")
        assert "offers_raw_00006" in screen
        assert "/ offers" in screen
        screen = await wait_for(pilot, "not reachable")
        assert "offers_raw_00006" in screen
        assert "not up to date" in screen


def test_a_memory_that_cannot_be_read_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "datasets.json"
    for text in ("", "{}", "[]", '{"version": 1, "at": "x", "total": 1, "rows": [[1]]}', "[" * 9999):
        file.write_text(text, encoding="utf-8")
        assert read_remembered(file) is None
    write_remembered(file, "prod", [dataset(1), dataset(2)], 2, datetime(2026, 11, 23, tzinfo=UTC))
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_remembered(file, "dev") is None
    found = read_remembered(file, "prod")
    assert found is not None
    assert found.rows == (dataset(1), dataset(2))


def dataset(at: int, name: str | None = None) -> RememberedDataset:
    return RememberedDataset(f"{at:024x}", name or f"events_{at:05d}", at * 10, at * 1000, None, "success", "record")


def test_among_ten_thousand_one_is_found_by_a_part_by_letters_and_by_id() -> None:
    catalogue = Catalogue()
    for start in range(0, 10_000, 100):
        catalogue.put(dataset(at) for at in range(start, start + 100))
    wanted = f"{7310:024x}"
    for text in ("07310", "EVENTS_07310", "evnts07310", wanted, wanted.upper()):
        view = catalogue.view(text)
        assert [view.key(at) for at in range(len(view))] == [wanted], text
    assert catalogue.view("073").index(wanted) is not None
    assert catalogue.view("0731").index(f"{7400:024x}") is None
    assert len(catalogue.view("zzz")) == 0


def test_a_few_digits_find_names_and_an_id_is_found_by_its_beginning_only() -> None:
    catalogue = Catalogue()
    catalogue.put([RememberedDataset("99ab12" + "0" * 18, "events"), RememberedDataset("0" * 20 + "ab12", "sales_99")])

    def found(text: str) -> list[str]:
        view = catalogue.view(text)
        return [view.row(at).cell(0).text for at in range(len(view))]

    assert found("99") == ["sales_99"]
    assert found("99ab") == ["events"]
    assert found("99AB12" + "0" * 18) == ["events"]
    assert found("ab12") == []


def test_flows_that_export_a_dataset_are_named_without_what_marks_them_as_ours() -> None:
    catalogue = Catalogue()
    catalogue.put([dataset(1), dataset(2)])
    catalogue.exported_by = {
        dataset(1).id: ("tarmac churn-landing [5m2qaaaaaaaaa]", "another"),
        dataset(2).id: ("their flow [x]",),
    }
    view = catalogue.view()
    assert [view.row(at).cell(5).text for at in range(2)] == ["churn-landing +1", "their flow [x]"]


def test_what_was_remembered_and_is_gone_disappears_at_the_end() -> None:
    catalogue = Catalogue()
    catalogue.put([dataset(1), dataset(2)], stale=True)
    catalogue.put([dataset(2), dataset(3)])
    assert len(catalogue) == 3
    catalogue.forget_stale()
    view = catalogue.view()
    assert [view.key(at)[-1] for at in range(len(view))] == ["2", "3"]


def test_sorting_goes_through_the_orders_and_unknown_numbers_come_last() -> None:
    catalogue = Catalogue()
    catalogue.put([dataset(2, "b"), RememberedDataset("f" * 24, "a"), dataset(9, "C")])
    orders: dict[Order, list[str]] = {}
    for _ in Order:
        orders[catalogue.order] = [each.name for each in catalogue.in_order()]
        catalogue.next_order()
    assert orders[Order.LISTED] == ["b", "a", "C"]
    assert orders[Order.NAME] == ["a", "b", "C"]
    assert orders[Order.ROWS] == ["C", "b", "a"]
    assert catalogue.order is Order.LISTED


async def test_a_large_catalogue_keeps_the_cursor_while_pages_arrive(tmp_path: Path) -> None:
    async with (
        running_emulator(synthetic_datasets=1500) as emulated,
        app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot,
    ):
        await wait_for(pilot, "training_set_churn")
        await pilot.press("down", "down")
        table = pilot.app.screen.query_one(LineTable)
        key = table.cursor_key
        await wait_for(pilot, "1,503 datasets can be exported")
        assert table.cursor_key == key


async def test_the_cursor_is_on_the_first_that_is_found_and_goes_back_with_esc(tmp_path: Path) -> None:
    async with (
        running_emulator(synthetic_datasets=300) as emulated,
        app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot,
    ):
        await wait_for(pilot, "303 datasets can be exported")
        table = pilot.app.screen.query_one(LineTable)
        await pilot.press("G")
        last = table.cursor_key
        await pilot.press("/", *"raw")
        screen = await wait_for(pilot, 'match "raw"')
        assert " 1/" in screen.splitlines()[1]
        await pilot.press("escape")
        await wait_for(pilot, "303/303")
        assert table.cursor_key == last
        # A row in view that is among those found keeps the cursor, and so does one that was gone on with.
        await pilot.press("g", "/", *"t", "down")
        await wait_for(pilot, 'match "t"')
        await pilot.press("down")
        second = table.cursor_key
        await pilot.press("/", "r", "enter")
        await wait_for(pilot, 'match "tr"')
        await pilot.press("G")
        kept = table.cursor_key
        assert kept not in {None, second, last}
        await pilot.press("escape")
        await wait_for(pilot, "303 datasets can be exported")
        assert table.cursor_key == kept
