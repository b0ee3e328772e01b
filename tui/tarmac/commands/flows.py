"""`tarmac flows`: all dataset flows of the sandbox, made by whomever."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import TYPE_CHECKING

from tarmac.commands.flow_words import flow_document, flow_table
from tarmac.commands.parsing import Parser, Verbs, add_verb, duration
from tarmac.commands.running import Context, run_verb
from tarmac.terms.errors import ExitCode
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.flows.flow_list import FlowListing, FlowRow

NAME = "flows"
_DETAILS = """\
State, destination, datasets, schedule in words, next run, end, last run and owner of every dataset flow; those with a
warning first, the gravest on top: what fails, what ends soon, what does nothing any more. An end
that nobody set is six months after the flow's creation: the platform stops it then without a word."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "all dataset flows of the sandbox, made by whomever", "tarmac flows --ending 30d", _DETAILS
    )
    parser.add_argument("--ending", type=duration, metavar="30d", help="only enabled flows that end within this time")
    parser.add_argument("--find", metavar="TEXT", help="only flows with TEXT in name, dataset, destination or owner")
    parser.add_argument(
        "--all-sandboxes", action="store_true", help="the flows of every sandbox that the credential may use"
    )
    parser.add_argument("--orphans", action="store_true", help="the connections that no flow uses, instead of flows")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """List."""
    return run_verb(_list, context)


async def _list(context: Context) -> int:
    from tarmac.services.flows.flow_list import ENDS_SOON, list_everywhere, list_flows

    given = context.arguments
    soon: timedelta = given.ending or ENDS_SOON
    async with context.open_workspace() as ws:
        listings = (
            await list_everywhere(ws, ends_soon=soon)
            if given.all_sandboxes
            else (await list_flows(ws, ends_soon=soon),)
        )
        if given.orphans:
            from tarmac.services.flows.orphans import made_here

            return _orphans(context, listings, await made_here(ws))
    rows = [row for listing in listings for row in (listing.ending(soon) if given.ending else listing.rows)]
    rows = [row for row in rows if _holds(row, given.find)]
    context.out.lines(flow_table(rows, with_sandbox=given.all_sandboxes) if rows else [_none_words(given)])
    for listing in listings:
        context.out.line(f"{listing.sandbox}: {plural(len(listing.rows), 'dataset flow')}, {listing.limit_words}")
        if listing.unread is not None:
            context.out.note(f"{listing.sandbox}: last runs were not read: {plain(listing.unread.message)}")
    for row in rows:
        for note in row.notes:
            context.out.note(f"{row.label}: {note}")
    context.out.document(
        {
            "flows": [flow_document(row) for row in rows],
            "sandboxes": [
                {"name": each.sandbox, "flows": len(each.rows), "counted": each.counted} for each in listings
            ],
        }
    )
    return ExitCode.DONE


def _none_words(given: Namespace) -> str:
    which = f" with {plain(given.find, 60)!r} in it" if given.find else ""
    ending = f" ends within {given.ending.total_seconds() / 86400:.3g} days" if given.ending else " is there"
    return f"no {'enabled ' if given.ending else ''}dataset flow{which}{ending}"


def _orphans(context: Context, listings: tuple[FlowListing, ...], ours: frozenset[str]) -> int:
    from tarmac.commands.words import moment, table
    from tarmac.services.flows.orphans import find_orphans

    found = [orphan for listing in listings for orphan in find_orphans(listing, ours)]
    lines = [
        (each.noun.value, each.name, each.kind, each.owner, moment(each.created_at), each.id, each.sandbox)
        for each in found
    ]
    titles = ("CONNECTION", "NAME", "KIND", "OWNER", "MADE", "ID", "SANDBOX")
    context.out.lines(table(titles, lines) if lines else ["every connection is used by a flow"])
    context.out.document(
        {
            "orphans": [
                {
                    "id": each.id,
                    "noun": each.noun.value,
                    "name": each.name,
                    "kind": each.kind,
                    "owner": each.owner,
                    "ours": each.is_ours,
                    "created_at": iso_z(each.created_at),
                    "sandbox": each.sandbox,
                }
                for each in found
            ]
        }
    )
    return ExitCode.DONE


def _holds(row: FlowRow, text: str | None) -> bool:
    if not text:
        return True
    where = (row.id, row.name, row.label, row.dataset_words, row.kind, row.destination, row.owner, row.export or "")
    return any(text.casefold() in each.casefold() for each in where)
