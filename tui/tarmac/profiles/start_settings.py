"""What the start needs of config.toml, read without the modules that check all of it.

The whole file is checked when the profile is opened, after the first paint. Where what is needed here is not as it should be,
the whole file is read at once, because `config_store` knows how to say what is wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_TEXTS = ("theme", "profile")
_FLAGS = ("low_bandwidth", "mouse")


class StartSettings(NamedTuple):
    """The parts of `profiles.models.Config` that must be known before the first paint."""

    theme: str | None = None
    profile: str | None = None
    low_bandwidth: bool = False
    mouse: bool = False
    keys: Mapping[str, str] = {}


def load_start_settings(file: Path) -> StartSettings:
    """Read what the start needs; the defaults when there is no file. Raises ProfileError. Blocks."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return StartSettings()
    except (OSError, ValueError):
        return _checked(file)
    keys = raw.get("keys", {})
    is_usual = (
        all(isinstance(raw.get(name, ""), str) for name in _TEXTS)
        and all(isinstance(raw.get(name, False), bool) for name in _FLAGS)
        and isinstance(keys, dict)
        and all(isinstance(value, str) for value in keys.values())
    )
    if not is_usual:
        return _checked(file)
    found: dict[str, Any] = {name: raw[name] for name in (*_TEXTS, *_FLAGS) if name in raw}
    return StartSettings(**found, keys=keys)


def _checked(file: Path) -> StartSettings:
    from tarmac.profiles.config_store import load_config

    config = load_config(file)
    return StartSettings(config.theme, config.profile, config.low_bandwidth, config.mouse, config.keys)
