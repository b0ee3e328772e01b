"""Which dataflows are the person's own, and which of their runs hold only what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tarmac.platform.models import Flow, Run, RunPhase
from tarmac.services.landed.landed_runs import fired_on_demand, first_full_run
from tarmac.services.plans.planning import ADOPTED
from tarmac.services.runs.known_exports import own_exports
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ExportMode


async def ours(ws: Workspace) -> list[tuple[str, Flow]]:
    """Return the exports that were made, saved or adopted here, with their flows. Raises PlatformError.

    Of a team's flows these are the person's own: others count what is theirs. Without any nothing is asked.
    """
    made = {flow_id for chain in await ws.ledger.chains() if (flow_id := chain.flow_id) is not None}
    made |= {flow_id for note in await ws.ledger.notes(ADOPTED) if (flow_id := note.text("flow_id")) is not None}
    saved = set(await asyncio.to_thread(ws.exports.names))
    if not made and not saved:
        return []
    return [(name, flow) for name, flow in await own_exports(ws) if flow.id in made or name in saved]


async def delta_ids(ws: Workspace, flow: Flow, runs: Sequence[Run], *, is_whole: bool = False) -> frozenset[str]:
    """Return which of a flow's newest runs hold only what is new; `is_whole`: `runs` are all that there are, newest first."""
    params = flow.schedule
    if params is None or params.step is None or params.export_mode == ExportMode.DAILY_FULL.value:
        return frozenset()
    start = params.start
    if start is None:
        return frozenset()

    def may_open(run: Run) -> bool:
        return run.phase is not RunPhase.FAILED and run.created_at is not None and run.created_at >= start

    # After a year an hourly dataflow has some 88 pages of runs; what its increments begin with stands on the first.
    known = (
        runs
        if is_whole
        else await (await ws.platform()).runs.beginning_of(flow.id, lambda oldest: any(may_open(run) for run in oldest))
    )
    first = first_full_run([run for run in known if run.phase is not RunPhase.FAILED], start)
    opening = next((run.created_at for run in known if run.id == first), None)
    scheduled = [run for run in known if may_open(run)]
    # The first scheduled run holds everything again; rows that say otherwise are known at its end.
    going = {run.id for run in scheduled[-1:] if not run.phase.is_final}
    fired = await fired_on_demand(ws, flow.id)
    return frozenset(
        run.id
        for run in runs
        if run.id != first
        and run.id not in going
        and run.id not in fired
        and run.created_at is not None
        and opening is not None
        and run.created_at > opening
        and run.created_at >= start
    )
