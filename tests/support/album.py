"""One walk through the app whose screens are compared with the files in tests/snapshots."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot

from support.keys import shown, wait_for
from support.snapshots import difference, taken
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session
from tarmac.themes import load_theme, shipped_folder

SIZES = [(80, 24), (120, 36)]
THEMES = ["tarmac-dark", "tarmac-plain"]
EVERY = pytest.mark.parametrize(
    ("size", "theme"),
    [(size, theme) for size in SIZES for theme in THEMES],
    ids=lambda value: f"{value[0]}x{value[1]}" if isinstance(value, tuple) else value,
)


@contextmanager
def same_long_folder() -> Iterator[Path]:
    """A folder whose name is always as long: lines that show it break at the same place."""
    with tempfile.TemporaryDirectory(prefix="tarmac-", dir="/tmp") as made:
        yield Path(made)


class Album:
    """Takes the screens of one walk and keeps what differs."""

    def __init__(self, pilot: Pilot[int], folder: Path, size: tuple[int, int], theme: str, *, update: bool) -> None:
        self.pilot = pilot
        self.folder = folder
        self.size = size
        self.theme = theme
        self.update = update
        self.differences: list[str] = []

    async def take(self, name: str, when: str | Callable[[str], bool]) -> None:
        """Wait for the screen to show something and to stand still, then compare it."""
        await wait_for(self.pilot, when)
        before = ""
        while before != (before := shown(self.pilot)):
            await self.pilot.pause(0.1)
        said = difference(name, self.size, self.theme, taken(self.pilot, self.folder), update=self.update)
        self.differences += [] if said is None else [said]

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        await asyncio.sleep(0)


class OpenAlbum(Protocol):
    """`album` for one size and theme."""

    def __call__(
        self, places: Places, profile: str | None, *, size: tuple[int, int] = ...
    ) -> AbstractAsyncContextManager[Album]:
        """Start the app there; a smaller `size` than the album's may be given."""
        ...


@asynccontextmanager
async def album(
    places: Places,
    profile: str | None,
    folder: Path,
    size: tuple[int, int],
    theme: str,
    config: pytest.Config,
) -> AsyncIterator[Album]:
    app = TarmacApp(Session(profile, places=places), theme=load_theme(shipped_folder() / f"{theme}.toml"))
    async with app.run_test(size=size) as pilot:
        made = Album(pilot, folder, size, theme, update=config.getoption("--update-snapshots"))
        yield made
    assert not made.differences, "\n" + "\n".join(made.differences)
