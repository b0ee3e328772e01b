from __future__ import annotations

from pathlib import Path

import pytest

from support.emulated import Emulated, running_emulator
from support.workspaces import LANDING, opened, wish
from tarmac.platform.models import Dataset
from tarmac.services.exports.applying import apply
from tarmac.services.plans.export_names import export_name, is_derived, long_name, settled, short_name
from tarmac.services.plans.planning import make_plan
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace

CATALOG = "/data/foundation/catalog/dataSets"
OTHER_ID = "0123456789abcdef01234567"


def give_the_name_twice(emulated: Emulated, name: str) -> None:
    """From now on the catalogue has a second dataset of this name."""
    mine = {"name": name, "state": "DRAFT"}
    emulated.add_faults(
        request=[
            {
                "method": "GET",
                "path": CATALOG,
                "times": 0,
                "status": 200,
                "body": {emulated.dataset_id(): mine, OTHER_ID: mine},
            }
        ]
    )


async def exported(ws: Workspace, dataset: str, name: str | None = None) -> str:
    """Apply the plan of an unsaved export and return its name."""
    made = await wish_of_pieces(ws, dataset=dataset, to="landing", name=name)
    async for _ in apply(ws, await make_plan(ws, made)):
        pass
    return made.export.name


@pytest.mark.parametrize("bad", ["churn features", "weather/daily", "-churn", "x" * 60, "סטטיסטיקה", ""])
def test_a_name_that_cannot_stand_whole_in_a_file_name_gets_the_id(bad: str) -> None:
    assert short_name(bad, "landing") is None
    name = long_name(bad, OTHER_ID, "landing")
    assert name.endswith("-234567-landing") or len(name) == 64
    assert name.isascii()
    assert "/" not in name
    assert " " not in name


async def test_a_name_without_another_like_it_is_dataset_and_destination(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        by_name = await wish_of_pieces(ws, dataset="training_set_churn", to="landing")
        by_id = await wish_of_pieces(ws, dataset=by_name.export.dataset, to="landing")
        assert by_name == by_id
        assert by_name.export.name == "training_set_churn-landing"


async def test_a_name_that_two_datasets_have_gets_the_end_of_the_id(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        give_the_name_twice(emulated, "training_set_churn")
        mine = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing")
        assert mine.export.name == f"training_set_churn-{emulated.dataset_id()[-6:]}-landing"
        other = await export_name(ws, Dataset(OTHER_ID, "training_set_churn"), "landing")
        assert other == "training_set_churn-234567-landing"


async def test_a_second_dataset_of_the_name_leaves_the_export_what_it_is(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        async with opened(emulated, tmp_path / "here") as ws:
            assert await exported(ws, emulated.dataset_id()) == "training_set_churn-landing"
        give_the_name_twice(emulated, "training_set_churn")
        # On another machine, without the ledger of the first.
        async with opened(emulated, tmp_path / "there") as ws:
            again = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing")
            assert again.export.name == "training_set_churn-landing"
            assert not (await make_plan(ws, again)).has_changes
            assert (await export_name(ws, Dataset(OTHER_ID, "training_set_churn"), "landing")).endswith(
                "-234567-landing"
            )


async def test_an_export_that_was_named_with_the_id_keeps_that_name(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        named = long_name("training_set_churn", emulated.dataset_id(), "landing")
        await exported(ws, emulated.dataset_id(), named)
        assert (await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing")).export.name == named


async def test_a_name_that_is_in_use_for_another_dataset_is_never_taken(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await exported(ws, emulated.dataset_id(1), "training_set_churn-landing")
        mine = await wish_of_pieces(ws, dataset=emulated.dataset_id(0), to="landing")
        assert mine.export.name == long_name("training_set_churn", emulated.dataset_id(0), "landing")


async def test_only_the_guessed_name_of_a_form_is_settled(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        give_the_name_twice(emulated, "training_set_churn")
        chosen = wish(emulated.dataset_id())
        assert await settled(ws, chosen) == chosen
        guessed = wish(emulated.dataset_id(), name="training_set_churn-landing")
        found = await settled(ws, guessed)
        assert found.export.name == long_name("training_set_churn", emulated.dataset_id(), "landing")
        dataset = Dataset(emulated.dataset_id(), "training_set_churn")
        assert is_derived(found.export.name, dataset, LANDING.name)
        assert not is_derived(chosen.export.name, dataset, LANDING.name)
