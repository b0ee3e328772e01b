"""Wishes: from a saved export, from the pieces of a command line, from the ledger; and saving one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tarmac.profiles.models import Export
from tarmac.profiles.places import name_complaint
from tarmac.services.catalogue.datasets import find_dataset
from tarmac.services.plans.export_names import export_name
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.terms.text import plain


async def wish_of_export(ws: Workspace, name: str) -> Wish:
    """Return the wish of a saved export. Raises ProfileError (unknown or wrong file) and UsageError (its destination)."""
    export = await asyncio.to_thread(ws.exports.load, name)
    try:
        return Wish(export, ws.destination(export.destination))
    except UsageError as error:
        raise export.blamed("destination", error) from error


async def wish_of_pieces(
    ws: Workspace,
    *,
    dataset: str,
    to: str,
    path: str | None = None,
    file_format: FileFormat | None = None,
    compression: Compression | None = None,
    schedule: Schedule | None = None,
    folder_template: str | None = None,
    name: str | None = None,
) -> Wish:
    """Return a wish that is not saved. Without a `name` it is called after dataset and destination.

    So the same dataset and destination are the same export, whether the dataset was given by id or by name: another format or
    folder is planned as a change of it. Raises UsageError for an unknown dataset or destination, and for a name under which
    nothing could be saved.
    """
    if name is not None and (complaint := name_complaint(name)):
        raise UsageError(f"{plain(name, 64)!r} cannot name an export: {complaint}", next_step="Give another name.")
    destination = ws.destination(to)
    found = await find_dataset(ws, dataset)
    export = Export(
        name=name or await export_name(ws, found, destination.name),
        dataset=found.id,
        destination=to,
        format=file_format or FileFormat.PARQUET,
        compression=compression or Compression.GZIP,
        schedule=schedule or Schedule(),
        path=path,
        folder_template=folder_template,
    )
    return Wish(export, destination)


async def save_export(ws: Workspace, export: Export) -> Path:
    """Write the export's file and return it. Raises ReadOnly and ProfileError."""
    ws.require_write(f"save the export {export.name}")
    return await asyncio.to_thread(ws.exports.save, export)


def wish_facts(wish: Wish) -> dict[str, Any]:
    """Return the wish as plain values for the ledger; credentials stay in the profile."""
    export, schedule = wish.export, wish.export.schedule
    return {
        "dataset": export.dataset,
        "format": export.format.value,
        "compression": export.compression.value,
        "path": export.path,
        "folder_template": export.folder_template,
        "kind": schedule.kind.value,
        "every_s": None if schedule.every is None else schedule.every.total_seconds(),
        "start": None if schedule.start is None else schedule.start.isoformat(),
        "end": None if schedule.end is None else schedule.end.isoformat(),
    }


def wish_of_facts(ws: Workspace, name: str, destination: str, facts: Mapping[str, Any]) -> Wish:
    """Return the wish that the ledger holds. Raises UsageError: its destination is gone, or the entry is damaged."""
    try:
        every = facts.get("every_s")
        export = Export(
            name=name,
            dataset=str(facts["dataset"]),
            destination=destination,
            format=FileFormat(facts["format"]),
            compression=Compression(facts["compression"]),
            schedule=Schedule(
                ScheduleKind(facts["kind"]),
                None if every is None else timedelta(seconds=float(every)),
                _moment(facts.get("start")),
                _moment(facts.get("end")),
            ),
            path=facts.get("path"),
            folder_template=facts.get("folder_template"),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f"the ledger's entry about the export {plain(name, 80)} cannot be read",
            code="ledger-entry",
            next_step="Give the export's command again: what exists is found by its names.",
        ) from error
    return Wish(export, ws.destination(destination))


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
