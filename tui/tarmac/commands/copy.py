"""`tarmac copy`: bring an export's files to a folder or another storage before they are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, interruption, run_verb
from tarmac.commands.words import count, size
from tarmac.terms.errors import ExitCode
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.reading.copying import CopyProgress, CopyResult

NAME = "copy"
_DETAILS = """\
Copies the read set: the folders that make the dataset now. Folders keep their names below the dataset's id. Files are
written whole or not at all, and compared by size and rows at the end; given again, the command goes on where it ended.
Exit code 4: a copy is not as its source, or the read set is not the whole dataset."""
_SHOWN = 20


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "copy an export's files to a folder or another storage", "tarmac copy churn --to ./data", _DETAILS
    )
    parser.add_argument("export", metavar="EXPORT", help="name of an export")
    parser.add_argument(
        "--to",
        metavar="DIR|DESTINATION",
        required=True,
        help="destination of the profile, else a folder of this machine (a new one as ./NAME)",
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Copy."""
    return run_verb(_copy, context)


async def _copy(context: Context) -> int:
    from tarmac.services.landed.opened_export import opened_export
    from tarmac.services.reading.export_copy import copy_export

    name, to = context.arguments.export, context.arguments.to
    said = _Said(context)
    async with context.open_workspace() as ws, opened_export(ws, name) as export:
        context.interrupted = interruption(
            "stopped copying",
            "What is copied so far is kept.",
            "Give the same command again, it goes on where it ended.",
        )
        result = await copy_export(ws, export, to, said.progress)
        problem = export.now.read_set.problem
    if problem:
        context.out.note(f"not the whole dataset: {problem}")
    context.out.lines(_lines(name, result))
    context.out.document(
        {
            "status": "copied" if result.verified and not problem else "mismatch",
            "export": name,
            "location": result.location,
            "folders": list(result.folders),
            "files": result.files,
            "skipped": result.skipped,
            "bytes": result.bytes,
            "rows": result.rows,
            "verified": result.verified,
            "differences": [
                {"path": each.path, "what": each.what, "expected": each.expected, "found": each.found}
                for each in result.differences
            ],
            "problem": problem or None,
        }
    )
    return ExitCode.DONE if result.verified and not problem else ExitCode.MISMATCH


class _Said:
    """Says how far a copy is, every tenth of its bytes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tenths = -1

    def progress(self, event: CopyProgress) -> None:
        """Take the next event."""
        tenths = event.bytes_done * 10 // event.bytes_total if event.bytes_total else 10
        if tenths > self._tenths or event.files_done == event.files_total:
            self._tenths = tenths
            done, total = size(event.bytes_done), size(event.bytes_total)
            self._context.out.progress(
                f"copied {done} of {total}, {event.files_done:,} of {event.files_total:,} files", "copy"
            )


def _lines(name: str, result: CopyResult) -> list[str]:
    already = f" ({plural(result.skipped, 'file')} there already)" if result.skipped else ""
    lines = [
        f"{plain(name)}: {plural(result.files, 'file')}, {size(result.bytes)} in {result.location}{already}",
        *(f"  {plain(folder)}" for folder in result.folders),
    ]
    if result.verified:
        return [*lines, f"  ✔ sizes and {count(result.rows)} rows agree"]
    lines.append(f"  ✘ {len(result.differences):,} of {plural(result.files, 'file')} differ")
    return lines + [
        f"  {each.what}  {plain(each.path)} ({count(each.expected)} at the source, {count(each.found)} in the copy)"
        for each in result.differences[:_SHOWN]
    ]
