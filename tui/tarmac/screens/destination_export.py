"""The export of the chosen dataset to a destination: the one there is already, or the name for a new one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tarmac.services.plans.export_names import first_guess

if TYPE_CHECKING:
    from tarmac.screens.destination_form import Target
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.plans.plan import Wish
    from tarmac.services.values import Export
    from tarmac.session import Session


async def export_before(session: Session, target: Target) -> Export | None:
    """Return the export of this dataset to this destination that is under review or saved."""
    datasets = session.choices.datasets[:1]
    if target.saved is None or not datasets or not session.is_open:
        return None
    known = [each.export for each in await asyncio.to_thread(session.workspace.exports.list) if each.export]
    if session.choices.wish is not None:
        known.insert(0, session.choices.wish.export)
    wanted = {datasets[0].id, datasets[0].name}
    return next((each for each in known if each.destination == target.saved.name and each.dataset in wanted), None)


def export_name(session: Session, target: Target, before: Export | None) -> str:
    """Return the name of the export `before`, else one that says what goes where; empty while no dataset is chosen."""
    datasets = session.choices.datasets
    if before is not None or not datasets:
        return before.name if before is not None else ""
    return first_guess(datasets[0].name, datasets[0].id, target.saved.name if target.saved else target.kind.value)


async def take_next(session: Session, applied: Wish, rest: tuple[ListedDataset, ...]) -> bool:
    """Choose the same wish for the first of the datasets in `rest`; False if something else was chosen meanwhile.

    It goes by the name of the export that this dataset has to that destination, or by a name of its own.
    """
    from tarmac.screens.destination_form import Target

    choices, destination = session.choices, applied.destination
    if not session.is_open or choices.datasets != rest:
        return False
    target = Target(destination.kind, session.workspace.profile.destinations.get(destination.name))
    name = export_name(session, target, await export_before(session, target))
    if choices is not session.choices or choices.datasets != rest:
        return False
    choices.wish = replace(applied, export=replace(applied.export, name=name, dataset=rest[0].id))
    return True
