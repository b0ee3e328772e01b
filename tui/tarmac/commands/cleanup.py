"""`tarmac cleanup`: what was left behind: connections that no flow uses, unfinished exports of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tarmac.commands.flow import add_confirm, ask_for_word, carry_out, show_dry
from tarmac.commands.flow_words import plan_lines, result_lines
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.terms.errors import ExitCode, UsageError
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.exports.findings import Findings
    from tarmac.services.flows.changes import FlowPlan, ItemResult
    from tarmac.services.flows.flow_list import FlowListing
    from tarmac.services.workspace import Workspace

NAME = "cleanup"
_DETAILS = """\
Deletes connections that no flow uses, in the order target, source, base; never one that is in use. By default only what
tarmac made; --others takes in what anybody made. Exports that were interrupted are named with what exists of them:
`tarmac export` goes on with them, --unfinished deletes what they made (flow first, base connection last), --adopt keeps it
and calls them over. With CONNECTION, an id that `tarmac flows --orphans` names, only those go, whoever made them; a base
connection stays while another orphan needs it. What another tarmac is working on just now is left alone."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "delete connections that no flow uses", "tarmac cleanup --dry-run", _DETAILS)
    parser.add_argument("connections", metavar="CONNECTION", nargs="*", help="id of one that no flow uses: only these")
    parser.add_argument("--dry-run", action="store_true", help="show what would be deleted (exit 2: something)")
    parser.add_argument("--others", action="store_true", help="also what others made and no flow uses")
    parser.add_argument("--unfinished", action="store_true", help="delete what interrupted exports made")
    parser.add_argument("--adopt", action="store_true", help="keep what interrupted exports made, and end them")
    parser.add_argument("--all-sandboxes", action="store_true", help="in every sandbox that the credential may use")
    parser.add_argument("--yes", action="store_true", help="delete without being asked")
    add_confirm(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Look, show, ask, delete."""
    return run_verb(_clean, context)


async def _clean(context: Context) -> int:
    from tarmac.services.exports.findings import examine
    from tarmac.services.exports.leftovers import leftovers

    given = context.arguments
    if given.unfinished and given.adopt:
        raise UsageError("--unfinished deletes what --adopt keeps", next_step="Give one of them.")
    if given.connections and (given.unfinished or given.adopt or given.others):
        raise UsageError(
            "connections were named, and --others, --unfinished or --adopt as well",
            next_step="Give the one or the other.",
        )
    async with context.open_workspace() as ws:
        found = [await examine(ws, each) for each in await leftovers(ws)]
        for each in found:
            _show(context, each)
        more = {"unfinished": [_document(each) for each in found]}
        if given.adopt and not given.dry_run:
            return await _adopt(context, ws, found)
        plan = await _whole_plan(context, ws, found if given.unfinished else ())
        if given.dry_run:
            return show_dry(context, plan, more)
        if plan.has_changes and not given.yes:
            context.out.lines(plan_lines(plan))
            ask_for_word(context, "delete", "--yes")
        if not (given.unfinished and found):
            return await carry_out(context, ws, plan, more=more)
        cleaned = await _clean_up(context, ws, found, plan)
        # What an interrupted export made and another one used until now is free only when both are cleaned up.
        planned = {step.existing_id for item in plan.items for step in item.steps}
        rest = await _whole_plan(context, ws, ())
        rest = replace(rest, items=tuple(item for item in rest.items if item.id in planned))
        return await carry_out(context, ws, rest, cleaned, more)


async def _adopt(context: Context, ws: Workspace, found: Sequence[Findings]) -> int:
    from tarmac.services.exports.recovery import adopt

    for each in found:
        await adopt(ws, each.leftover)
    names = [each.leftover.export for each in found]
    context.out.line(f"Adopted: {plain(', '.join(names)) or 'nothing was unfinished'}.")
    context.out.document({"status": "done", "action": "adopt", "exports": names})
    return ExitCode.DONE


async def _whole_plan(context: Context, ws: Workspace, deleting: Sequence[Findings]) -> FlowPlan:
    """Return the plan with every deletion: what the interrupted exports of `deleting` made, then orphans."""
    from tarmac.services.exports.recovery import plan_clean_up
    from tarmac.services.flows.flow_list import list_everywhere, list_flows
    from tarmac.services.flows.orphans import plan_chosen, plan_cleanup, unfinished_ids
    from tarmac.services.plans.guards import production_guard, sandbox_of

    given = context.arguments
    chains = {each.leftover.chain.id for each in deleting}
    items = [await plan_clean_up(ws, each, chains) for each in deleting]
    planned = frozenset(step.existing_id or "" for item in items for step in item.steps)
    keep = await unfinished_ids(ws)
    listings = await list_everywhere(ws) if given.all_sandboxes else (await list_flows(ws),)
    if given.connections:
        return await plan_chosen(ws, listings, _known(listings, given.connections))
    plan = await plan_cleanup(ws, listings, others=given.others, keep=keep, planned=planned)
    checks = plan.checks
    if planned:
        platform = await ws.platform()
        guard = production_guard(platform.address.sandbox, await sandbox_of(platform, platform.address.sandbox))
        checks = checks if guard is None or guard in checks else (*checks, guard)
    return replace(plan, items=(*items, *plan.items), checks=checks)


def _known(listings: Sequence[FlowListing], ids: Sequence[str]) -> frozenset[str]:
    """Return the ids as they are all known. Raises UsageError for one that is no orphan."""
    from tarmac.services.flows.orphans import find_orphans

    orphans = {orphan.id for listing in listings for orphan in find_orphans(listing)}
    for each in ids:
        if each not in orphans:
            raise UsageError(
                f"{plain(each, 80)!r} is no connection that no flow uses",
                code="no-orphan",
                meaning="It may be in use, deleted already, or in another sandbox. Nothing was sent.",
                next_step="`tarmac flows --orphans` lists them.",
            )
    return frozenset(ids)


def _show(context: Context, findings: Findings) -> None:
    """Say what exists of an interrupted export, and how to go on with it."""
    leftover = findings.leftover
    context.out.note(f"{leftover.export} was interrupted: {leftover.words}")
    for piece in findings.pieces:
        context.out.note(f"  {piece.words}")
    if findings.run is not None:
        context.out.note(f"  run {plain(findings.run.id)} {plain(findings.run.status_word, 40)}")
    context.out.note("  the same `tarmac export` goes on with it; --unfinished deletes what it made, --adopt keeps it")


def _document(findings: Findings) -> dict[str, Any]:
    """Return an interrupted export, and what exists of it, as a JSON document."""
    leftover, run = findings.leftover, findings.run
    return {
        "export": leftover.export,
        "stopped": leftover.words,
        "stopped_at": iso_z(leftover.stopped_at),
        "objects": [
            {"noun": piece.noun.value, "id": piece.id, "name": piece.name, "standing": piece.standing.value}
            for piece in findings.pieces
        ],
        "run_id": None if run is None else run.id,
    }


async def _clean_up(context: Context, ws: Workspace, found: Sequence[Findings], plan: FlowPlan) -> list[ItemResult]:
    """Delete what interrupted exports made, after the typed words that the plan's guards ask for."""
    from tarmac.services.exports.recovery import clean_up
    from tarmac.services.flows.changes import ItemOutcome, ItemResult
    from tarmac.services.plans.guards import require_words

    if plan.has_changes:
        require_words(plan.guards, context.arguments.confirm)
    refused = {item.id: item for item in plan.items if item.refused is not None}
    results = []
    for each in found:
        item = refused.get(each.leftover.chain.id)
        if item is None:
            results.append(await clean_up(ws, each.leftover))
        else:
            results.append(ItemResult(item, ItemOutcome.REFUSED, error=item.refused))
        context.out.lines(result_lines(results[-1]))
    return results
