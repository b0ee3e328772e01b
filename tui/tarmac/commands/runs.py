"""`tarmac runs`: the newest runs of one export, or of all exports that tarmac made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.watch import missing_documents, run_document
from tarmac.commands.words import count, moment, size, table
from tarmac.terms.errors import ExitCode
from tarmac.terms.times import format_elapsed

if TYPE_CHECKING:
    from tarmac.services.runs.recent_runs import RecentRun

NAME = "runs"


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "list the newest runs of an export, or of all exports", "tarmac runs churn")
    parser.add_argument("export", metavar="EXPORT", nargs="?", help="name of an export (default: all that tarmac made)")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """List the runs."""
    return run_verb(_list, context)


async def _list(context: Context) -> int:
    from tarmac.services.runs.recent_runs import recent_runs

    async with context.open_workspace() as ws:
        recent = await recent_runs(ws, context.arguments.export)
    found = recent.runs
    titles = ("STARTED", "EXPORT", "RUN", "STATUS", "TOOK", "ROWS", "SIZE", "FILES", "KIND", "VERIFIED")
    lines = [_line(each) for each in found]
    context.out.lines(table(titles, lines, right=frozenset({4, 5, 6, 7})) if lines else ())
    if not lines:
        context.out.note("no run yet: trigger one with `tarmac export`")
    for missing in recent.missing:
        context.out.note(f"! {missing.words}")
    documents = [
        {
            "export": each.export,
            **run_document(each.run),
            "delta": each.is_delta,
            "verified": each.verified,
            "receipt": None if each.receipt is None else str(each.receipt),
        }
        for each in found
    ]
    context.out.document({"runs": documents, "overdue": missing_documents(recent.missing)})
    return ExitCode.DONE


def _line(each: RecentRun) -> Sequence[str]:
    run = each.run
    return (
        moment(run.started_at or run.created_at),
        each.export,
        run.id,
        run.status_word or run.phase.value,
        "–" if run.took_s is None else format_elapsed(run.took_s),
        count(run.output_rows),
        size(run.output_bytes),
        count(run.output_files),
        "delta" if each.is_delta else "",
        {True: "✔", False: "✘", None: ""}[each.verified],
    )
