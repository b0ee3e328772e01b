from __future__ import annotations

import tomllib
from pathlib import Path

from support.keys import wait_for
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session


async def test_a_command_is_split_as_a_shell_does_and_what_is_no_reference_is_refused(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    async with TarmacApp(Session(None, places=places)).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "There is no connection profile yet")
        await pilot.press("down", "enter")
        await wait_for(pilot, "Secret is in")
        await pilot.press(*"acme", "enter", *"0123456789ABCDEF01234567@AdobeOrg", "enter", *"aabb", "enter")
        await pilot.press("enter", *"$AEP_SECRET", "ctrl+s")
        await wait_for(pilot, "without $")
        assert not places.profile_file("acme").exists()

        await pilot.press("up", "right", "down", *["backspace"] * 11, *"printf 'a b", "ctrl+s")
        await wait_for(pilot, "cannot be split")
        assert not places.profile_file("acme").exists()

        await pilot.press("'", "ctrl+s")
        await wait_for(pilot, "Profile written")
    platform = tomllib.loads(places.profile_file("acme").read_text(encoding="utf-8"))["platform"]
    assert platform["client_secret"] == {"command": ["printf", "a b"]}
