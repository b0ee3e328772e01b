"""What the tests of the screens share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from support.album import OpenAlbum, album, same_long_folder
from tarmac.terms.times import SystemClock

EVENING = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the test's own files are."""
    with same_long_folder() as made:
        yield made


@pytest.fixture
def one_evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test begin at one moment of one day: screens say how many days ago something was, and hours to a midnight."""
    real = SystemClock.now
    ahead = EVENING - real(SystemClock())
    monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock) + ahead)


@pytest.fixture
def open_album(
    one_evening: None, folder: Path, size: tuple[int, int], theme: str, pytestconfig: pytest.Config
) -> OpenAlbum:
    """For tests of `EVERY` size and theme."""
    return partial(album, folder=folder, size=size, theme=theme, config=pytestconfig)
