"""Saving the export under review under a name, to give it again by that name; another one of that name is asked for first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tarmac.screens.confirm import ConfirmScreen
from tarmac.services.plans.plan import Wish
from tarmac.services.plans.saved_wish import SavedWish, saved_under_its_name
from tarmac.services.plans.wishes import save_export
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.workspace import Workspace


async def save_as(app: TarmacApp, workspace: Workspace, wish: Wish, name: str) -> tuple[Wish, Path] | None:
    """Save the export as `name`; return the wish under that name and the file, or None: the saved one shall stay.

    To be awaited in a worker, because of the question. Raises UsageError where the profile file lacks the destination, and
    whatever keeps the file from being written.
    """
    if wish.destination.name not in workspace.profile.destinations or wish.destination.name in workspace.typed:
        raise UsageError(
            f"The profile has no destination {wish.destination.name} yet",
            next_step="Y copies it as TOML: paste it there.",
        )
    workspace.require_write(f"save the export {name}")
    named = Wish(replace(wish.export, name=name), wish.destination)
    saved = await saved_under_its_name(workspace, named.export)
    if saved is not None and saved.is_same:
        return named, saved.file  # with what a person wrote beside it
    if saved is not None and not await app.push_screen_wait(
        ConfirmScreen(f"Replace the saved export {name}?", replaced_lines(saved))
    ):
        return None
    return named, await save_export(workspace, named.export)


def replaced_lines(saved: SavedWish) -> list[Line]:
    """Say what the file holds now, and what would stand there instead."""
    lines: list[Line] = [f"{saved.file} holds another wish:", ""]
    if saved.problem:
        lines = [f"{saved.file} cannot be read:", "", Cell(f"  {plain(saved.problem, 400)}", Tone.WARN)]
    for each in saved.differences:
        was, wanted = (plain(value or "not set", 200) for value in (each.was, each.wanted))
        lines.append((Cell(f"~ {each.key}  ", Tone.WARN), f"{was} → {wanted}"))
    return [
        *lines,
        "",
        "The file is written anew. Nothing is sent, and the dataflow stays as it is until a plan is applied.",
    ]
