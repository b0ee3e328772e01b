"""An emulator for the tests of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from support.emulated import Emulated, running_emulator
from support.zone import Zone, serving_zone


@pytest.fixture
async def emulator() -> AsyncIterator[Emulated]:
    """A fresh emulator with the sample datasets, ready for ad-hoc runs at once."""
    async with running_emulator() as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulated) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client with valid headers for `emulator`."""
    async with emulator.client() as client:
        yield client


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    """The built-in landing zone alone, behind a real socket."""
    with serving_zone(tmp_path) as zone:
        yield zone
