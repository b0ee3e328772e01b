from __future__ import annotations

import json
from pathlib import Path

from support.emulated import running_emulator
from support.keys import app_at, home, wait_for
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session


async def test_a_file_of_another_tool_becomes_a_profile_from_the_welcome_screen(tmp_path: Path) -> None:
    file = tmp_path / "aepp.json"
    document = {"org_id": "0123456789ABCDEF01234567@AdobeOrg", "client_id": "client", "secret": "s3cr3t-value"}
    file.write_text(json.dumps(document))
    places = Places(tmp_path / "config", tmp_path / "state")
    async with TarmacApp(Session(places=places)).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "Try the local demo")
        await pilot.press("down", "down", "enter")
        await wait_for(pilot, "Import the configuration")
        await pilot.press(*str(file), "enter", *"notebook", "ctrl+s")
        screen = await wait_for(pilot, "Imported as notebook")
        assert "aepp configuration" in screen
        assert "missing: the sandbox" in screen
        assert "s3cr3t-value" not in screen
    assert places.profile_file("notebook").is_file()
    assert file.read_text() == json.dumps(document)


async def test_an_unknown_file_says_what_was_expected(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        app = app_at(home(emulated, tmp_path))
        async with app.run_test(size=(120, 36)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await pilot.press("p")
            await wait_for(pilot, "ORGANIZATION")
            await pilot.press("i")
            await wait_for(pilot, "Import the configuration")
            await pilot.press(*"/etc/hostname", "ctrl+s")
            await wait_for(pilot, "cannot be imported")
