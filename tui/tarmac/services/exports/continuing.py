"""Which chain of the ledger a wish goes on with: an interrupted one, but none that another tarmac has ended meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tarmac.platform.errors import NotFound
from tarmac.services.exports.chain import Chain, Kind
from tarmac.services.plans.plan import Plan, Wish
from tarmac.services.plans.wishes import wish_of_facts
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError

# What was over, or not touched, for so long is not what a person who repeats a command means.
_CONTINUED_WITHIN = timedelta(hours=2)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def chain_to_continue(ws: Workspace, plan: Plan) -> Chain | None:
    """Return the chain to go on with, of the same wish as far as runs are concerned. Older ones are ended.

    A run that was fired is gone on with while it goes on, however long ago that was, and for a while after its end; where it
    was left to itself on purpose (`--no-wait`) only until its end. Raises LedgerError and what the platform raises.
    """
    found = await ws.ledger.unfinished(plan.marker)
    if not found:
        return None
    chain = found[-1]
    for older in found[:-1]:
        await _abandon(ws, older)
    if await _is_meant(ws, chain, plan):
        return chain
    await _abandon(ws, chain)
    return None


async def _is_meant(ws: Workspace, chain: Chain, plan: Plan) -> bool:
    """Whether a person who gives the command of `plan` again means this chain."""
    if chain.last(Kind.WAITING) is None:
        return True  # what it made is found and used, whenever that was
    if plan.has_changes:
        return False  # its run belongs to the old wish
    is_recent = ws.clock.now() - chain.entries[-1].at <= _CONTINUED_WITHIN
    if chain.run_id is None:
        return is_recent
    ended_at = await _end_of_run(ws, chain.run_id)
    if ended_at is None:
        return True
    return not chain.is_left and (is_recent or ws.now() - ended_at <= _CONTINUED_WITHIN)


def wish_of_chain(ws: Workspace, chain: Chain) -> Wish:
    """Return the wish of a chain, whether it is over or not. Raises UsageError: it is not known, or its destination is gone."""
    begun, facts = chain.begun, chain.wish_facts
    if begun is None or facts is None:
        raise UsageError(f"the ledger does not say what the export {export_of(chain)} was", code="ledger-entry")
    return wish_of_facts(ws, export_of(chain), begun.text("destination") or "", facts)


def export_of(chain: Chain) -> str:
    """Return the name of the export of a chain."""
    return (None if chain.begun is None else chain.begun.text("export")) or "?"


async def read_held(ws: Workspace, chain: Chain) -> Chain | None:
    """Return the chain as it is now, with its lock held: None when it was ended while the lock was waited for."""
    return next((each for each in await ws.ledger.unfinished() if each.id == chain.id), None)


async def _abandon(ws: Workspace, chain: Chain) -> None:
    """End a chain, unless somebody works on it just now."""
    if not await ws.ledger.is_worked_on(chain.id):
        await ws.ledger.add(Kind.ENDED, chain.id, outcome="abandoned")


async def _end_of_run(ws: Workspace, run_id: str) -> datetime | None:
    """Return when a run ended, None while it goes on; one that is gone ended before anybody can remember."""
    platform = await ws.platform()
    try:
        run = await platform.runs.get(run_id)
    except NotFound:
        return _LONG_AGO
    return (run.ended_at or run.started_at or run.created_at or _LONG_AGO) if run.phase.is_final else None
