"""Counting what a run landed, as a stream of progress that ends in a saved receipt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from tarmac.platform.models import Dataset, Run
from tarmac.services.exports.progress import Counting
from tarmac.services.landed.receipt import Receipt
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace


@dataclass(frozen=True)
class Counted:
    """All is counted, and the receipt is on the disk."""

    receipt: Receipt
    file: Path


async def count(
    ws: Workspace, run: Run, wish: Wish, dataset: Dataset, flow_id: str, catalog_rows: int | None
) -> AsyncGenerator[Counting | Counted, None]:
    """Count the files and rows of a run; the last event is `Counted`. Raises what `verify_run` raises."""
    from tarmac.services.landed.landed_runs import save_receipt
    from tarmac.services.landed.verifying import verify_run

    progress: asyncio.Queue[Counting | None] = asyncio.Queue()
    task = asyncio.create_task(
        verify_run(
            ws,
            run=run,
            wish=wish,
            dataset=dataset,
            flow_id=flow_id,
            catalog_rows=catalog_rows,
            on_progress=progress.put_nowait,
        )
    )
    # Not a task group: an async generator that is closed half-way must end its task itself.
    task.add_done_callback(lambda _: progress.put_nowait(None))
    try:
        while (event := await progress.get()) is not None:
            yield event
        receipt = await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    yield Counted(receipt, await save_receipt(ws, receipt))
