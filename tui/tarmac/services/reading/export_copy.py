"""Copying an export's read set to a folder of this machine or to another destination of the profile."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from tarmac.services.landed.opened_export import OpenedExport, nothing_to_read
from tarmac.services.reading.copying import PART, CopyItem, CopyResult, OnCopy, copy_files, copy_items
from tarmac.services.storages.stores import writable_store
from tarmac.services.workspace import Workspace
from tarmac.storage.local_folder import LocalFolder
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.near_names import near
from tarmac.terms.own_path import own_path
from tarmac.terms.text import plain


async def copy_export(ws: Workspace, export: OpenedExport, to: str, on_progress: OnCopy | None = None) -> CopyResult:
    """Copy the read set to `to`: the name of a destination of the profile, else a folder (`./name` is always one).

    A bare word has to be a destination, or a folder that exists. Folders keep their names below the dataset's id. Given again
    it goes on where it ended. Raises UsageError, StorageError, ReadOnly for another storage.
    """
    if ws.flight is not None and ws.flight.is_replay:
        raise UsageError(
            "a replay copies nothing",
            meaning="The files' content is not in the recording, and nothing of this machine is changed.",
            next_step="Copy them with a connection profile of your own.",
        )
    files = export.now.read_set.files
    if not files:
        raise nothing_to_read(export.name, export.now.read_set)
    base = export.wish.folder
    destination = ws.profile.destinations.get(to)
    if destination is None:
        items = copy_items(files, base)
        await asyncio.to_thread(_refuse_mistyped, ws, to)
        folder = await asyncio.to_thread(_make_folder, to, items)
        return await copy_files(export.storage.store, items, LocalFolder(folder), on_progress)
    ws.require_write(f"copy files to {destination.name}")
    if destination.name == export.wish.destination.name and destination.path == base:
        raise UsageError(
            f"{plain(export.name)} is in {destination.name} already",
            meaning="A copy onto itself would only risk the files.",
            next_step="Name another destination, or a folder of this machine.",
        )
    async with writable_store(ws, destination) as target:
        items = copy_items(files, base, destination.path)
        return await copy_files(export.storage.store, items, target, on_progress)


def _refuse_mistyped(ws: Workspace, to: str) -> None:
    """A bare word that is no folder yet is more likely a destination that was mistyped, or that another profile has."""
    if "/" in to or to.startswith("~") or Path(to).is_dir():
        return
    known = sorted(ws.profile.destinations)
    meant = near(to, known) or (f"Destinations there: {', '.join(known)}." if known else "It has no destinations.")
    raise UsageError(
        f"{plain(to, 80)!r} is neither a destination of the connection profile {ws.profile.name} nor a folder that exists",
        code="unknown-destination",
        meaning="Nothing was copied.",
        next_step=f"{meant} Write ./{plain(to, 80)} for a folder.",
    )


def _make_folder(text: str, items: Sequence[CopyItem]) -> Path:
    folder = own_path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be used: {error.strerror or type(error).__name__}", next_step="Name another folder."
        ) from error
    there = sum(_there(folder, item) for item in items)
    wanted = sum(item.source.bytes for item in items) - there
    if wanted > free:
        raise TarmacError(
            f"{folder} has {free >> 20:,} MiB free, the copy needs {wanted >> 20:,} MiB more",
            code="disk-full",
            next_step="Make room, or name another folder.",
        )
    return folder


def _there(folder: Path, item: CopyItem) -> int:
    """Bytes of the file that are copied already, whole or in part."""
    target = folder / item.target
    for path in (target, target.with_name(target.name + PART)):
        try:
            return min(path.stat().st_size, item.source.bytes)
        except OSError:
            continue
    return 0
