"""What is saved under an export's name already, so that one wish never takes the place of another in silence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.export_parsing import export_values
from tarmac.profiles.files import is_there
from tarmac.profiles.models import Export
from tarmac.services.catalogue.datasets import find_dataset
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain


@dataclass(frozen=True)
class Difference:
    """One key of the file: what it says now, and what it would say; `None` where it is not in there."""

    key: str
    was: str | None
    wanted: str | None


@dataclass(frozen=True)
class SavedWish:
    """The file of that name, and how it differs; `problem` says why it cannot be read at all."""

    file: Path
    differences: tuple[Difference, ...] = ()
    problem: str = ""

    @property
    def is_same(self) -> bool:
        """Whether nothing would change."""
        return not self.differences and not self.problem

    @property
    def words(self) -> str:
        """What is other in it."""
        keys = ", ".join(each.key for each in self.differences)
        return self.problem or f"its {keys} differ{'s' if len(self.differences) == 1 else ''}"


async def saved_under_its_name(ws: Workspace, export: Export) -> SavedWish | None:
    """Return what the file of the export's name holds, compared with it; None: there is no such file."""
    file = ws.exports.file(export.name)
    if not await asyncio.to_thread(is_there, file):
        return None
    try:
        saved = await asyncio.to_thread(ws.exports.load, export.name)
    except ProfileError as error:
        return SavedWish(file, problem=error.message)
    was, wanted = export_values(saved), export_values(export)
    differences = [
        Difference(key, was.get(key), wanted.get(key))
        for key in dict.fromkeys((*was, *wanted))
        if was.get(key) != wanted.get(key)
    ]
    if saved.dataset != export.dataset and await _dataset_id(ws, saved.dataset) == export.dataset:
        differences = [each for each in differences if each.key != "dataset"]  # a person wrote its name there
    return SavedWish(file, tuple(differences))


async def is_saved(ws: Workspace, export: Export) -> bool:
    """Whether the export is saved with this very wish. Raises UsageError (`saved-otherwise`): with another one."""
    saved = await saved_under_its_name(ws, export)
    if saved is None or saved.is_same:
        return saved is not None
    raise UsageError(
        f"the export {plain(export.name, 80)} is saved already, with another wish: {saved.words}",
        code="saved-otherwise",
        meaning="Nothing was sent, and the saved export is as it was.",
        next_step="Give another --name, or --replace to put this wish in its place.",
    )


async def _dataset_id(ws: Workspace, text: str) -> str | None:
    """Return the id of the dataset that a saved export names; None where that is not one dataset any more."""
    try:
        return (await find_dataset(ws, text)).id
    except UsageError:
        return None
