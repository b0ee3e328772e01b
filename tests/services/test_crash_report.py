"""Reports of crashes: the newest few are kept."""

from __future__ import annotations

from pathlib import Path

from tarmac.profiles.places import Places
from tarmac.services.crash_report import write_report


def test_a_command_that_fails_every_hour_does_not_fill_the_disk(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    places.state.mkdir()
    for hour in range(24):
        (places.state / f"crash-20201123-{hour:02}0000-7.txt").write_text("an older one")
    newest = write_report(ValueError("no"), "export", places)
    assert newest is not None
    kept = sorted(file.name for file in places.state.iterdir())
    assert kept == [*(f"crash-20201123-{hour}0000-7.txt" for hour in range(15, 24)), newest.name]
