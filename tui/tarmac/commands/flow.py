"""`tarmac flow`: enable, disable, reschedule, extend, adopt and delete flows, several as one plan."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tarmac.commands.flow_words import plan_document, plan_lines, result_document, result_lines
from tarmac.commands.parsing import Parser, Verbs, add_verb, duration, moment, schedule
from tarmac.commands.running import Context, interruption, run_verb
from tarmac.terms.errors import ExitCode, UsageError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.flows.changes import FlowPlan, ItemResult
    from tarmac.services.flows.flow_list import FlowListing, FlowRow
    from tarmac.services.workspace import Workspace

NAME = "flow"
_DETAILS = """\
FLOW is an id, a unique name, or the name of an export. Several flows are one plan. Each is read again before it is
written; where somebody else changed the same thing meanwhile, that flow is left alone and the difference is shown."""
_MAKES = {
    "enable": "let flows run by their schedules",
    "disable": "stop flows from running; nothing is lost",
    "reschedule": "give flows another schedule",
    "extend": "give flows a later end",
    "adopt": "make a flow that others made an export of yours",
    "delete": "delete flows, and the connections that nobody else uses",
}
_EXAMPLES = {
    "reschedule": 'churn --schedule "every 12h"',
    "extend": "--ending 30d --ours --dry-run",
    "adopt": '"Nightly churn" --name churn',
    "delete": "churn --dry-run",
}


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb and its own verbs."""
    parser = add_verb(verbs, NAME, "change dataset flows: " + ", ".join(_MAKES), "tarmac flow extend churn", _DETAILS)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    for name, summary in _MAKES.items():
        action = add_verb(actions, name, summary, f"tarmac flow {name} {_EXAMPLES.get(name, 'churn')}")
        several = "*" if name == "extend" else 1 if name == "adopt" else "+"
        action.add_argument("flows", metavar="FLOW", nargs=several, help="id, unique name, or name of an export")
        action.add_argument("--dry-run", action="store_true", help="show the plan and change nothing (exit 2: changes)")
        if name != "adopt":
            add_confirm(action)
            action.add_argument(
                "--all-sandboxes", action="store_true", help="look in every sandbox that the credential may use"
            )
        if name == "reschedule":
            add_schedule(action)
        if name == "extend":
            _add_extend(action)
        if name == "adopt":
            action.add_argument("--name", metavar="NAME", help="what the export is called (default: after the flow)")
        if name == "delete":
            action.add_argument("--yes", action="store_true", help="delete without being asked")
        action.set_defaults(run=run)


def add_confirm(parser: argparse.ArgumentParser) -> None:
    """Add `--confirm`."""
    parser.add_argument(
        "--confirm",
        metavar="WORD",
        action="append",
        default=[],
        help="the word that a guard asks for (production sandbox, labelled data); may be repeated",
    )


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """Add what a schedule is made of."""
    parser.add_argument(
        "--schedule",
        type=schedule,
        required=True,
        metavar="S",
        help='ad-hoc, once, daily, or "every 6h" for increments',
    )
    parser.add_argument(
        "--start", type=moment, metavar="TIME", help="first run, such as 2026-12-01T01:00Z; UTC without a zone"
    )
    parser.add_argument("--end", type=moment, metavar="TIME", help="end (default: a year later)")


def _add_extend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--until", type=moment, metavar="TIME", help="the new end (default: a year from now)")
    parser.add_argument("--ending", type=duration, metavar="30d", help="all enabled flows that end within this time")
    parser.add_argument("--ours", action="store_true", help="with --ending: only flows of our own exports")


def run(context: Context) -> int:
    """Plan, show, confirm, carry out."""
    return run_verb(_adopt if context.arguments.action == "adopt" else _change, context)


async def _change(context: Context) -> int:
    given = context.arguments
    async with context.open_workspace() as ws:
        listings = await _listings(ws, given)
        rows = _rows(listings, given)
        plan = await _plan(ws, given, rows, listings)
        if given.dry_run:
            return show_dry(context, plan)
        if given.action == "delete" and plan.has_changes and not given.yes:
            context.out.lines(plan_lines(plan))
            ask_for_word(context, "delete", "--yes")
        return await carry_out(context, ws, plan)


async def carry_out(
    context: Context,
    ws: Workspace,
    plan: FlowPlan,
    earlier: Sequence[ItemResult] = (),
    more: Mapping[str, Any] | None = None,
) -> int:
    """Apply a plan, say what came of each flow, and return the exit code: 0 all as wanted, 1 something was not.

    `earlier` are results that were said already and belong to the same answer, as `more` does.
    """
    from contextlib import aclosing

    from tarmac.services.flows.change_applying import apply_changes

    for guard in plan.guards:
        context.out.note(f"{guard.verdict.sign} {guard.title}")
    results = list(earlier)
    context.interrupted = interruption(
        "stopped", "Flows that were not named above as done may not be changed.", "Give the same command again."
    )
    async with aclosing(apply_changes(ws, plan, confirm=context.arguments.confirm)) as applying:
        async for result in applying:
            results.append(result)
            context.out.lines(result_lines(result))
    if not results:
        context.out.line("Nothing to change.")
    good = all(result.is_good for result in results)
    refused = bool(results) and all(result.outcome.name == "REFUSED" for result in results)
    document = {"action": plan.action.value, "results": [result_document(result) for result in results], **(more or {})}
    context.out.document({"status": "done" if good else "refused" if refused else "failed", **document})
    return ExitCode.DONE if good else ExitCode.USAGE if refused else ExitCode.FAILED


def show_dry(context: Context, plan: FlowPlan, more: Mapping[str, Any] | None = None) -> int:
    """Show a plan and change nothing: exit 2 where there are changes, 64 where all is refused, as `tarmac plan` does.

    `more` belongs to the same answer.
    """
    refused = not plan.has_changes and any(item.refused is not None for item in plan.items)
    context.out.lines(plan_lines(plan))
    status = "changes" if plan.has_changes else "refused" if refused else "unchanged"
    context.out.document({"status": status, **plan_document(plan), **(more or {})})
    return ExitCode.CHANGES if plan.has_changes else ExitCode.USAGE if refused else ExitCode.DONE


def ask_for_word(context: Context, word: str, option: str) -> None:
    """Ask for a typed word on a terminal. Raises UsageError without one, or for another word."""
    if context.out.as_json or not sys.stdin.isatty():
        raise UsageError(
            f"this would {word}, and nobody is there to ask",
            code="not-confirmed",
            meaning="Nothing was sent.",
            next_step=f"Look at it with --dry-run, then give {option}.",
        )
    context.out.note(f"Type {word} to go on:")
    if sys.stdin.readline().strip() != word:
        raise UsageError("nothing was changed: the word was not typed", code="not-confirmed")


async def _adopt(context: Context) -> int:
    from tarmac.services.flows.adopting import adopt, plan_adoption
    from tarmac.services.flows.choosing import choose_flows
    from tarmac.services.flows.flow_list import list_flows

    given = context.arguments
    async with context.open_workspace() as ws:
        listing = await list_flows(ws)
        [row] = choose_flows([listing], given.flows)
        adoption = plan_adoption(ws, row, listing, given.name)
        export = adoption.export
        file = None if given.dry_run else await adopt(ws, adoption)
    where = f"{export.destination}: {export.path}"
    context.out.line(
        f"{'would adopt' if file is None else 'adopted'} {row.label} as the export {export.name} to {where}"
    )
    for sentence in adoption.wrong:
        context.out.line(f"  ! {plain(sentence)}")
    if file is not None:
        context.out.line(f"  saved as {file}")
    if adoption.toml is not None:
        context.out.line(f"  add this to {ws.places.profile_file(ws.profile.name)}:\n")
        context.out.lines(adoption.toml.splitlines())
    context.out.line(f"  next: tarmac plan {export.name}")
    context.out.document(
        {
            "status": "done" if file is not None else "changes",
            "flow_id": row.id,
            "export": export.name,
            "destination": export.destination,
            "file": None if file is None else str(file),
            "wrong": list(adoption.wrong),
            "paste": adoption.toml,
        }
    )
    return ExitCode.DONE if file is not None else ExitCode.CHANGES


async def _listings(ws: Workspace, given: Any) -> tuple[FlowListing, ...]:
    from tarmac.services.flows.flow_list import list_everywhere, list_flows

    if getattr(given, "all_sandboxes", False):
        return await list_everywhere(ws)
    return (await list_flows(ws),)


def _rows(listings: tuple[FlowListing, ...], given: Any) -> tuple[FlowRow, ...]:
    from tarmac.services.flows.choosing import choose_flows

    within: timedelta | None = getattr(given, "ending", None)
    if within is None:
        if not given.flows:
            raise UsageError("no flow was named", next_step="Name flows, or give --ending 30d for all that end soon.")
        return choose_flows(listings, given.flows)
    if given.flows:
        raise UsageError("flows were named, and --ending as well", next_step="Give the one or the other.")
    found = tuple(row for listing in listings for row in listing.ending(within))
    return tuple(row for row in found if row.is_ours) if given.ours else found


async def _plan(ws: Workspace, given: Any, rows: tuple[FlowRow, ...], listings: tuple[FlowListing, ...]) -> FlowPlan:
    from dataclasses import replace

    from tarmac.services.flows import change_plan
    from tarmac.services.flows.delete_plan import plan_delete

    match given.action:
        case "enable" | "disable":
            return await change_plan.plan_switch(ws, rows, enable=given.action == "enable")
        case "reschedule":
            return await change_plan.plan_reschedule(
                ws, rows, replace(given.schedule, start=given.start, end=given.end)
            )
        case "extend":
            return await change_plan.plan_extend(ws, rows, until=given.until)
        case _:
            return await plan_delete(ws, rows, listings)
