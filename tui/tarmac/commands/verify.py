"""`tarmac verify`: count what a run landed, or prove that a receipt's files are still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.progress_words import ProgressWords
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count, size
from tarmac.terms.errors import ExitCode
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.landed.receipt import Receipt
    from tarmac.services.landed.verifying import ReceiptDifference

NAME = "verify"
_DETAILS = """\
For a run: finds its folder, counts every file, compares with the run and the catalog, writes the receipt.
For a receipt: looks whether the same files are still there, with the same sizes and rows."""
_SHOWN = 20


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "prove that a run landed, or that it is still there", "tarmac verify churn", _DETAILS
    )
    parser.add_argument(
        "what", metavar="RUN|RECEIPT", help="run id, name of an export (its newest run), or a receipt file"
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Verify."""
    text = context.arguments.what
    is_file = text.endswith(".json") or "/" in text
    return run_verb(_verify_receipt if is_file else _verify_run, context)


async def _verify_run(context: Context) -> int:
    from tarmac.services.errors import StillRunning
    from tarmac.services.landed.landed_runs import save_receipt
    from tarmac.services.landed.verdicts import outcome_of
    from tarmac.services.landed.verifying import verify_run
    from tarmac.services.runs.known_exports import find_run, know_run
    from tarmac.services.runs.watching import run_failure
    from tarmac.services.values import RunPhase

    words = ProgressWords()
    async with context.open_workspace() as ws:
        run = await find_run(ws, context.arguments.what)
        if run.phase is RunPhase.FAILED:
            raise run_failure(run)
        if not run.phase.is_final and not run.is_over_by_its_times:
            raise StillRunning(
                f"run {plain(run.id)} is not over yet ({plain(run.status_word, 40) or 'status not known'})",
                next_step=f"Wait for it with `tarmac watch {plain(run.id)}`.",
            )
        known = await know_run(ws, run)
        receipt = await verify_run(
            ws,
            run=run,
            wish=known.wish,
            dataset=known.dataset,
            flow_id=known.flow.id,
            catalog_rows=known.catalog_rows,
            on_progress=lambda event: _progress(context, words.line(event)),
        )
        path = await save_receipt(ws, receipt)
    verified = outcome_of(receipt)
    context.out.lines(receipt_lines(receipt, path))
    status = {True: "verified", False: "mismatch", None: "unchecked"}[verified]
    context.out.document({"status": status, **receipt_document(receipt, path, verified)})
    return ExitCode.MISMATCH if verified is False else ExitCode.DONE if verified else ExitCode.FAILED


async def _verify_receipt(context: Context) -> int:
    import asyncio

    from tarmac.services.landed.receipts import read_receipt
    from tarmac.services.landed.verifying import verify_receipt

    path, words = Path(context.arguments.what), ProgressWords()
    receipt = await asyncio.to_thread(read_receipt, path)
    async with context.open_workspace() as ws:
        found = await verify_receipt(ws, receipt, lambda event: _progress(context, words.line(event)))
    changed = [each for each in found if not each.is_new]
    context.out.lines(_difference_lines(receipt, found))
    context.out.document(
        {
            "status": "mismatch" if changed else "verified",
            "receipt": str(path),
            "run_id": receipt.run_id,
            "folder": receipt.folder,
            "files": len(receipt.files),
            "rows": receipt.rows,
            "differences": [
                {"path": each.path, "what": each.what, "expected": each.expected, "found": each.found} for each in found
            ],
        }
    )
    return ExitCode.MISMATCH if changed else ExitCode.DONE


def receipt_lines(receipt: Receipt, path: Path) -> Iterator[str]:
    """Write a receipt for people."""
    from tarmac.services.landed.verdicts import in_words

    yield f"{receipt.export}: {'the run wrote no rows' if receipt.folder is None else plain(receipt.folder)}"
    yield f"  {count(receipt.rows)} rows, {size(receipt.bytes)}, {plural(len(receipt.files), 'file')}"
    for verdict in receipt.verdicts:
        sign = {True: "✔", False: "✘", None: "?"}[verdict.agrees]
        numbers = "" if verdict.left is verdict.right is None else f": {count(verdict.left)} and {count(verdict.right)}"
        yield f"  {sign} {in_words(verdict)}{numbers}" + (
            f" ({plain(verdict.explanation)})" if verdict.explanation else ""
        )
    yield f"  receipt {path}"


def receipt_document(receipt: Receipt, path: Path, verified: bool | None) -> dict[str, Any]:
    """Return a receipt's main points as a JSON document; the whole is in its file."""
    return {
        "export": receipt.export,
        "dataset_id": receipt.dataset_id,
        "flow_id": receipt.flow_id,
        "run_id": receipt.run_id,
        "folder": receipt.folder,
        "rows": receipt.rows,
        "bytes": receipt.bytes,
        "files": len(receipt.files),
        "verified": verified,
        "receipt": str(path),
        "read_set": list(receipt.read_set),
        "verdicts": [
            {
                "title": each.title,
                "left": each.left,
                "right": each.right,
                "agrees": each.agrees,
                "explanation": each.explanation,
            }
            for each in receipt.verdicts
        ],
    }


def _difference_lines(receipt: Receipt, found: tuple[ReceiptDifference, ...]) -> Iterator[str]:
    if receipt.folder is None:
        yield "✔ the run wrote no rows, so there is no file that could be gone"
        return
    changed = [each for each in found if not each.is_new]
    total = plural(len(receipt.files), "file")
    if not changed:
        yield f"✔ all {total} of {plain(receipt.folder)} are as they were: {count(receipt.rows)} rows"
    else:
        yield f"✘ {len(changed):,} of {total} of {plain(receipt.folder)} are not as they were"
    for each in found[:_SHOWN]:
        numbers = "" if each.expected is None else f" ({count(each.expected)} then, {count(each.found)} now)"
        yield f"  {each.what}  {plain(each.path)}{numbers}"
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN:,} more"


def _progress(context: Context, line: str | None) -> None:
    if line is not None:
        context.out.progress(line, "counting")
