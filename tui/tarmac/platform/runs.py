"""Runs of a flow (platform-api §5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tarmac.platform.flow_service import Collection, where
from tarmac.platform.models import Run
from tarmac.platform.paging import Sender
from tarmac.platform.requests import RUNS
from tarmac.platform.run_answers import run

_NEWEST_FIRST = ("orderby", "-createdAt")
_OLDEST_FIRST = ("orderby", "createdAt")


class Runs:
    """`/runs`."""

    def __init__(self, sender: Sender) -> None:
        self._items = Collection(sender, RUNS, "run", run)

    async def of_flow(self, flow_id: str, *, newest: int | None = None) -> tuple[Run, ...]:
        """Return the runs of a flow, newest first; with `newest` only that many, reading no more pages than needed."""
        found: list[Run] = []
        limit = 100 if newest is None else max(1, min(100, newest))
        async for page in self._items.pages(where("flowId", flow_id), _NEWEST_FIRST, limit=limit):
            found += [item for item in page if item.flow_id in {None, flow_id}]
            if newest is not None and len(found) >= newest:
                break
        # The order is asked for but not promised everywhere; runs without a time keep their place at the end.
        found.sort(key=lambda item: item.created_at.timestamp() if item.created_at else 0.0, reverse=True)
        return tuple(found if newest is None else found[:newest])

    async def beginning_of(self, flow_id: str, is_enough: Callable[[Sequence[Run]], bool]) -> tuple[Run, ...]:
        """Return the oldest runs of a flow, newest first, reading on until `is_enough` holds for them (oldest first).

        Where the answer is not in the order that was asked for, all runs are returned: any of them may be the oldest.
        """
        found: list[Run] = []
        async for page in self._items.pages(where("flowId", flow_id), _OLDEST_FIRST):
            found += [item for item in page if item.flow_id in {None, flow_id}]
            times = [item.created_at.timestamp() for item in found if item.created_at is not None]
            if len(times) < len(found) or times != sorted(times):
                return await self.of_flow(flow_id)
            # Of runs at one moment nobody can tell in which order they came.
            if times and times[0] < times[-1] and is_enough(found):
                break
        return tuple(reversed(found))

    async def newest_of(self, flow_ids: Sequence[str]) -> tuple[Run, ...]:
        """Return the newest runs of several flows, at most 100 together, in one request (any-of by comma, §3.3)."""
        async for page in self._items.pages(where("flowId", ",".join(flow_ids)), _NEWEST_FIRST):
            return page
        return ()

    async def newest(self, pages: int) -> tuple[tuple[Run, ...], bool]:
        """Return the newest runs of all flows of the sandbox, at most so many pages of 100, and whether these are all."""
        found: list[Run] = []
        async for page in self._items.pages(_NEWEST_FIRST):
            found += page
            pages -= 1
            if pages <= 0:
                return tuple(found), False
        return tuple(found), True

    async def get(self, run_id: str) -> Run:
        """Return one run. Raises NotFound, also for a moment after it was started."""
        return await self._items.get(run_id)
