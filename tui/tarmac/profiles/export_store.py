"""The saved exports of one profile: list, read, save, delete. The app owns these files and may rewrite them.

All methods block on the disk: call them off the event loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.export_parsing import export_text, read_export
from tarmac.profiles.files import is_there, write_atomic
from tarmac.profiles.models import Export
from tarmac.profiles.places import Places, name_complaint
from tarmac.profiles.profile_store import toml_files
from tarmac.terms.near_names import near
from tarmac.terms.text import plain


@dataclass(frozen=True)
class ExportSummary:
    """One line of the list: the export, or what is wrong with its file."""

    name: str
    file: Path
    export: Export | None = None
    problem: ProfileError | None = None


class ExportStore:
    """The folder `exports/<profile>`. Raises ProfileError at once for a name that cannot be a profile."""

    def __init__(self, places: Places, profile: str) -> None:
        self._places = places
        self._profile = profile
        self._folder = places.exports(profile)

    def names(self) -> tuple[str, ...]:
        """The names of all saved exports, sorted; broken ones too."""
        return tuple(name for name, _ in toml_files(self._folder))

    def list(self) -> tuple[ExportSummary, ...]:
        """All saved exports, sorted by name. A broken one carries its problem and hides no other."""
        return tuple(_summary(name, file) for name, file in toml_files(self._folder))

    def load(self, name: str) -> Export:
        """Read one export. Raises ProfileError; for an unknown name it lists the known ones."""
        file = self.file(name)
        if not is_there(file):
            raise self._unknown(name)
        return read_export(file, name)

    def file(self, name: str) -> Path:
        """The file of `name`. Raises ProfileError for a name that cannot be one."""
        return self._places.export_file(self._profile, name)

    def save(self, export: Export) -> Path:
        """Write `export`, replacing an older one of its name, and return the file. Raises ProfileError.

        The same export always gives the same bytes, so that a saved one in git changes only where the wish does.
        """
        file = self.file(export.name)
        write_atomic(file, export_text(export, file).encode())
        return file

    def _unknown(self, name: str) -> ProfileError:
        names = self.names()
        if not names:
            return ProfileError(
                f"there is no saved export {name}: the profile {self._profile} has none",
                next_step=f"Give --dataset and --to, and --save --name {name} to have it saved; or write {self.file(name)}.",
            )
        return ProfileError(
            f"there is no saved export {name}; there are: {', '.join(names)}",
            next_step=near(name, names) or "Choose one of them, or save this one first.",
        )


def _summary(name: str, file: Path) -> ExportSummary:
    complaint = name_complaint(name)
    if complaint is not None:
        problem = ProfileError(f"cannot be an export: {complaint}", file=file, next_step="Rename the file.")
        return ExportSummary(plain(name, 64), file, problem=problem)
    try:
        return ExportSummary(name, file, read_export(file, name))
    except ProfileError as error:
        return ExportSummary(name, file, problem=error)
