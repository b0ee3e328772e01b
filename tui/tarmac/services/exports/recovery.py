"""Two ways out of an export that did not end; the third, going on with it, is `exporting.resume` (design §6.3).

Adopt: keep what turned out to exist and call the chain over. Clean up: delete what this chain made, flow first, then target
and source, base last; never what it did not make and never what something else uses.

A chain on which some tarmac is at work just now cannot be adopted or cleaned up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from tarmac.platform import requests
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.findings import Findings, Piece, Standing, examine
from tarmac.services.exports.leftovers import Leftover, read_again
from tarmac.services.flows.changes import FlowAction, FlowItem, ItemResult
from tarmac.services.flows.deleting import Deleter
from tarmac.services.flows.items import calls
from tarmac.services.plans.plan import Action, Noun, PlanStep
from tarmac.services.plans.steps import short_id
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

_COLLECTIONS = {
    Noun.FLOW: requests.FLOWS,
    Noun.TARGET: requests.TARGET_CONNECTIONS,
    Noun.SOURCE: requests.SOURCE_CONNECTIONS,
    Noun.BASE: requests.CONNECTIONS,
}


async def adopt(ws: Workspace, leftover: Leftover) -> Findings:
    """Keep what exists, write it into the ledger, and call the chain over; the same wish finds and reuses it.

    Raises LedgerError (`chain-busy`) while somebody works on it, and what the platform raises.
    """
    chain_id = leftover.chain.id
    async with ws.ledger.working_on(chain_id, alone=True):
        findings = await examine(ws, await read_again(ws, leftover))
        for piece in findings.pieces:
            if piece.standing is Standing.FOUND:
                await ws.ledger.add(
                    Kind.RESULT, chain_id, step=piece.step, noun=piece.noun.value, action="create", id=piece.id
                )
        if findings.run is not None and leftover.chain.run_id is None:
            flow_id = findings.run.flow_id or leftover.chain.flow_id
            await ws.ledger.add(Kind.FIRED, chain_id, flow_id=flow_id, run_id=findings.run.id)
        await ws.ledger.add(Kind.ENDED, chain_id, outcome="adopted")
    return findings


async def plan_clean_up(ws: Workspace, findings: Findings, together: Collection[str] = ()) -> FlowItem:
    """Return what `clean_up` would delete; `refused` while the run is going on. `together` are chains cleaned up with it.

    Nothing is sent but what signing in takes. Raises LedgerError and what the platform raises.
    """
    leftover, platform = findings.leftover, await ws.platform()
    sandbox = platform.address.sandbox
    item = FlowItem(leftover.chain.id, leftover.export, sandbox, FlowAction.CLEAN)
    if findings.is_running and findings.run is not None:
        return replace(item, refused=_going_on(findings.run.id, leftover.export))
    pieces = [each for each in findings.ours if not await _is_wanted(ws, leftover, each, together)]
    steps = tuple(_deletion(platform, leftover, piece) for piece in pieces)
    return replace(item, steps=steps, notes=() if steps else ("nothing that it made is there: it is called over",))


async def clean_up(ws: Workspace, leftover: Leftover) -> ItemResult:
    """Delete what the chain made and nothing else uses; the result says what was deleted and what was kept, and why.

    The chain is over when everything was deleted or kept for a reason; after an error it stays listed. Raises ReadOnly,
    LedgerError (`chain-busy`), UsageError (`run-going-on`) and what the platform raises while looking.
    """
    ws.require_write(f"clean up after the export {leftover.export}")
    chain_id, platform = leftover.chain.id, await ws.platform()
    async with ws.ledger.working_on(chain_id, alone=True):
        leftover = await read_again(ws, leftover)
        item = await plan_clean_up(ws, await examine(ws, leftover))
        if item.refused is not None:
            raise item.refused
        deleter = await Deleter.begin(ws, platform, item.sandbox, chain_id)
        result = await deleter.carry_out(item)
        if result.error is None:
            await ws.ledger.add(Kind.ENDED, chain_id, outcome="cleaned up")
    return result


def _going_on(run_id: str, export: str) -> UsageError:
    return UsageError(
        f"run {plain(run_id, 80)} of {export} is going on",
        code="run-going-on",
        meaning="Deleting its dataflow now would leave half of the files behind.",
        next_step="Continue it, or wait for the run to end and clean up then.",
    )


async def _is_wanted(ws: Workspace, leftover: Leftover, piece: Piece, together: Collection[str]) -> bool:
    """Whether a base connection belongs to a destination that another unfinished export is about to use."""
    if piece.noun is not Noun.BASE:
        return False
    going = {leftover.chain.id, *together}
    others = [chain for chain in await ws.ledger.unfinished() if chain.id not in going]
    names = {None if chain.begun is None else chain.begun.text("destination") for chain in others}
    return leftover.destination in names


def _deletion(platform: Platform, leftover: Leftover, piece: Piece) -> PlanStep:
    object_id = piece.id or ""
    return PlanStep(
        piece.noun,
        Action.DELETE,
        f'"{plain(piece.name, 120)}" ({short_id(object_id)})',
        (f"made by {leftover.export}, which was interrupted",),
        object_id,
        calls=calls(platform, requests.delete_request(_COLLECTIONS[piece.noun], object_id)),
    )
