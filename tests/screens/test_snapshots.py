"""Every screen at both sizes in the default and the plain theme, against the files in tests/snapshots."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.album import EVERY, OpenAlbum
from support.emulated import running_emulator
from support.keys import home, wait_for
from support.snapshots import masked
from tarmac.profiles.places import Places


@EVERY
async def test_the_first_start(folder: Path, open_album: OpenAlbum) -> None:
    places = Places(folder / "config", folder / "state")
    async with open_album(places, None) as made:
        await made.take("welcome", "What would you like to do?")
        await made.press("ctrl+p")
        await made.take("welcome-palette", "ACTION")
        await made.press("escape", "down", "enter")
        await made.take("new-profile", "Organization")
        await made.press("ctrl+g")
        await made.take("new-profile-jump", "[o] Organization")


@EVERY
async def test_from_datasets_to_what_landed(folder: Path, open_album: OpenAlbum) -> None:
    async with running_emulator(ready_after=0.0, queue_seconds=1.0, speed=20.0) as emulated:
        places = home(emulated, folder)
        async with open_album(places, "local") as made:
            await made.take("datasets", "loyalty_profiles")
            await made.press("?")
            await made.take("datasets-help", "Help: Datasets")
            await made.press("escape", "space", "space")
            await made.take("datasets-marked", "2 datasets")
            await made.press("home", "space", "space", "home", "enter")
            await made.take("destination", "Google Cloud Storage")
            await made.press("enter")
            await made.take("destination-form", "files in  ml/churn")
            await made.press("ctrl+s")
            await made.take("review", "> ad-hoc run")
            await made.press("r")
            await made.take("review-requests", "POST /data/foundation/flowservice/sourceConnections")
            await made.press("r", "4")
            await made.take("runs-empty", "[4 Runs]")
            await made.press("3", "a")
            await made.take("runs-landed", "✔ rows match")
            await made.press("enter")
            await made.take("landed", "key          ends in")
            await made.press("right")
            await made.take("landed-read-set", "[read set]")


@EVERY
async def test_flows_and_profiles(folder: Path, open_album: OpenAlbum) -> None:
    async with (
        running_emulator(sample_flows=6) as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        await wait_for(made.pilot, "loyalty_profiles")
        await made.press("5")
        await made.take("flows", "6 dataset flows")
        await made.press("p")
        await made.take("profiles", "● in use")
        await made.press("ctrl+p")
        await made.take("palette", "ACTION")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("run 46754947-6865-4c34-8d52-bd7b8d7ec808 ·", "run 00000000-0000-0000-0000-000000000000 ·"),
        ("run 46754947-6865-…", "run 00000000-0000-…"),
        ("deleted 2026-11-30 18:41 UTC", "deleted 0000-00-00 00:00 UTC"),
        ("http://127.0.0.1:45123/x", "http://127.0.0.1:00000/x"),
        ("104,200 rows · 1.5 MiB", "104,200 rows · 1.5 MiB"),
    ],
)
def test_masks_keep_the_width_and_what_matters(text: str, wanted: str) -> None:
    assert masked(text) == wanted
