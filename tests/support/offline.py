"""The app in a terminal with a profile that nobody answers for, and a catalogue remembered from last time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tarmac.profiles.places import Places
from tarmac.services.catalogue.dataset_cache import RememberedDataset, remembered_file, write_remembered

START = "import sys; from tarmac.launch import run_app; sys.exit(run_app())"
REMEMBERED_AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
PROFILE = """\
[platform]
org_id = "A@AdobeOrg"
client_id = "c"
client_secret = "s"
sandbox = "prod"
base_url = "http://127.0.0.1:9"
ims_url = "http://127.0.0.1:9"
"""


def offline_home(folder: Path, rows: Sequence[RememberedDataset], destinations: str = "") -> Places:
    """Write the profile `acme`, with the tables of its destinations, and the catalogue below `folder`."""
    places = Places(folder / "config", folder / "state")
    places.profiles.mkdir(parents=True, mode=0o700)
    places.profile_file("acme").write_text(PROFILE + destinations, encoding="utf-8")
    places.profile_file("acme").chmod(0o600)
    write_remembered(remembered_file(places, "acme"), "prod", rows, len(rows), REMEMBERED_AT)
    return places
