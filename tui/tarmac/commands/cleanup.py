"""`tarmac cleanup`: what was left behind: connections that no flow uses, unfinished exports of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.commands.flow import add_confirm, ask_for_word, carry_out, show_dry
from tarmac.commands.flow_words import plan_lines, result_lines
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.terms.errors import ExitCode, UsageError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.exports.leftovers import Leftover
    from tarmac.services.flows.changes import ItemResult
    from tarmac.services.workspace import Workspace

NAME = "cleanup"
_DETAILS = """\
Deletes connections that no flow uses, in the order target, source, base; never one that is in use. By default only what
tarmac made; --others takes in what anybody made. Exports that were interrupted are named with what exists of them:
`tarmac export` goes on with them, --unfinished deletes what they made (flow first, base connection last), --adopt keeps it
and calls them over. What another tarmac is working on just now is left alone."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "delete connections that no flow uses", "tarmac cleanup --dry-run", _DETAILS)
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
    from tarmac.services.exports.leftovers import leftovers
    from tarmac.services.exports.recovery import adopt
    from tarmac.services.flows.flow_list import list_everywhere, list_flows
    from tarmac.services.flows.orphans import plan_cleanup

    given = context.arguments
    if given.unfinished and given.adopt:
        raise UsageError("--unfinished deletes what --adopt keeps", next_step="Give one of them.")
    async with context.open_workspace() as ws:
        found = await leftovers(ws)
        for each in found:
            await _show(context, ws, each)
            if given.adopt and not given.dry_run:
                await adopt(ws, each)
        if given.adopt and not given.dry_run:
            context.out.line(f"Adopted: {plain(', '.join(each.export for each in found)) or 'nothing was unfinished'}.")
            context.out.document({"status": "done", "action": "adopt", "exports": [each.export for each in found]})
            return ExitCode.DONE
        deleting = found if given.unfinished else ()
        if deleting and not given.dry_run and not given.yes:
            ask_for_word(context, "delete", "--yes")
        cleaned = [] if given.dry_run else await _clean_up(context, ws, deleting)
        listings = await list_everywhere(ws) if given.all_sandboxes else (await list_flows(ws),)
        keep = frozenset(id_ for chain in await ws.ledger.unfinished() for id_ in chain.created_ids())
        plan = await plan_cleanup(ws, listings, others=given.others, keep=keep)
        if given.dry_run:
            code = show_dry(context, plan)
            return ExitCode.CHANGES if any(each.can_clean_up for each in deleting) else code
        if plan.has_changes and not given.yes:
            context.out.lines(plan_lines(plan))
            ask_for_word(context, "delete", "--yes")
        return await carry_out(context, ws, plan, cleaned)


async def _show(context: Context, ws: Workspace, leftover: Leftover) -> None:
    """Say what exists of an interrupted export, and how to go on with it."""
    from tarmac.services.exports.findings import examine

    findings = await examine(ws, leftover)
    context.out.note(f"{leftover.export} was interrupted: {leftover.words}")
    for piece in findings.pieces:
        context.out.note(f"  {piece.words}")
    if findings.run is not None:
        context.out.note(f"  run {plain(findings.run.id)} {plain(findings.run.status_word, 40)}")
    context.out.note("  the same `tarmac export` goes on with it; --unfinished deletes what it made, --adopt keeps it")


async def _clean_up(context: Context, ws: Workspace, found: Sequence[Leftover]) -> list[ItemResult]:
    """Delete what interrupted exports made, after the typed word that a production sandbox asks for."""
    from tarmac.services.exports.recovery import clean_up
    from tarmac.services.plans.guards import production_guard, require_words, sandbox_of

    if not any(each.can_clean_up for each in found):
        return [await clean_up(ws, each) for each in found]
    platform = await ws.platform()
    name = platform.address.sandbox
    guard = production_guard(name, await sandbox_of(platform, name))
    require_words([guard] if guard is not None and guard.confirm else [], context.arguments.confirm)
    results = []
    for each in found:
        results.append(await clean_up(ws, each))
        context.out.lines(result_lines(results[-1]))
    return results
