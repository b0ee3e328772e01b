"""Scheduled runs and the seven-day deletion, both on the virtual clock (§3.7, §6)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tarmac.emulator.exporter import Exporter, RunOrder
from tarmac.emulator.flows import flow_datasets
from tarmac.emulator.platform import Platform
from tarmac.emulator.schedule_rules import due_moments, is_one_time, next_moment
from tarmac.emulator.state import Entity
from tarmac.terms.destinations import kind_of_flow_spec
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.times import from_millis, to_millis

RETENTION = timedelta(days=7)
# However fast the clock runs, the folder is not searched more often than this (real seconds).
_REAL_PAUSE = 0.2
# A jump of years does not start thousands of runs of one flow: only its newest ones.
MAX_CAUGHT_UP = 200


class Scheduler:
    """Starts what is due."""

    def __init__(self, platform: Platform, exporter: Exporter) -> None:
        self._platform = platform
        self._exporter = exporter
        self._changed = asyncio.Event()

    def notice_change(self) -> None:
        """Look again: a flow was written."""
        self._changed.set()

    def catch_up(self) -> int:
        """Start every run that is due by now; return how many."""
        now = self._platform.now()
        started = 0
        for flow in list(self._platform.state.flows):
            params = _schedule_of(flow)
            due = [] if params is None else _due(flow, params, now)
            if params is None or not due:
                continue
            flow = self._platform.state.flows.save(
                Entity(flow.id, flow.wire, {**flow.hidden, "scheduledUntil": to_millis(now)})
            )
            datasets = tuple(flow_datasets(self._platform, flow))
            for moment in due[-MAX_CAUGHT_UP:]:
                order = RunOrder(datasets, scheduled=True, incremental=not is_one_time(params))
                self._exporter.start(flow, order, moment)
                started += 1
        return started

    async def run(self) -> None:
        """Start runs when they are due, for ever."""
        while True:
            self._changed.clear()
            self.catch_up()
            upcoming = self._next()
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._changed.wait())]
            if upcoming is not None:
                waits.append(asyncio.create_task(self._platform.clock.wait_until(upcoming)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waits:
                    task.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    async def delete_old_files(self) -> None:
        """Delete landing-zone files seven virtual days after they were written, for ever."""
        while True:
            await self.delete_old_files_once()
            await asyncio.sleep(_REAL_PAUSE)
            await self._platform.clock.sleep(3600)

    async def delete_old_files_once(self) -> int:
        """Delete what is older than seven virtual days now; return how many files."""
        moment = self._platform.now() - RETENTION
        return await asyncio.to_thread(self._platform.landing_zone.delete_older_than, moment)

    def _next(self) -> datetime | None:
        now = self._platform.now()
        schedules = [params for flow in self._platform.state.flows if (params := _schedule_of(flow)) is not None]
        moments = [moment for params in schedules if (moment := next_moment(params, now)) is not None]
        return min(moments, default=None)


def _schedule_of(flow: Entity) -> ScheduleParams | None:
    """Return the schedule of an enabled dataset flow."""
    raw = flow.wire.get("scheduleParams")
    if not raw or flow.wire["state"] != "enabled" or kind_of_flow_spec(flow.wire["flowSpec"]["id"]) is None:
        return None
    return ScheduleParams.from_wire(raw)


def _due(flow: Entity, params: ScheduleParams, now: datetime) -> list[datetime]:
    set_at = from_millis(flow.hidden["scheduleSetAt"])
    done_ms = flow.hidden.get("scheduledUntil")
    if done_ms is not None:
        return due_moments(params, from_millis(done_ms), now)
    due = due_moments(params, set_at, now)
    # A start that had just passed when the schedule was set ("now", by the client's clock) still counts, once.
    passed = params.start is not None and params.start <= set_at and (params.end is None or set_at < params.end)
    return [set_at, *due] if passed else due
