"""One way of asking for all watched runs: a single list for many of them, never more than the throttle allows (design §8).

One or two runs are asked for by their ids, at their own pace. From the third on, whoever is due takes part in a round: one
request for the newest runs of all watched flows answers everybody. A run that such an answer does not hold is asked for by
its id, in its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Run
from tarmac.services.exports.pacing import Throttle, backoff_s
from tarmac.terms.times import Clock

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Ids of 36 letters in one filter: the address stays below 2,000 letters, which every proxy lets through.
_FLOWS_A_REQUEST = 40
# A platform that reads a list of ids as one id answers nothing: after so many empty answers each run is asked for by itself.
# It may have been a moment's emptiness only: the list is tried once more after some time.
_EMPTY_ANSWERS = 2
_LIST_AGAIN_S = 1800.0
# While the platform does not answer, rounds are at most six times as far apart.
_SLOWEST_S = 5.0


@dataclass(frozen=True)
class Sighting:
    """A run as it was seen at `at` (the platform's time, UTC) and `seen_s` (our monotonic seconds)."""

    run: Run
    at: datetime
    seen_s: float


class RunFeed:
    """Shared by all watches of one workspace. `close` ends a round that is under way."""

    def __init__(self, clock: Clock, throttle: Throttle) -> None:
        self._clock = clock
        self._throttle = throttle
        self._watched: dict[str, str] = {}
        self._seen: dict[str, Sighting] = {}
        self._round: asyncio.Task[None] | None = None
        self._empty = 0
        self._list_again_s = 0.0
        self._failure: PlatformError | None = None
        self._failures = 0
        self._again_s = 0.0

    @contextmanager
    def watching(self, run_id: str, flow_id: str | None) -> Iterator[None]:
        """Take a run into the rounds while the block runs; without its flow it is asked for by its id only."""
        if flow_id is not None:
            self._watched[run_id] = flow_id
        try:
            with self._throttle.watching():
                yield
        finally:
            self._watched.pop(run_id, None)
            self._seen.pop(run_id, None)

    async def look(self, platform: Platform, run_id: str, *, max_age_s: float) -> Sighting:
        """Return the run as it is, or as somebody else's question showed it up to `max_age_s` ago.

        Raises what the platform raises; whoever takes part in a round gets its error.
        """
        if not self._throttle.is_shared or run_id not in self._watched or self._lists_nothing():
            await self._throttle.turn()
            return self._note(platform, await platform.runs.get(run_id))
        asked_s = self._clock.monotonic()
        known = self._seen.get(run_id)
        if known is None or asked_s - known.seen_s > max_age_s:
            await self._take_part(platform)
            known = self._seen.get(run_id)
        if known is not None and known.seen_s >= asked_s - max_age_s:
            return known
        await self._throttle.turn()
        return self._note(platform, await platform.runs.get(run_id))

    async def newest_of(self, platform: Platform, flow_ids: Sequence[str]) -> tuple[Run, ...]:
        """Return the newest runs of these flows, some dozens of flows a request, each in its turn.

        What it shows of watched runs is theirs too: they need not ask again.
        """
        found: list[Run] = []
        for first in range(0, len(flow_ids), _FLOWS_A_REQUEST):
            await self._throttle.turn()
            found += await platform.runs.newest_of(flow_ids[first : first + _FLOWS_A_REQUEST])
        for run in found:
            self._note(platform, run)
        return tuple(found)

    def close(self) -> None:
        """End what is under way."""
        if self._round is not None:
            self._round.cancel()

    def _lists_nothing(self) -> bool:
        """Whether the list was empty lately, as often as it is believed."""
        if self._empty >= _EMPTY_ANSWERS and self._clock.monotonic() >= self._list_again_s:
            self._empty = _EMPTY_ANSWERS - 1
        return self._empty >= _EMPTY_ANSWERS

    async def _take_part(self, platform: Platform) -> None:
        if self._failure is not None and self._clock.monotonic() < self._again_s:
            # Fifty who cannot get an answer ask as often as one.
            raise self._failure.with_traceback(None)
        if self._round is None:
            # A task of its own: whoever asked first may be cancelled while others wait for the same answer.
            self._round = asyncio.create_task(self._go_round(platform))
            self._round.add_done_callback(self._over)
        await asyncio.shield(self._round)

    async def _go_round(self, platform: Platform) -> None:
        wanted: Mapping[str, str] = self._watched
        flows = tuple(dict.fromkeys(wanted.values()))
        try:
            for first in range(0, len(flows), _FLOWS_A_REQUEST):
                await self._throttle.turn()
                found = await platform.runs.newest_of(flows[first : first + _FLOWS_A_REQUEST])
                self._take(platform, found)
        except PlatformError as error:
            self._failures += 1
            self._failure = error
            self._again_s = self._clock.monotonic() + backoff_s(self._failures, _SLOWEST_S)
            raise
        self._failure, self._failures = None, 0

    def _take(self, platform: Platform, found: Sequence[Run]) -> None:
        self._empty = 0 if found else self._empty + 1
        self._list_again_s = self._clock.monotonic() + _LIST_AGAIN_S
        for run in found:
            if run.id in self._watched:
                self._note(platform, run)

    def _note(self, platform: Platform, run: Run) -> Sighting:
        seen = Sighting(run, platform.server_now(), self._clock.monotonic())
        if run.id in self._watched:
            self._seen[run.id] = seen
        return seen

    def _over(self, task: asyncio.Task[None]) -> None:
        self._round = None
        if not task.cancelled():
            task.exception()  # everybody who waited has had it
