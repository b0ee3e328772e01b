"""What stands before an export, as it looks: profiles, imports, details of a dataset, tests of a destination, leftovers."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path

from support.album import EVERY, OpenAlbum
from support.emulated import Emulated, running_emulator
from support.keys import home, wait_for
from tarmac.profiles.places import Places
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import StepDone
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace

# An address that nothing can answer at: reserved for tests, with a port of its own length.
LAKE: dict[str, object] = {
    "kind": "amazon-s3",
    "bucket": "acme-ml",
    "path": "features",
    "credentials": {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "a" * 40},
    "reader": {"endpoint": "http://127.0.0.1:1"},
}
LANDING: dict[str, object] = {"kind": "data-landing-zone", "path": "ml/churn"}


async def crashed(places: Places, emulated: Emulated, name: str, steps: int) -> None:
    """An export that ended after some of its steps."""
    async with await Workspace.open("local", places=places) as ws:
        wish = await wish_of_pieces(ws, dataset=emulated.dataset_id(), to="landing", name=name)
        async with aclosing(export(ws, wish)) as events:
            async for event in events:
                steps -= isinstance(event, StepDone)
                if steps == 0:
                    return


@EVERY
async def test_importing(folder: Path, open_album: OpenAlbum) -> None:
    places = Places(folder / "config", folder / "state")
    file = folder / "aepp.json"
    file.write_text(json.dumps({"org_id": "0123456789ABCDEF01234567@AdobeOrg", "client_id": "c", "secret": "s3cr3t"}))
    async with open_album(places, None) as made:
        await wait_for(made.pilot, "Try the local demo")
        await made.press("4")
        await wait_for(made.pilot, "Try the local demo")
        await made.press("p")
        await made.take("profiles-none", "No profile yet")
        await made.press("i")
        await made.take("import", "Import the configuration")
        await made.press(*"/nowhere/aepp.json", "ctrl+s")
        await made.take("import-refused", "cannot be read")
        await made.press("ctrl+u", *str(file), "enter", *"notebook", "ctrl+s")
        await made.take("imported", "Imported as notebook")


@EVERY
async def test_a_profile_that_cannot_be_read(folder: Path, open_album: OpenAlbum) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, folder)
        places.profile_file("broken").write_text('[platform]\norg_id = "0123456789ABCDEF01234567"\n')
        places.profile_file("broken").chmod(0o600)
        async with open_album(places, "broken") as made:
            await made.take("profile-error", "✘ cannot be read")
            await made.press("down")
            await made.take("profile-ready", "landing · Data Landing Zone")


@EVERY
async def test_a_dataset_from_inside(folder: Path, open_album: OpenAlbum) -> None:
    async with (
        running_emulator() as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        await wait_for(made.pilot, "loyalty_profiles")
        await made.press("down", "i")
        await made.take("dataset-detail", "What the platform's limits mean for it")
        await made.press("tab", "end")
        await made.take("dataset-rows", "revenue=")
        await made.press("escape", "slash", *"nothing")
        await made.take("datasets-none-found", "No dataset has")


@EVERY
async def test_testing_destinations(folder: Path, open_album: OpenAlbum) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, folder, destinations={"landing": LANDING, "lake": LAKE})
        async with open_album(places, "local") as made:
            await wait_for(made.pilot, "loyalty_profiles")
            await made.press("enter")
            await wait_for(made.pilot, "Google Cloud Storage")
            await made.press("t")
            await made.take("destination-test", "The test has ended")
            await made.press("escape", "down", "t")
            await made.take("destination-test-failed", "needs to be mended")
            await made.press("escape", "down", "enter")
            await wait_for(made.pilot, "make a new one")
            await made.press("ctrl+s")
            await made.take("destination-form-wrong", "! Bucket is missing")
            await made.press("escape", "end", "enter")
            await wait_for(made.pilot, "make a new one")
            await made.press("ctrl+g")
            await made.take("destination-form-jump", "] Host")


@EVERY
async def test_exports_that_were_not_finished(folder: Path, open_album: OpenAlbum) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, folder)
        await crashed(places, emulated, "churn", 2)
        await crashed(places, emulated, "churn_daily", 1)
        async with open_album(places, "local") as made:
            await wait_for(made.pilot, "not finished")
            await made.press("4", "u")
            await made.take("unfinished", "was made and exists")
            await made.press("d")
            await made.take("unfinished-delete", "Delete what")
            await made.press("n", "a")
            await wait_for(made.pilot, "what exists is kept")
            await made.press("a")
            await made.take("unfinished-none", "Nothing is unfinished")


@EVERY
async def test_a_terminal_that_is_too_small(folder: Path, size: tuple[int, int], open_album: OpenAlbum) -> None:
    small = (size[0] // 2, size[1] // 2)  # kept beside the screens of the size that it is half of
    places = Places(folder / "config", folder / "state")
    async with open_album(places, None, size=small) as made:
        await made.take("too-small", "Make it larger")
