"""Firing an ad-hoc run: asked at once and then again until the platform is ready (platform-api §4, design §6.1).

"Not ready" is the platform's own readiness probe: it is asked instead of sleeping ten minutes. A trigger whose outcome is
not known is never repeated before the flow's runs were looked at.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import TYPE_CHECKING

from tarmac.platform.errors import NotReady, PlatformError, RunExists
from tarmac.platform.models import Run
from tarmac.services.errors import StillRunning
from tarmac.services.exports.history import Duration
from tarmac.services.exports.pacing import Pace, asked_to_wait_s, backoff_s
from tarmac.services.exports.progress import Band, RunFired, WaitingForReady
from tarmac.services.workspace import Workspace
from tarmac.terms.times import format_elapsed

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

_NEWEST = 20
# Seconds between looks for a run whose trigger got no answer.
_LOOKS_S = (0.5, 1.0, 2.0, 4.0)


async def known_runs(ws: Workspace, flow_id: str) -> frozenset[str]:
    """Return the ids of the flow's newest runs: whatever appears beside them is new."""
    platform = await ws.platform()
    return frozenset(run.id for run in await platform.runs.of_flow(flow_id, newest=_NEWEST))


async def trigger(
    ws: Workspace,
    flow_id: str,
    dataset_id: str,
    *,
    deadline_s: float,
    known: Collection[str] | None = None,
    already_s: float = 0.0,
    look_first: bool = False,
) -> AsyncGenerator[WaitingForReady | RunFired, None]:
    """Ask for a run until there is one; yield each "not ready" and at last the run.

    `deadline_s` counts from the first asking, `already_s` seconds ago (a wait that survived a restart). `known` are runs from
    before it; with `look_first` a run that is not among them is taken for ours before asking (the answer may have been lost).
    Raises at the deadline StillRunning, or what the platform said last where that was an error; StorageNotAllowed and other
    refusals at once; ReadOnly.
    """
    ws.require_write("fire an ad-hoc run")
    platform = await ws.platform()
    before = frozenset(known) if known is not None else await known_runs(ws, flow_id)
    if look_first and (run := await _new_run(platform, flow_id, before)) is not None:
        yield RunFired(flow_id, run.id)
        return
    usual = await ws.history.usual(Duration.READY, flow_id)
    pace, started = Pace.up_to(ws.config.timing.probe.total_seconds()), ws.clock.monotonic() - already_s
    probes = failures = all_failures = 0
    problem: PlatformError | None = None
    while True:
        probes += 1
        try:
            run_id = await _probe(ws, platform, flow_id, dataset_id, before)
            failures, problem = 0, None
        except PlatformError as error:
            if not (error.is_passing or error.maybe_done):
                raise
            failures, all_failures, problem, run_id = failures + 1, all_failures + 1, error, None
        elapsed = ws.clock.monotonic() - started
        if run_id is not None:
            yield RunFired(flow_id, run_id)
            if probes > 1 and not all_failures:
                await ws.history.add(Duration.READY, flow_id, elapsed, ws.now())
            return
        if elapsed >= deadline_s:
            # What the platform said last is why there is no run; "not ready" would make a failure look like waiting.
            raise _not_ready(flow_id, elapsed, usual) if problem is None else problem
        pause = pace.next_s(elapsed)
        if problem is not None:
            pause = max(pause, backoff_s(failures, pace.cap_s), asked_to_wait_s(problem))
        pause = min(pause, deadline_s - elapsed)
        yield WaitingForReady(elapsed, pause, deadline_s, probes, usual, problem)
        await ws.clock.sleep(pause)
        await ws.throttle.turn()


async def await_scheduled(
    ws: Workspace, flow_id: str, *, deadline_s: float, known: Collection[str]
) -> AsyncGenerator[WaitingForReady | RunFired, None]:
    """Wait for a run that the flow's own schedule fires: any that is not among `known`. Raises StillRunning."""
    platform = await ws.platform()
    pace, started, looks, failures = Pace.up_to(ws.config.timing.poll.total_seconds()), ws.clock.monotonic(), 0, 0
    while True:
        looks += 1
        run: Run | None = None
        try:
            run = await _new_run(platform, flow_id, known)
            failures = 0
        except PlatformError as error:
            if not error.is_passing:
                raise
            failures += 1
        if run is not None:
            yield RunFired(flow_id, run.id)
            return
        elapsed = ws.clock.monotonic() - started
        if elapsed >= deadline_s:
            raise StillRunning(
                f"the scheduled run of dataflow {flow_id} had not begun after {format_elapsed(elapsed)}",
                meaning="The dataflow exists and runs by its schedule, also without tarmac.",
                next_step="Look again with `tarmac runs`, or allow more time with --timeout.",
            )
        pause = pace.next_s(elapsed) if failures == 0 else backoff_s(failures, pace.cap_s)
        pause = min(pause, deadline_s - elapsed)
        yield WaitingForReady(elapsed, pause, deadline_s, looks)
        await ws.clock.sleep(pause)
        await ws.throttle.turn()


async def _probe(
    ws: Workspace, platform: Platform, flow_id: str, dataset_id: str, before: Collection[str]
) -> str | None:
    """Ask once; return the run's id, None while the flow is not ready."""
    try:
        fired = await platform.adhoc.trigger(flow_id, [dataset_id])
    except NotReady:
        return None
    except RunExists as error:
        return error.run_id or await _going_on(platform, flow_id)
    except PlatformError as error:
        if not error.maybe_done:
            raise
        for pause in _LOOKS_S:
            await ws.clock.sleep(pause)
            if (run := await _new_run(platform, flow_id, before)) is not None:
                return run.id
        raise
    return fired.get(dataset_id) or next(iter(fired.values()))


async def _new_run(platform: Platform, flow_id: str, before: Collection[str]) -> Run | None:
    """Return the newest run that was not there before."""
    runs = await platform.runs.of_flow(flow_id, newest=_NEWEST)
    return next((run for run in runs if run.id not in before), None)


async def _going_on(platform: Platform, flow_id: str) -> str | None:
    """Return the run that is in the way of ours; None (ask again) when it has just ended."""
    runs = await platform.runs.of_flow(flow_id, newest=_NEWEST)
    return next((run.id for run in runs if not run.phase.is_final), None)


def _not_ready(flow_id: str, elapsed_s: float, usual: Band | None) -> StillRunning:
    known = "" if usual is None else f" Here it usually takes {usual.words}."
    return StillRunning(
        f"the platform was not ready to run dataflow {flow_id} after {format_elapsed(elapsed_s)}",
        code="not-ready",
        meaning=f"A new dataflow is usually accepted after about ten minutes.{known} Everything that was created is kept.",
        next_step="Give the same command again: it goes on from here. Allow more time with --timeout.",
    )
