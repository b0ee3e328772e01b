"""`tarmac cleanup`: what was left behind: connections that no flow uses, unfinished exports of our own."""

from __future__ import annotations

from tarmac.commands.flow import add_confirm, ask_for_word, carry_out, show_dry
from tarmac.commands.flow_words import plan_lines
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import plural
from tarmac.terms.errors import ExitCode

NAME = "cleanup"
_DETAILS = """\
Deletes connections that no flow uses, in the order target, source, base; never one that is in use. By default only what
tarmac made; --others takes in what anybody made. Exports that were interrupted are named: `tarmac export` goes on with
them, --unfinished gives them up, so that their connections are deleted as well."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "delete connections that no flow uses", "tarmac cleanup --dry-run", _DETAILS)
    parser.add_argument("--dry-run", action="store_true", help="show what would be deleted (exit 2: something)")
    parser.add_argument("--others", action="store_true", help="also what others made and no flow uses")
    parser.add_argument("--unfinished", action="store_true", help="give up exports that were interrupted")
    parser.add_argument("--all-sandboxes", action="store_true", help="in every sandbox that the credential may use")
    parser.add_argument("--yes", action="store_true", help="delete without being asked")
    add_confirm(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Look, show, ask, delete."""
    return run_verb(_clean, context)


async def _clean(context: Context) -> int:
    from tarmac.services.flows.cleaning import give_up, unfinished_exports
    from tarmac.services.flows.flow_list import list_everywhere, list_flows
    from tarmac.services.flows.orphans import plan_cleanup

    given = context.arguments
    async with context.open_workspace() as ws:
        unfinished = await unfinished_exports(ws)
        listings = await list_everywhere(ws) if given.all_sandboxes else (await list_flows(ws),)
        keep = frozenset() if given.unfinished else frozenset(id_ for each in unfinished for id_ in each.ids)
        plan = await plan_cleanup(ws, listings, others=given.others, keep=keep)
        for each in unfinished:
            what = "is given up" if given.unfinished else "was interrupted: `tarmac export` goes on with it"
            context.out.note(f"{each.export} {what} ({plural(len(each.ids), 'object')} made)")
        if given.dry_run:
            return show_dry(context, plan)
        if plan.has_changes and not given.yes:
            context.out.lines(plan_lines(plan))
            ask_for_word(context, "delete", "--yes")
        code = await carry_out(context, ws, plan)
        if given.unfinished and code == ExitCode.DONE:
            await give_up(ws, unfinished)
        return code
