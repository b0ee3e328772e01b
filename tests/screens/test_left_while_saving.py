"""A form that is left while its profile is written closes nothing else, and what came of it is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from support.keys import shown, wait_for
from support.offline import offline_home
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session

ORGANIZATION = "0123456789ABCDEF01234567@AdobeOrg"


class SlowDisk:
    """Lets what writes a profile begin, and go on when the test says so."""

    def __init__(self, patched: pytest.MonkeyPatch, name: str) -> None:
        module, _, function = name.rpartition(".")
        self._real: Callable[..., Awaitable[Any]] = getattr(__import__(module, fromlist=[function]), function)
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        patched.setattr(name, self)

    async def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.begun.set()
        await self.goes_on.wait()
        return await self._real(*arguments, **options)


async def leave_while_it_is_written(pilot: Pilot[int], disk: SlowDisk) -> None:
    """Save, and leave the form while the disk is slow."""
    await pilot.press("ctrl+s")
    async with asyncio.timeout(20):
        await disk.begun.wait()
    await pilot.press("escape")
    await wait_for(pilot, "ORGANIZATION")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return offline_home(tmp_path, [])


async def test_a_new_profile_that_was_left_is_written_and_not_opened(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch, "tarmac.services.setup.local_files.new_profile")
    async with TarmacApp(Session("acme", places=places)).run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("p")
        await wait_for(pilot, "● in use")
        await pilot.press("n")
        await wait_for(pilot, "Secret is in")
        await pilot.press(*"later", "enter", *ORGANIZATION, "enter", *"aabb", "enter", "enter", *"AEP_SECRET")
        await leave_while_it_is_written(pilot, disk)
        disk.goes_on.set()
        screen = await wait_for(pilot, "Profile written")
        assert "prod @ acme" in screen
        assert "ORGANIZATION" in screen
    assert places.profile_file("later").is_file()


async def test_an_import_that_was_left_closes_no_other_box(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "aepp.json"
    file.write_text(json.dumps({"org_id": ORGANIZATION, "client_id": "client", "secret": "s3cr3t-value"}))
    disk = SlowDisk(monkeypatch, "tarmac.services.setup.importing.import_profile")
    async with TarmacApp(Session("acme", places=places)).run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("p")
        await wait_for(pilot, "● in use")
        await pilot.press("i")
        await wait_for(pilot, "Import the configuration")
        await pilot.press(*str(file), "enter", *"later")
        await leave_while_it_is_written(pilot, disk)
        await pilot.press("question_mark")
        await wait_for(pilot, "Help: Profiles")
        disk.goes_on.set()
        await wait_for(pilot, lambda _: places.profile_file("later").is_file())
        await wait_for(pilot, "Help: Profiles")
        await pilot.press("escape")
        await wait_for(pilot, "Imported as later")
        assert "prod @ acme" in shown(pilot)
    assert places.profile_file("later").is_file()
