"""Which chain of the ledger a wish goes on with: an interrupted one, but none that another tarmac has ended meanwhile."""

from __future__ import annotations

from datetime import timedelta

from tarmac.platform.errors import NotFound
from tarmac.services.exports.chain import Chain, Kind
from tarmac.services.plans.plan import Plan
from tarmac.services.workspace import Workspace

# An unfinished chain that nobody touched for so long is not what a person who repeats a command means.
_CONTINUED_WITHIN = timedelta(hours=2)


async def chain_to_continue(ws: Workspace, plan: Plan) -> Chain | None:
    """Return the chain to go on with: recent, and of the same wish as far as runs are concerned. Older ones are ended.

    A run that was left to itself on purpose (`--no-wait`) is gone on with until it is over: then the wish asks for a new one.
    Raises LedgerError and what the platform raises.
    """
    found = await ws.ledger.unfinished(plan.marker)
    if not found:
        return None
    chain = found[-1]
    for older in found[:-1]:
        await _abandon(ws, older)
    is_recent = ws.clock.now() - chain.entries[-1].at <= _CONTINUED_WITHIN
    is_under_way = chain.last(Kind.WAITING) is not None
    # A run that was fired before a change belongs to the old wish.
    if is_under_way and (plan.has_changes or not is_recent):
        await _abandon(ws, chain)
        return None
    if chain.is_left and await _is_over(ws, chain.run_id):
        await ws.ledger.add(Kind.ENDED, chain.id, outcome="left")
        return None
    return chain


async def read_held(ws: Workspace, chain: Chain) -> Chain | None:
    """Return the chain as it is now, with its lock held: None when it was ended while the lock was waited for."""
    return next((each for each in await ws.ledger.unfinished() if each.id == chain.id), None)


async def _abandon(ws: Workspace, chain: Chain) -> None:
    """End a chain, unless somebody works on it just now."""
    if not await ws.ledger.is_worked_on(chain.id):
        await ws.ledger.add(Kind.ENDED, chain.id, outcome="abandoned")


async def _is_over(ws: Workspace, run_id: str | None) -> bool:
    if run_id is None:
        return False
    platform = await ws.platform()
    try:
        return (await platform.runs.get(run_id)).phase.is_final
    except NotFound:
        return True
