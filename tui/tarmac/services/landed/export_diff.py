"""Which two exports are compared, and their comparison: for `tarmac diff` and the Landed screen."""

from __future__ import annotations

from tarmac.services.landed.feature_diff import FeatureDiff, Side, compare, look_at
from tarmac.services.landed.opened_export import OpenedExport, opened_export
from tarmac.services.reading.read_set import LandedRun
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain


async def diff_with_before(export: OpenedExport, *, folder: str | None = None, label: str | None = None) -> FeatureDiff:
    """Compare the whole export in `folder` (default: the newest) with the whole one before it. Raises TarmacError."""
    whole = list(export.now.reliable)
    if folder is not None:
        places = [place for place, each in enumerate(whole) if each.folder.folder == folder]
        whole = whole[: places[0] + 1] if places else []
    if len(whole) < 2:
        raise TarmacError(
            f"there are not two whole exports of {plain(export.name)} in its storage to compare",
            code="nothing-to-compare",
            next_step="Export again, or name another export to compare with.",
        )
    before, after = whole[-2:]
    return compare(
        await _side(export, before, _last(before), label), await _side(export, after, _last(after), label), label
    )


async def diff_of_exports(ws: Workspace, export: OpenedExport, other: str, label: str | None = None) -> FeatureDiff:
    """Compare the newest whole export with that of another export. Raises TarmacError."""
    mine = await _side(export, export.newest, export.name, label)
    async with opened_export(ws, other) as theirs:
        return compare(mine, await _side(theirs, theirs.newest, theirs.name, label), label)


async def _side(export: OpenedExport, landed: LandedRun, title: str, label: str | None) -> Side:
    folder = landed.folder
    return await look_at(export.storage.store, title, folder.folder, folder.files, landed.rows, label)


def _last(landed: LandedRun) -> str:
    return landed.folder.folder.rpartition("/")[2]
