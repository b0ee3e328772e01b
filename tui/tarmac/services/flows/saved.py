"""Saved exports kept in step with their flows: the next `tarmac export` must not undo what was changed here."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tarmac.profiles.models import Export
from tarmac.services.flows.changes import FlowAction, FlowItem
from tarmac.services.workspace import Workspace


async def keep_saved_export(ws: Workspace, item: FlowItem) -> None:
    """Write the new schedule into the saved export of a flow, if there is one of its name. Raises ProfileError."""
    if item.export is None or item.wish is None or item.sandbox != ws.profile.platform.sandbox:
        return
    await asyncio.to_thread(_keep, ws, item, item.export)


def _keep(ws: Workspace, item: FlowItem, name: str) -> None:
    if name not in ws.exports.names() or item.wish is None:
        return
    saved = ws.exports.load(name)
    changed = _extended(saved, item) if item.action is FlowAction.EXTEND else replace(saved, schedule=item.wish)
    if changed != saved:
        ws.exports.save(changed)


def _extended(saved: Export, item: FlowItem) -> Export:
    """Only an end that the file names has to move; one that was made up stays made up."""
    if saved.schedule.end is None or item.wish is None:
        return saved
    return replace(saved, schedule=replace(saved.schedule, end=item.wish.end))
