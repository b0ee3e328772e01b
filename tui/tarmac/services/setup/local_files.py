"""What lies on this machine: configuration, profiles, and what was on screen. The disk is asked off the event loop.

The functions that the start and the end of the app need (`read_start_settings`, `read_session`, `write_session`) block.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tarmac.profiles.places import Places, find_places, name_complaint
from tarmac.profiles.session_store import SessionState, load_session, save_session
from tarmac.profiles.start_settings import StartSettings, load_start_settings

if TYPE_CHECKING:  # imported when they are used: the start-up waits for none of them
    from tarmac.profiles.profile_store import ProfileSummary
    from tarmac.profiles.profile_template import ProfileDraft

__all__ = [
    "Places",
    "SessionState",
    "StartSettings",
    "check_profile",
    "editor_command",
    "find_places",
    "list_profiles",
    "name_complaint",
    "new_profile",
    "profile_names",
    "read_session",
    "read_start_settings",
    "try_state",
    "write_session",
]


def read_start_settings(places: Places) -> StartSettings:
    """Return what the start needs of the configuration. Raises ProfileError. Blocks."""
    return load_start_settings(places.config_file)


def read_session(places: Places) -> SessionState:
    """Return what was on screen when the app closed. Never raises. Blocks."""
    return load_session(places.session_file)


def write_session(places: Places, state: SessionState) -> None:
    """Keep what is on screen. Raises ProfileError when the disk refuses. Blocks."""
    save_session(places.session_file, state)


async def try_state(places: Places) -> None:
    """Write a small file into the state folder and take it away again. Raises ProfileError where that is not possible."""
    from tarmac.profiles.files import try_folder

    await asyncio.to_thread(try_folder, places.state)


def profile_names(places: Places) -> tuple[str, ...]:
    """Return the names of the profile files without reading them. Never raises. Blocks."""
    try:
        return tuple(sorted(file.stem for file in places.profiles.glob("*.toml") if not file.name.startswith(".")))
    except OSError:
        return ()


async def list_profiles(places: Places) -> tuple[ProfileSummary, ...]:
    """Return all profiles, broken ones with their problem. Raises ProfileError when the folder cannot be read."""
    return await asyncio.to_thread(_list, places)


async def check_profile(places: Places, name: str) -> ProfileSummary:
    """Read one profile again and say what is wrong with it."""
    return await asyncio.to_thread(_check, places, name)


async def new_profile(places: Places, draft: ProfileDraft) -> Path:
    """Write a new profile file and return it. Raises ProfileError when the name is taken or something is wrong in it."""
    return await asyncio.to_thread(_create, places, draft)


def editor_command(file: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the argument list that opens `file` in the person's editor: VISUAL, EDITOR, else vi."""
    import shlex

    env = os.environ if environment is None else environment
    chosen = env.get("VISUAL") or env.get("EDITOR") or "vi"
    try:
        words = shlex.split(chosen)
    except ValueError:
        words = []
    return [*(words or ["vi"]), str(file)]


def _list(places: Places) -> tuple[ProfileSummary, ...]:
    from tarmac.profiles.profile_store import ProfileStore

    return ProfileStore(places).list()


def _check(places: Places, name: str) -> ProfileSummary:
    from tarmac.profiles.profile_store import ProfileStore

    return ProfileStore(places).check(name)


def _create(places: Places, draft: ProfileDraft) -> Path:
    from tarmac.profiles.profile_store import ProfileStore
    from tarmac.profiles.profile_template import profile_text

    return ProfileStore(places).create(draft.name, profile_text(draft))
