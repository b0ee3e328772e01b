"""The folder of profile files: list, read, create. A profile belongs to the person: written once, never again.

All methods block on the disk: call them off the event loop.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tarmac.profiles.errors import NoProfile, ProfileError
from tarmac.profiles.files import is_there, write_new
from tarmac.profiles.models import Profile
from tarmac.profiles.places import Places, name_complaint
from tarmac.profiles.profile_parsing import has_literal_secret, parse_profile, read_profile
from tarmac.terms.near_names import near
from tarmac.terms.text import plain

PROFILE_VARIABLE = "TARMAC_PROFILE"
# The first line of a profile that tarmac made for an emulator on this machine, and may write anew.
EMULATOR_MARK = (
    "# Made for a local emulator. It is written anew at the next `--write-profile`; remove this line to keep it.\n"
)
# Made by `tarmac demo`, whose platform ends with it.
DEMO = "demo"


@dataclass(frozen=True)
class ProfileSummary:
    """One line of the list: the profile, or what is wrong with its file; `warnings` are sentences for people."""

    name: str
    file: Path
    profile: Profile | None = None
    problem: ProfileError | None = None
    warnings: tuple[str, ...] = ()


class ProfileStore:
    """The profiles of one configuration directory."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def names(self) -> tuple[str, ...]:
        """The names of all profile files, sorted; broken ones too. Raises ProfileError when the folder is unreadable."""
        return tuple(summary_name for summary_name, _ in toml_files(self._places.profiles))

    def list(self) -> tuple[ProfileSummary, ...]:
        """All profiles, sorted by name. A broken one carries its problem and hides no other."""
        return tuple(self._summary(name, file) for name, file in toml_files(self._places.profiles))

    def load(self, name: str) -> Profile:
        """Read one profile. Raises ProfileError; for an unknown name it lists the known ones."""
        file = self._places.profile_file(name)
        if not is_there(file):
            raise self._unknown(name, "")
        return read_profile(file, name)

    def check(self, name: str) -> ProfileSummary:
        """Read one profile as `list` does: with its problem as a value and its warnings."""
        return self._summary(name, self._places.profile_file(name))

    def file(self, name: str) -> Path:
        """The file of `name`, for `$EDITOR`. Raises ProfileError for a name that cannot be one."""
        return self._places.profile_file(name)

    def create(self, name: str, text: str) -> Path:
        """Write a new profile file (mode 0600) and return it. It must be right, and the name must be free.

        Raises ProfileError; then nothing was written.
        """
        file = self._places.profile_file(name)
        content = text.encode()
        parse_profile(content, file, name)
        try:
            write_new(file, content)
        except FileExistsError:
            raise ProfileError(
                f"there is already a profile {name}",
                file=file,
                meaning="tarmac never rewrites a profile: it is yours.",
                next_step="Choose another name, or edit that file.",
            ) from None
        return file

    def choose(
        self, wanted: str | None = None, configured: str | None = None, environment: Mapping[str, str] | None = None
    ) -> str:
        """Return the profile to use: `wanted` (--profile), TARMAC_PROFILE, `configured` (config.toml), or the only one.

        What a demo left behind is not counted beside another. Raises NoProfile when there is none at all, ProfileError when
        the choice is unclear or names none.
        """
        env = os.environ if environment is None else environment
        candidates = ((wanted, "--profile"), (env.get(PROFILE_VARIABLE), PROFILE_VARIABLE), (configured, "config.toml"))
        for name, origin in candidates:
            if name:
                if not is_there(self._places.profile_file(name)):
                    raise self._unknown(name, f" (from {origin})")
                return name
        names = self.names()
        if not names:
            raise self._none()
        if DEMO in names and len(names) > 1 and made_for_emulator(self._places.profile_file(DEMO)):
            names = tuple(name for name in names if name != DEMO)
        if len(names) > 1:
            raise ProfileError(
                f"there are {len(names)} profiles and none is chosen: {', '.join(names)}",
                next_step=f'Add --profile {names[0]}, set {PROFILE_VARIABLE}, or write profile = "{names[0]}" in '
                f"{self._places.config_file}.",
            )
        return names[0]

    def _summary(self, name: str, file: Path) -> ProfileSummary:
        complaint = name_complaint(name)
        if complaint is not None:
            problem = ProfileError(f"cannot be a profile: {complaint}", file=file, next_step="Rename the file.")
            return ProfileSummary(plain(name, 64), file, problem=problem)
        try:
            profile = read_profile(file, name)
        except ProfileError as error:
            return ProfileSummary(name, file, problem=error)
        return ProfileSummary(name, file, profile, warnings=_warnings(profile, file))

    def _unknown(self, name: str, origin: str) -> ProfileError:
        names = self.names()
        if not names:
            return self._none()
        return ProfileError(
            f"there is no profile {name}{origin}; there are: {', '.join(names)}",
            next_step=near(name, names) or f"Choose one, or make it: tarmac profile new {name}",
        )

    def _none(self) -> NoProfile:
        return NoProfile(
            f"there is no profile yet in {self._places.profiles}",
            next_step="Make one with tarmac profile new NAME, or try tarmac demo, which needs none.",
        )


def toml_files(folder: Path) -> list[tuple[str, Path]]:
    """The visible `.toml` files of `folder` with their stems, sorted; a missing folder is empty. Raises ProfileError."""
    try:
        found = [
            (file.stem, file) for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith(".")
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        cause = error.strerror or "unknown cause"
        raise ProfileError(
            f"cannot be listed: {cause}", file=folder, next_step="Check the folder and its owner."
        ) from error
    return sorted(found)


def made_for_emulator(file: Path) -> bool:
    """Whether tarmac made this profile for an emulator, and nobody has made it their own since."""
    try:
        return file.read_text(encoding="utf-8").startswith(EMULATOR_MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _warnings(profile: Profile, file: Path) -> tuple[str, ...]:
    if not has_literal_secret(profile):
        return ()
    try:
        mode = file.stat().st_mode & 0o777
    except OSError:
        return ()
    if mode & 0o077 == 0:
        return ()
    return (f"{file} holds a secret and others can read it (mode {mode:04o}): run chmod 600 {file}",)
