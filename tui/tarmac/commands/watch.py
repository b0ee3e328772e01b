"""`tarmac watch`: follow one run to its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tarmac.commands.export import goes_on
from tarmac.commands.parsing import Parser, Verbs, add_verb, duration
from tarmac.commands.progress_words import ProgressWords, passing
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count, moment, size
from tarmac.terms.errors import ExitCode, TarmacError
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.runs.missing_runs import MissingRun
    from tarmac.services.values import Run
    from tarmac.services.workspace import Workspace

NAME = "watch"
_DETAILS = """\
Ends with the run. Exit code 0: the run succeeded (verified or not is said); 1: it failed; 3: it still goes on; 4: only a
part of it was written. A scheduled run that is late or missed is said, too, and told to the hooks."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "follow a run, or the newest run of an export, to its end", "tarmac watch churn", _DETAILS
    )
    parser.add_argument("what", metavar="RUN|EXPORT", help="run id, or name of an export")
    parser.add_argument(
        "--timeout",
        type=duration,
        default=timedelta(hours=2),
        metavar="2h",
        help="stop waiting then, exit 3 (default 2h)",
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Follow the run."""
    return run_verb(_watch, context)


async def _watch(context: Context) -> int:
    from tarmac.services.landed.landed_runs import known_receipt
    from tarmac.services.landed.verdicts import outcome_of
    from tarmac.services.runs.alerts import tell_of_run, with_alerts
    from tarmac.services.runs.known_exports import find_run, flow_of, label_of
    from tarmac.services.runs.watching import run_failure, watch
    from tarmac.services.values import RunPhase

    words = ProgressWords()
    async with context.open_workspace() as ws:
        flow = await flow_of(ws, context.arguments.what)
        export = "" if flow is None else await label_of(ws, flow)
        missing = () if flow is None else await _say_missing(context, ws, export, flow.id)
        run = await find_run(ws, context.arguments.what)
        context.document = {"run_id": run.id, "flow_id": run.flow_id}
        context.interrupted = goes_on(run.id)
        deadline_s = context.arguments.timeout.total_seconds()
        looks = 0
        watching = watch(ws, run.id, deadline_s=deadline_s, flow_id=run.flow_id)
        async for seen in with_alerts(ws, export, watching, context.out.note):
            run, looks = seen.run, looks + 1
            if (line := words.line(seen)) is not None:
                context.out.progress(line, passing(seen))
        if flow is not None:
            await tell_of_run(ws, export, run, context.out.note)
            # While it was watched, the moment of the next one may have gone by.
            missing = await _say_missing(context, ws, export, flow.id, missing) if looks > 1 else missing
        receipt = await known_receipt(ws, run.id)
    error = run_failure(run) if run.phase is RunPhase.FAILED else None
    partial = run.phase is RunPhase.PARTIAL
    context.out.lines(run_lines(run))
    status = "failed" if error else "mismatch" if partial else "succeeded"
    verified = None if receipt is None else outcome_of(receipt)
    document: dict[str, Any] = {"status": status, **run_document(run), "verified": verified}
    document["overdue"] = missing_documents(missing)
    if error is not None:
        context.out.problem(error)
        document["error"] = error.as_json()
    elif verified:
        context.out.note(f"Verified: it has a receipt. Is all still there? tarmac verify {plain(run.id)}")
    elif not partial:
        context.out.note(f"Not verified yet: tarmac verify {plain(run.id)}")
    context.out.document(document)
    return ExitCode.FAILED if error else ExitCode.MISMATCH if partial else ExitCode.DONE


async def _say_missing(
    context: Context, ws: Workspace, export: str, flow_id: str, said: Collection[MissingRun] = ()
) -> tuple[MissingRun, ...]:
    """Say, and tell the hooks, which scheduled runs have not come; what was `said` before is not said again."""
    from tarmac.services.runs.alerts import tell_missing
    from tarmac.services.runs.missing_runs import missing_runs

    try:
        missing = await missing_runs(ws, export, flow_id)
    except TarmacError as error:
        # The run that is watched may be well all the same.
        context.out.note(f"! whether a scheduled run is late could not be looked up: {error.message}")
        return tuple(said)
    before = {(each.due, each.is_missed) for each in said}
    for each in missing:
        if (each.due, each.is_missed) not in before:
            context.out.note(f"! {each.words}")
    await tell_missing(ws, missing, context.out.note)
    return missing


def missing_documents(missing: Collection[MissingRun]) -> list[dict[str, Any]]:
    """Return scheduled runs that have not come as JSON documents."""
    return [
        {
            "export": each.export,
            "flow_id": each.flow_id,
            "due": iso_z(each.due),
            "state": "missed" if each.is_missed else "late",
        }
        for each in missing
    ]


def run_lines(run: Run) -> list[str]:
    """Write one run for people."""
    files = "" if run.output_files is None else f", {plural(run.output_files, 'file')}"
    lines = [
        f"run {plain(run.id)}: {plain(run.status_word, 40) or run.phase.value}",
        f"  {count(run.output_rows)} rows, {size(run.output_bytes)}{files}, by the run's own numbers",
        f"  started {moment(run.started_at)}, ended {moment(run.ended_at)}",
    ]
    return lines + [f"  {plain(each.code, 60)}  {plain(each.message, 300)}" for each in (*run.errors, *run.skips)]


def run_document(run: Run) -> dict[str, Any]:
    """Return one run as a JSON document."""
    return {
        "run_id": run.id,
        "flow_id": run.flow_id,
        "phase": run.phase.value,
        "run_status": run.status_word,
        "started_at": iso_z(run.started_at),
        "ended_at": iso_z(run.ended_at),
        "rows": run.output_rows,
        "bytes": run.output_bytes,
        "files": run.output_files,
        "skipped_rows": run.skipped_rows,
        "errors": [{"code": each.code, "message": each.message} for each in run.errors],
    }
