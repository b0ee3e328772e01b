"""Saving the export under review under a name, to give it again by that name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tarmac.services.plans.plan import Wish
from tarmac.services.plans.wishes import save_export
from tarmac.terms.errors import UsageError

if TYPE_CHECKING:
    from tarmac.services.workspace import Workspace


async def save_as(workspace: Workspace, wish: Wish, name: str) -> tuple[Wish, Path]:
    """Save the export as `name`; return the wish under that name and the file.

    Raises UsageError where the profile file lacks the destination, and whatever keeps the file from being written.
    """
    if wish.destination.name not in workspace.profile.destinations or wish.destination.name in workspace.typed:
        raise UsageError(
            f"The profile has no destination {wish.destination.name} yet",
            next_step="Copy it with ctrl+y under 2 and paste it there.",
        )
    named = Wish(replace(wish.export, name=name), wish.destination)
    return named, await save_export(workspace, named.export)
