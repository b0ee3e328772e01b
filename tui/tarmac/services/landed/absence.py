"""Why nothing of an export is in its storage, though it landed there once: what the receipts and the runs remember."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tarmac.platform.models import Run, RunPhase
from tarmac.services.landed.clocks import written_by
from tarmac.services.landed.receipt import Receipt
from tarmac.services.plans.checks import DEFAULT_TTL_DAYS
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.quantities import count_words
from tarmac.terms.text import plain


async def why_absent(ws: Workspace, wish: Wish, prefix: str, runs: Sequence[Run], receipts: Sequence[Receipt]) -> str:
    """Say when the newest of `receipts` or `runs` with files landed and why it is gone; empty where there was none.

    `prefix` is the folder that was listed; receipts of other folders are passed over. Raises PlatformError.
    """
    counted = [each for each in receipts if each.files and each.folder and f"{each.folder}/".startswith(f"{prefix}/")]
    landed = [(written_by(each), each.rows) for each in counted]
    landed += [
        (moment, run.output_rows)
        for run in runs
        if run.phase is RunPhase.SUCCEEDED and run.output_files and (moment := run.started_at or run.created_at)
    ]
    if not landed:
        return ""
    written, rows = max(landed, key=lambda each: each[0])
    shown = f"{count_words(rows)} rows landed on {written:%Y-%m-%d %H:%M} UTC"
    if (days := await _kept_days(ws, wish, written)) is not None:
        return f"{shown} and were deleted since: the landing zone keeps files {days} days"
    return f"{shown}, but nothing is in {plain(prefix)} any more: deleted or moved since"


async def _kept_days(ws: Workspace, wish: Wish, written: datetime) -> int | None:
    """Return after how many days the landing zone deleted what was `written`; None where it is not the one to blame."""
    if wish.destination.kind is not DestinationKind.DATA_LANDING_ZONE:
        return None
    info = await (await ws.platform()).landing_zone.info()
    days = DEFAULT_TTL_DAYS if info.ttl_days is None else info.ttl_days
    return days if ws.now() >= written + timedelta(days=days) else None
