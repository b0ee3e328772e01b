"""Runs that the platform starts by the schedules of our exports: found by themselves, and noticed when they do not come.

One list of the newest runs answers for all flows together. It is asked for when a run is due, a little more often while one
is awaited, and else once a minute (by the usual pace of five seconds a poll).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tarmac.platform.errors import NotFound, PlatformError
from tarmac.platform.models import Flow, Run
from tarmac.services.exports.chain import Chain, Kind
from tarmac.services.exports.pacing import backoff_s
from tarmac.services.exports.progress import FollowedRun, FollowState
from tarmac.services.flows.punctuality import (
    EARLY,
    Overdue,
    awaited,
    began_at,
    is_scheduled,
    next_moment,
    overdue,
)
from tarmac.services.landed.landed_runs import receipts_folder
from tarmac.services.landed.receipts import receipt_path
from tarmac.services.plans.marker import export_marker
from tarmac.services.plans.wishes import wish_facts
from tarmac.services.runs.following import chain_row
from tarmac.services.runs.known_exports import know_run
from tarmac.services.runs.scheduled_flows import delta_ids, ours
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

# So many polls of a watched run are one look at the schedules; while a run is awaited, a tenth of it.
_POLLS_A_LOOK = 12
_AWAITED_SHARE = 0.1
_LONGEST_LOOK_S = 60.0
# So many looks after which the flows themselves are read again: made, paused or rescheduled meanwhile.
_LOOKS_A_LIST = 5
# What ran while nobody looked is shown and counted afterwards, so far back and so many of each.
_LOOK_BACK = timedelta(days=1)
_OF_EACH = 3
_CHECKED = 10
_BUSY_S = 5.0


@dataclass(frozen=True)
class Appeared:
    """A scheduled run began. With a `chain` it can be taken up (`exporting.resume`); else it can only be followed."""

    row: FollowedRun
    chain: Chain | None


@dataclass(frozen=True)
class NotCome:
    """A scheduled run has not begun; `row` has the state late or missed, and the same key each time."""

    row: FollowedRun
    words: str


@dataclass(frozen=True)
class Came:
    """What was late is not any more: the row of this key has nothing to say."""

    key: str


@dataclass(frozen=True)
class Paused:
    """A flow that ran by its schedule does not run any more; `words` say so."""

    words: str


ScheduleNews = Appeared | NotCome | Came | Paused


async def scheduled_runs(ws: Workspace) -> AsyncGenerator[ScheduleNews, None]:
    """Look for scheduled runs of our exports for ever. Nothing is asked while no export was ever made from here.

    Raises what waiting cannot cure: rights, sign-in.
    """
    watch = _Watch(ws)
    failures = 0
    while True:
        try:
            news = await watch.look()
        except PlatformError as error:
            if not (error.is_passing or error.maybe_done or isinstance(error, NotFound)):
                raise
            failures, news = failures + 1, []
        else:
            failures = 0
        for each in news:
            yield each
        pause_s = watch.pause_s()
        await ws.clock.sleep(max(pause_s, backoff_s(failures, pause_s)) if failures else pause_s)


class _Watch:
    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._flows: dict[str, tuple[str, Flow]] = {}
        self._began: dict[str, tuple[datetime, ...]] = {}
        self._seen: dict[str, datetime] = {}  # when each was made; what is older than the look back is no news anyway
        self._open: dict[str, Overdue] = {}
        self._looks = 0

    def pause_s(self) -> float:
        """Return the seconds until the next look."""
        usual_s = min(_LONGEST_LOOK_S, self._ws.config.timing.poll.total_seconds() * _POLLS_A_LOOK)
        now, pause_s = self._ws.now(), usual_s
        for flow_id, (_, flow) in self._flows.items():
            if (due := awaited(flow, self._began.get(flow_id, ()), now)) is not None:
                since_s = (now - due).total_seconds()
                pause_s = min(pause_s, max(usual_s * _AWAITED_SHARE, since_s * _AWAITED_SHARE))
            elif (due := next_moment(flow, now)) is not None:
                pause_s = min(pause_s, max(1.0, (due - now).total_seconds()))
        return pause_s

    async def look(self) -> list[ScheduleNews]:
        """Ask once for all flows. Raises PlatformError."""
        news: list[ScheduleNews] = []
        if self._looks % _LOOKS_A_LIST == 0 or not self._flows:
            news += await self._read_flows()
        self._looks += 1
        if not self._flows:
            return news
        runs = await self._ws.runs.newest_of(await self._ws.platform(), tuple(self._flows))
        for flow_id, (export, flow) in tuple(self._flows.items()):
            own = [run for run in runs if run.flow_id == flow_id]
            self._began[flow_id] = began_at(own)
            news += await self._new_runs(export, flow, own)
            news += await self._overdue(export, flow, own)
        return news

    async def _read_flows(self) -> list[ScheduleNews]:
        found = {flow.id: (name, flow) for name, flow in await ours(self._ws)}
        kept = {
            flow_id: each for flow_id, each in found.items() if is_scheduled(each[1]) and not self._is_over(each[1])
        }
        news: list[ScheduleNews] = []
        for flow_id, (name, _) in self._flows.items():
            now = found.get(flow_id)
            if flow_id not in kept and now is not None and now[1].state != ObjectState.ENABLED:
                state = plain(now[1].state, 40) or "not enabled"
                news.append(
                    Paused(f"{name} is {state} at the platform: no scheduled run comes until it is enabled (5).")
                )
        self._flows = kept
        return news

    def _is_over(self, flow: Flow) -> bool:
        end = None if flow.schedule is None else flow.schedule.end
        return end is not None and end + _LOOK_BACK < self._ws.now()

    async def _new_runs(self, export: str, flow: Flow, runs: Sequence[Run]) -> list[ScheduleNews]:
        """Take up the runs that nobody has taken up, oldest first."""
        ws, start = self._ws, None if flow.schedule is None else flow.schedule.start
        since = ws.now() - _LOOK_BACK
        fresh = [
            run
            for run in runs
            if run.id not in self._seen
            and run.created_at is not None
            and run.created_at >= max(since, since if start is None else start)
        ]
        if fresh and await self._is_waited_for(flow):
            # Fired on demand, or waited for by a command: its own chain takes it up, or leaves it to the next look.
            return []
        self._seen.update((run.id, run.created_at) for run in runs if run.created_at is not None)
        self._seen = {run_id: at for run_id, at in self._seen.items() if at >= since}
        fresh = [run for run in fresh if not await self._is_taken_up(run)]
        if not fresh:
            return []
        news: list[ScheduleNews] = []
        deltas = await delta_ids(ws, flow, runs)
        for run in sorted(fresh, key=lambda each: each.created_at or since)[-_OF_EACH:]:
            appeared = await self._appeared(export, run, is_delta=run.id in deltas)
            if appeared is not None:
                news.append(appeared)
        return news

    async def _appeared(self, export: str, run: Run, *, is_delta: bool) -> Appeared | None:
        ws = self._ws
        row = _run_row(ws, export, run, is_delta=is_delta)
        if ws.read_only:
            return Appeared(row, None)
        try:
            known = await know_run(ws, run)
        except (UsageError, NotFound):
            # Several datasets in one flow, a dataset that is gone, a destination that the profile does not know.
            return Appeared(row, None)
        # Two apps that look at the same flow count a run once.
        async with ws.ledger.only_one(f"scheduled-{run.id}", wait_s=_BUSY_S):
            if await self._is_taken_up(run):
                return None
            wish = replace(known.wish, export=replace(known.wish.export, name=export))
            settings = ws.profile.platform
            chain_id = await ws.ledger.begin(
                ahead_s=ws.ahead_s,
                marker=export_marker(settings.org_id, settings.sandbox, export),
                export=export,
                dataset_id=known.dataset.id,
                dataset_name=known.dataset.name,
                destination=wish.destination.name,
                wish=wish_facts(wish),
                delta=is_delta,
                began=None if run.created_at is None else run.created_at.isoformat(),
            )
            facts = {"scheduled": True, "known": [], "catalog_rows": known.catalog_rows}
            await ws.ledger.add(Kind.WAITING, chain_id, flow_id=known.flow.id, **facts)
            await ws.ledger.add(Kind.FIRED, chain_id, flow_id=known.flow.id, run_id=run.id)
        chain = next(each for each in await ws.ledger.chains() if each.id == chain_id)
        return Appeared(chain_row(ws, chain, ws.clock.now()) or row, chain)

    async def _is_waited_for(self, flow: Flow) -> bool:
        """Whether some tarmac on this machine waits for a run of this flow just now."""
        ledger = self._ws.ledger
        waiting = [each for each in await ledger.unfinished() if each.flow_id == flow.id and each.run_id is None]
        return any([await ledger.is_worked_on(each.id) for each in waiting])

    async def _is_taken_up(self, run: Run) -> bool:
        if any(chain.run_id == run.id for chain in await self._ws.ledger.chains()):
            return True
        return await asyncio.to_thread(receipt_path(receipts_folder(self._ws), run.id).exists)

    async def _overdue(self, export: str, flow: Flow, runs: Sequence[Run]) -> list[ScheduleNews]:
        now, news = self._ws.now(), []
        missing = overdue(flow, began_at(runs), now)
        if any(_key(flow, each) not in self._open for each in missing):
            # The list of many is not the last word: before somebody is told, this flow is asked for by itself.
            flow, runs = await self._checked(export, flow)
            missing = overdue(flow, began_at(runs), now)
            self._began[flow.id] = began_at(runs)
            news = await self._new_runs(export, flow, runs)
        came = began_at(runs)
        for key, known in tuple(self._open.items()):
            is_here = key.startswith(f"slot-{flow.id}-") and known.due not in {each.due for each in missing}
            # Missed ones stay: that a later moment has come changes nothing for them. In the end nobody asks for them again.
            if is_here and known.is_missed and known.due < now - _LOOK_BACK:
                del self._open[key]
            elif is_here and not known.is_missed and any(each >= known.due - EARLY for each in came):
                news.append(Came(key))
                del self._open[key]
        for each in missing:
            key = _key(flow, each)
            if self._open.get(key) != each or not each.is_missed:
                self._open[key] = each
                news.append(NotCome(_slot_row(key, export, flow, each, now), f"{export} is {each.words(now)}"))
        return news

    async def _checked(self, export: str, flow: Flow) -> tuple[Flow, Sequence[Run]]:
        platform = await self._ws.platform()
        flow = await platform.flows.get(flow.id)
        self._flows[flow.id] = (export, flow)
        return flow, await platform.runs.of_flow(flow.id, newest=_CHECKED)


def _run_row(ws: Workspace, export: str, run: Run, *, is_delta: bool) -> FollowedRun:
    now = ws.now()
    began = run.created_at or now
    return FollowedRun(
        key=f"run-{run.id}",
        export=plain(export, 80),
        destination="",
        state=FollowState.QUEUED,
        started_at=began - timedelta(seconds=ws.ahead_s),
        begun_at=began,
        elapsed_s=max(0.0, (now - began).total_seconds()),
        as_of=now,
        flow_id=run.flow_id,
        run_id=run.id,
        is_delta=is_delta,
    )


def _slot_row(key: str, export: str, flow: Flow, each: Overdue, now: datetime) -> FollowedRun:
    until = "" if each.next_due is None or each.is_missed else f"; at {each.next_due:%H:%M} UTC it counts as missed"
    return FollowedRun(
        key=key,
        export=plain(export, 80),
        destination="" if flow.kind is None else flow.kind.spec.title,
        state=FollowState.MISSED if each.is_missed else FollowState.LATE,
        started_at=each.due,
        elapsed_s=max(0.0, (now - each.due).total_seconds()),
        as_of=now,
        detail=f"{each.words(now)}{until}",
        flow_id=flow.id,
    )


def _key(flow: Flow, each: Overdue) -> str:
    return f"slot-{flow.id}-{each.due:%Y%m%dT%H%M%S}"
