"""What an export is called that nobody gave a name: `<dataset>-<destination>`, with the end of the dataset's id where needed.

The name is the export's identity: its objects are found by it, on any machine. So a name that is in use for this dataset stays
what it is, also when another dataset of the same name appears later, and a name in use for another dataset is never taken.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tarmac.platform.models import Dataset
from tarmac.profiles.places import name_from
from tarmac.services.catalogue.datasets import find_dataset
from tarmac.services.plans.marker import export_marker, marked_name
from tarmac.services.plans.plan import Wish
from tarmac.services.together import together
from tarmac.services.workspace import Workspace

_MAX_LENGTH = 64
_WELL_FORMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def short_name(dataset_name: str, destination: str) -> str | None:
    """Return `<dataset>-<destination>`; None where the dataset's name cannot stand in a file name as it is, in full."""
    name = f"{dataset_name}-{destination}"
    return name if _WELL_FORMED.fullmatch(dataset_name) and len(name) <= _MAX_LENGTH else None


def long_name(dataset_name: str, dataset_id: str, destination: str) -> str:
    """Return the name with the end of the dataset's id, which keeps datasets of like names apart."""
    label = name_from(dataset_name, 30) or "dataset"
    return f"{label}-{dataset_id[-6:]}-{destination}"[:_MAX_LENGTH].rstrip("-._")


def first_guess(dataset_name: str, dataset_id: str, destination: str) -> str:
    """Return the name to show before the platform was asked; `export_name` decides."""
    return short_name(dataset_name, destination) or long_name(dataset_name, dataset_id, destination)


def is_derived(name: str, dataset: Dataset, destination: str) -> bool:
    """Whether `name` is one that `export_name` gives, so that it need not be said on a command line."""
    return name in {short_name(dataset.name, destination), long_name(dataset.name, dataset.id, destination)}


async def export_name(ws: Workspace, dataset: Dataset, destination: str) -> str:
    """Return the name that this export has already, else the short one if it is free and the dataset's name unique.

    Raises what the platform raises.
    """
    short, long = short_name(dataset.name, destination), long_name(dataset.name, dataset.id, destination)
    if short is None:
        return long
    platform = await ws.platform()
    async with together() as group:
        named_long = group.create_task(platform.source_connections.named(_marked(ws, long)))
        named_short = group.create_task(platform.source_connections.named(_marked(ws, short)))
        alike = group.create_task(platform.catalog.named(dataset.name))
    if named_long.result():
        return long
    sources = named_short.result()
    if sources:
        return short if all(dataset.id in source.dataset_ids for source in sources) else long
    return short if len(alike.result()) <= 1 else long


async def settled(ws: Workspace, wish: Wish) -> Wish:
    """Return the wish with the name it is found by, where its name is the first guess. Raises PlatformError, UsageError."""
    export = wish.export
    dataset = await find_dataset(ws, export.dataset)
    if export.name != short_name(dataset.name, export.destination):
        return wish
    return replace(wish, export=replace(export, name=await export_name(ws, dataset, export.destination)))


def _marked(ws: Workspace, name: str) -> str:
    settings = ws.profile.platform
    return marked_name(name, export_marker(settings.org_id, settings.sandbox, name))
