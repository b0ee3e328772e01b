"""The app driven by keys alone: what the screen shows as text, and waiting for it with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tomli_w
from textual.pilot import Pilot

from support.emulated import Emulated, running_emulator
from tarmac.app import TarmacApp
from tarmac.profiles.places import Places
from tarmac.session import Session

LANDING = {"landing": {"kind": "data-landing-zone", "path": "ml/churn"}}


def home(
    emulated: Emulated,
    folder: Path,
    *,
    destinations: dict[str, dict[str, object]] | None = None,
    timing: dict[str, str] | None = None,
) -> Places:
    """Write the profile `local` for an emulator and a quick configuration below `folder`."""
    ready = emulated.ready
    keys = ("org_id", "client_id", "client_secret", "sandbox", "base_url", "ims_url")
    profile = {"platform": {key: ready[key] for key in keys}, "destinations": destinations or LANDING}
    places = Places(folder / "config", folder / "state")
    places.profiles.mkdir(parents=True, mode=0o700)
    for file, content in (
        (places.profile_file("local"), profile),
        (places.config_file, {"timing": timing or {"probe": "1s", "poll": "300ms"}}),
    ):
        file.write_text(tomli_w.dumps(content), encoding="utf-8")
        file.chmod(0o600)
    return places


def app_at(places: Places, *, read_only: bool = False) -> TarmacApp:
    """Return the app with the profile `local`, as it is started from a shell."""
    return TarmacApp(Session("local", places=places, read_only=read_only))


def shown(pilot: Pilot[int]) -> str:
    """Return what the screen shows, without trailing blanks."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def wait_for(pilot: Pilot[int], what: str | Callable[[str], bool], limit_s: float = 20.0) -> str:
    """Wait until the screen shows a text (or the predicate holds); return the screen. Raises AssertionError."""
    holds = (lambda text: what in text) if isinstance(what, str) else what
    end = time.monotonic() + limit_s
    while True:
        await pilot.pause()
        text = shown(pilot)
        if holds(text):
            return text
        if time.monotonic() > end:
            raise AssertionError(f"{what!r} did not appear within {limit_s} s; the screen shows:\n{text}")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def started(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    read_only: bool = False,
    destinations: dict[str, dict[str, object]] | None = None,
    **emulator: Any,
) -> AsyncIterator[tuple[Emulated, Pilot[int]]]:
    """The app with its catalogue read, beside an emulator with these options."""
    async with running_emulator(**emulator) as emulated:
        app = app_at(home(emulated, folder, destinations=destinations), read_only=read_only)
        async with app.run_test(size=size) as pilot:
            await wait_for(pilot, "datasets can be exported")
            yield emulated, pilot


async def to_review(pilot: Pilot[int], until: str = "> ad-hoc run") -> str:
    """From the catalogue's first row to the plan for the profile's first destination, with everything as it is offered."""
    await pilot.press("enter")
    await wait_for(pilot, "SFTP")
    await pilot.press("enter")
    await wait_for(pilot, "files in  ")
    await pilot.press("ctrl+s")
    return await wait_for(pilot, until)


async def to_flows(pilot: Pilot[int], count: int) -> str:
    """To the list of that many flows."""
    await pilot.press("5")
    return await wait_for(pilot, f"{count} dataset flows")
