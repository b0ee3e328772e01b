"""A profile for an emulator on this machine, from the line that it prints first; and making a profile of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_atomic
from tarmac.profiles.places import Places
from tarmac.profiles.profile_parsing import parse_profile
from tarmac.profiles.profile_store import EMULATOR_MARK, ProfileStore, made_for_emulator
from tarmac.terms.errors import UsageError
from tarmac.terms.hosts import is_loopback

_KEYS = ("org_id", "client_id", "client_secret", "sandbox", "base_url", "ims_url")
DESTINATION = "landing"


def write_emulator_profile(
    places: Places,
    name: str,
    ready: Mapping[str, Any],
    *,
    path: str = "ml/demo",
    if_taken: str = "Choose another name.",
) -> Path:
    """Write the profile `name` for the emulator that printed `ready`, with the landing zone as destination `landing`.

    A profile of that name is replaced only if it was made here, for an emulator on this machine; else `if_taken` says what
    to do. Raises ProfileError, UsageError. Blocks.
    """
    import tomli_w

    file = places.profile_file(name)
    platform = {key: _text(ready, key) for key in _KEYS}
    for key in ("base_url", "ims_url"):
        if not is_loopback(urlsplit(platform[key]).hostname):
            raise UsageError(
                f"the emulator's {key} is not on this machine",
                next_step="Make a profile for a platform elsewhere with `tarmac profile new NAME`.",
            )
    document = {"platform": platform, "destinations": {DESTINATION: {"kind": "data-landing-zone", "path": path}}}
    content = (EMULATOR_MARK + tomli_w.dumps(document)).encode()
    parse_profile(content, file, name)
    if file.exists() and not made_for_emulator(file):
        raise ProfileError(
            f"there is already a profile {name} that was not made for an emulator",
            file=file,
            meaning="tarmac never rewrites a profile: it is yours.",
            next_step=if_taken,
        )
    write_atomic(file, content)
    return file


def new_empty_profile(places: Places, name: str) -> Path:
    """Write a profile with examples to be filled in by a person. Raises ProfileError when the name is taken. Blocks."""
    from tarmac.profiles.profile_template import ProfileDraft, profile_text

    return ProfileStore(places).create(name, profile_text(ProfileDraft(name)))


def read_ready_line(text: str, source: str) -> Mapping[str, Any]:
    """Return the first line of `tarmac emulate` as an object. Raises UsageError naming `source`."""
    first = text.strip().partition("\n")[0]
    try:
        document = json.loads(first)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UsageError(
            f"{source} does not begin with the line that `tarmac emulate` prints first",
            next_step="Keep that line: tarmac emulate > emulator.json",
        )
    return document


def _text(ready: Mapping[str, Any], key: str) -> str:
    value = ready.get(key)
    if not isinstance(value, str) or not value:
        raise UsageError(f"the emulator's line does not say its {key}", next_step="Give the whole line.")
    return value
