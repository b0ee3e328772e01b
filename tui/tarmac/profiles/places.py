"""Where things are kept: configuration and state directories, and the name of every file in them (design §5.1)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.terms.own_path import own_path
from tarmac.terms.text import plain

CONFIG_DIR_VARIABLE = "TARMAC_CONFIG_DIR"
STATE_DIR_VARIABLE = "TARMAC_STATE_DIR"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
# A profile's state is a folder beside these files.
_TAKEN_IN_STATE = re.compile(r"session\.json|tarmac\.log.*")


def name_complaint(name: str) -> str | None:
    """Say why `name` cannot name a profile, destination or export, or return None.

    Names become file names: they never hold a separator, never start with a dot or a hyphen.
    """
    if _NAME.fullmatch(name) is None:
        return "a name has 1 to 64 letters, digits, hyphens, underscores and dots, and starts with a letter or digit"
    if _TAKEN_IN_STATE.fullmatch(name):
        return "this name is used by tarmac itself"
    return None


def name_from(text: str, longest: int) -> str:
    """Return what of `text` can be a name, as nearly as it can be; empty where nothing can."""
    return _NOT_IN_NAMES.sub("-", plain(text)).strip("-._")[:longest].rstrip("-._")


def checked_name(name: str, what: str) -> str:
    """Return `name`. Raises ProfileError when it cannot name a `what` ("profile", "export")."""
    complaint = name_complaint(name)
    if complaint is not None:
        raise ProfileError(
            f"{plain(name, 64)!r} cannot be the name of {_article(what)}: {complaint}",
            next_step="Choose another name, for example churn-daily.",
        )
    return name


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


@dataclass(frozen=True)
class Places:
    """The two roots and what lies below them. Nothing here touches the disk."""

    config: Path
    state: Path

    @property
    def config_file(self) -> Path:
        """`config.toml`."""
        return self.config / "config.toml"

    @property
    def profiles(self) -> Path:
        """The folder of profile files."""
        return self.config / "profiles"

    def profile_file(self, profile: str) -> Path:
        """The file of one profile. Raises ProfileError for a name that cannot be one."""
        return self.profiles / f"{checked_name(profile, 'profile')}.toml"

    def exports(self, profile: str) -> Path:
        """The folder of a profile's saved exports."""
        return self.config / "exports" / checked_name(profile, "profile")

    def export_file(self, profile: str, export: str) -> Path:
        """The file of one saved export."""
        return self.exports(profile) / f"{checked_name(export, 'export')}.toml"

    @property
    def session_file(self) -> Path:
        """What was on screen when the app closed."""
        return self.state / "session.json"

    @property
    def log_file(self) -> Path:
        """The rotating, redacted log."""
        return self.state / "tarmac.log"

    def profile_state(self, profile: str) -> Path:
        """The folder of what was done with a profile."""
        return self.state / checked_name(profile, "profile")

    def ledger_file(self, profile: str) -> Path:
        """The write-ahead ledger of a profile."""
        return self.profile_state(profile) / "ledger.jsonl"

    def receipts(self, profile: str) -> Path:
        """The folder of a profile's receipts."""
        return self.profile_state(profile) / "receipts"


def find_places(environment: Mapping[str, str] | None = None) -> Places:
    """Return the places of this user: the two variables where set, else what the operating system means for them."""
    env = os.environ if environment is None else environment
    return Places(_root(env, CONFIG_DIR_VARIABLE), _root(env, STATE_DIR_VARIABLE))


def _root(env: Mapping[str, str], variable: str) -> Path:
    chosen = env.get(variable)
    if chosen:
        return Path(os.path.abspath(own_path(chosen)))  # noqa: PTH100 - not resolved: links stay as they were written
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("tarmac", appauthor=False)
    return dirs.user_config_path if variable == CONFIG_DIR_VARIABLE else dirs.user_state_path
