"""`tarmac export`: from a wish to verified rows, in one command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from tarmac.commands.flow import add_confirm
from tarmac.commands.parsing import Parser, Verbs, add_verb, duration
from tarmac.commands.plan import plan_lines, short_plan_lines
from tarmac.commands.progress_words import ProgressWords, passing
from tarmac.commands.running import Context, interruption, run_verb
from tarmac.commands.wish_arguments import add_wish_arguments, saving_of, wish_of
from tarmac.commands.words import count, size
from tarmac.terms.errors import ExitCode, TarmacError
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.exports.progress import ExportEvent, ExportResult

NAME = "export"
_DETAILS = """\
The same wish given twice reuses its dataflow and fires a new run; a changed wish changes the dataflow. Given again
after an interruption or a time-out, the command goes on where it was."""


_KEPT = interruption(
    "stopped",
    "What was made so far is kept.",
    "The same command goes on from here; tarmac cleanup --unfinished takes it away instead.",
)


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    example = "tarmac export --dataset training_set_churn --to landing --path ml/churn --json"
    parser = add_verb(verbs, NAME, "export a dataset, watch the run, and prove that all rows landed", example, _DETAILS)
    add_wish_arguments(parser)
    waiting = parser.add_argument_group("waiting")
    waiting.add_argument(
        "--no-wait",
        action="store_true",
        help="end as soon as the run is fired, or is still going on from the last time; exit 3 if it was not ready yet",
    )
    waiting.add_argument(
        "--timeout",
        type=duration,
        default=timedelta(hours=2),
        metavar="2h",
        help="stop waiting then, exit 3 (default 2h)",
    )
    waiting.add_argument("--no-verify", action="store_true", help="do not count the landed rows")
    add_confirm(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Export."""
    return run_verb(_export, context)


async def _export(context: Context) -> int:
    from contextlib import aclosing

    from tarmac.services.exports.exporting import export
    from tarmac.services.exports.progress import Planned
    from tarmac.services.runs.alerts import with_alerts

    given = context.arguments
    context.out.if_lost = "then `tarmac runs` says what came of the export"
    async with context.open_workspace() as ws:
        wish = await wish_of(ws, context)
        saving = await saving_of(ws, context, wish)
        context.document = {"export": wish.export.name}
        follower = ExportFollower(context)
        events = export(
            ws,
            wish,
            wait=not given.no_wait,
            timeout_s=given.timeout.total_seconds(),
            verify=not given.no_verify,
            confirm=given.confirm,
        )
        async with aclosing(with_alerts(ws, wish.export.name, events, context.out.note)) as told:
            async for event in told:
                follower.see(event)
                if isinstance(event, Planned) and saving is not None and not event.plan.blockers:
                    await saving.carry_out(ws, context)
    return follower.finish()


class ExportFollower:
    """Says what happens while an export runs, and its end."""

    def __init__(self, context: Context, *, kept: TarmacError | None = None) -> None:
        """`kept` is what an interruption means, where that is not what it means at a platform that stays."""
        self._context = context
        self._kept = kept
        self._words = ProgressWords()
        self._result: ExportResult | None = None

    def see(self, event: ExportEvent) -> None:
        """Take the next event."""
        from tarmac.services.exports.progress import Finished, Planned, RunFired, StepStarted, WaitingForReady

        if isinstance(event, Finished):
            self._result = event.result
            return
        if isinstance(event, Planned):
            for text in (plan_lines if event.plan.has_changes else short_plan_lines)(event.plan):
                self._context.out.note(text)
        if isinstance(event, StepStarted | WaitingForReady):
            self._context.interrupted = self._kept or _KEPT
        if isinstance(event, RunFired):
            self._context.document |= {"flow_id": event.flow_id, "run_id": event.run_id}
            self._context.interrupted = self._kept or goes_on(event.run_id)
        line = self._words.line(event)
        if line is not None:
            self._context.out.progress(line, passing(event))

    def finish(self) -> int:
        """Write the answer and return the exit code."""
        result, out = self._result, self._context.out
        if result is None:
            raise TarmacError("the export ended without saying how", next_step="Give the same command again.")
        out.lines(result_lines(result))
        if result.error is not None:
            out.problem(result.error)
        out.document(result.as_json())
        if self._context.option("no_wait") and result.outcome.value == "running" and result.error is None:
            # All that was asked for is done: the run was fired, or the schedule will.
            return int(ExitCode.DONE)
        return int(result.exit_code)


def goes_on(run_id: str) -> TarmacError:
    """Say what an interruption means while a run is going on."""
    shown = plain(run_id)
    return interruption("stopped watching", f"Run {shown} goes on.", f"Follow it with: tarmac watch {shown}")


def result_lines(result: ExportResult) -> Iterator[str]:
    """Write how an export ended, for people."""
    title = f"{result.export}: {result.outcome.value}"
    if result.folder is not None:
        title += f" in {plain(result.folder)}"
    elif result.receipt is not None:
        title += ": the run wrote no rows, so there is no folder"
    yield title
    if result.rows is not None or result.files is not None:
        files = "" if result.files is None else f", {plural(result.files, 'file')}"
        yield f"  {count(result.rows)} rows, {size(result.bytes)}{files}"
    if result.outcome.value in {"landed", "mismatch"}:
        yield "  " + {True: "✔ rows match", False: "✘ rows or files do not agree", None: "? unchecked"}[result.verified]
    if result.run_id is not None:
        yield f"  run {plain(result.run_id)}"
    if result.receipt is not None:
        yield f"  receipt {result.receipt}"
