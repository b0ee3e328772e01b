"""The first start: no profile, and nothing to go to but what makes one."""

from __future__ import annotations

from pathlib import Path

from support.keys import shown, wait_for
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session


async def test_esc_stays_where_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    async with TarmacApp(Session(None, places=places)).run_test(size=(80, 24)) as pilot:
        first = await wait_for(pilot, "There is no connection profile yet")
        assert "1 Datasets" not in first  # nothing can be gone to yet
        await pilot.press("escape")
        await pilot.pause()
        assert shown(pilot) == first
        await pilot.press("p")
        await wait_for(pilot, lambda text: "There is no connection profile yet" not in text)
        await pilot.press("escape")
        await wait_for(pilot, "There is no connection profile yet")
