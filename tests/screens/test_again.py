"""`t` makes the wish of a row again, whether the row is of this start or the ledger has it of an earlier one."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.keys import app_at, home, wait_for
from tarmac.profiles.places import Places
from tarmac.services.exports.exporting import export
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace


async def exported(places: Places, emulated: Emulated, *, wait: bool = True) -> None:
    async with await Workspace.open("local", places=places) as ws:
        wish = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing", name="churn")
        async for _ in export(ws, wish, wait=wait):
            pass


async def count(emulated: Emulated, noun: str) -> int:
    async with emulated.client() as client:
        return len((await client.get(f"{FLOW_SERVICE}/{noun}?limit=100")).json()["items"])


@pytest.mark.parametrize(
    "before",
    [{}, {"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}],
    ids=["landed", "failed"],
)
async def test_a_row_of_an_earlier_start_is_made_again(tmp_path: Path, before: dict[str, str]) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        if before:
            emulated.add_faults(run=[before])
        await exported(places, emulated)
        async with app_at(places).run_test(size=(110, 30)) as pilot:
            await pilot.press("4")
            await wait_for(pilot, "Job aborted." if before else "✔ rows match")
            await wait_for(pilot, "[t] trigger again")
            emulated.advance(60)  # folders are called after the second
            await pilot.press("t")
            await wait_for(pilot, "2 followed")
            await wait_for(pilot, lambda text: text.count("✔ rows match") == (2 if before else 3))
            emulated.advance(60)
            # And that one again: it is a row of this start.
            await pilot.press("t")
            await wait_for(pilot, "3 followed")
            await wait_for(pilot, lambda text: text.count("✔ rows match") == (3 if before else 4))
        assert (await count(emulated, "runs"), await count(emulated, "flows")) == (3, 1)


async def test_a_row_that_was_taken_up_and_has_landed_since_is_made_again(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=1.0) as emulated:
        places = home(emulated, tmp_path)
        await exported(places, emulated, wait=False)
        async with app_at(places).run_test(size=(110, 30)) as pilot:
            await pilot.press("4")
            await wait_for(pilot, "✔ rows match")
            emulated.advance(60)
            await pilot.press("t")
            await wait_for(pilot, "2 followed")
            await wait_for(pilot, lambda text: text.count("✔ rows match") == 3)
        assert await count(emulated, "runs") == 2


async def test_a_destination_that_is_gone_is_named(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        await exported(places, emulated)
        profile = places.profile_file("local")
        text = profile.read_text(encoding="utf-8").replace("destinations.landing", "destinations.lake")
        profile.write_text(text, encoding="utf-8")
        async with await Workspace.open("local", places=places) as ws:
            assert set(ws.profile.destinations) == {"lake"}
        file = places.ledger_file("local")
        file.write_text(file.read_text(encoding="utf-8").replace('"landing"', '"gone"'), encoding="utf-8")
        async with app_at(places).run_test(size=(110, 30)) as pilot:
            await pilot.press("4")
            await wait_for(pilot, "✔ rows match")
            await pilot.press("t")
            await wait_for(pilot, "there is no destination 'gone'")
        assert await count(emulated, "runs") == 1
