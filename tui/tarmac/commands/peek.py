"""`tarmac peek`: the first rows and the schema of what landed last, without downloading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, Verbs, add_verb, number_from
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count, size, table
from tarmac.terms.errors import ExitCode, TarmacError
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.landed.peeking import PeekedFile

NAME = "peek"
_DETAILS = (
    "Shows the first file of the newest whole export: its schema as a tree with the first row's values, then rows."
)
_MOST = 1_000
_WIDE = 24


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "show the first rows and the schema of what landed", "tarmac peek churn --rows 5", _DETAILS
    )
    parser.add_argument("export", metavar="EXPORT", help="name of an export")
    parser.add_argument("--rows", type=_rows, default=10, metavar="N", help=f"from 0 to {_MOST:,} (default 10)")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Peek."""
    return run_verb(_peek, context)


async def _peek(context: Context) -> int:
    from tarmac.services.landed.opened_export import opened_export
    from tarmac.services.landed.peeking import as_json_value, peek_file, tree_lines

    name = context.arguments.export
    async with context.open_workspace() as ws, opened_export(ws, name) as export:
        folder = export.newest.folder
        if not folder.files:
            raise TarmacError(f"the newest export of {plain(name)} has no files: it wrote no rows", code="no-rows")
        seen = await peek_file(export.storage.store, folder.files[0], context.arguments.rows)
    context.out.lines(_lines(seen))
    context.out.document(
        {
            "status": "done",
            "export": name,
            "folder": folder.folder,
            "file": seen.file.path,
            "rows_in_file": seen.rows_in_file,
            "bytes_read": seen.bytes_read,
            "schema": list(tree_lines(seen.fields)),
            "columns": list(seen.columns),
            "rows": [[as_json_value(value) for value in row] for row in seen.rows],
        }
    )
    return ExitCode.DONE


def _lines(seen: PeekedFile) -> list[str]:
    from tarmac.services.landed.peeking import shown_value, tree_lines

    rows = "" if seen.rows_in_file is None else f", {plural(seen.rows_in_file, 'row')}"
    first = dict(zip(seen.columns, seen.rows[0], strict=True)) if seen.rows else None
    lines = [
        f"{plain(seen.file.path)}  {size(seen.file.bytes)}{rows} (read {size(seen.bytes_read)} of it)",
        "",
        *tree_lines(seen.fields, first),
        "",
    ]
    if not seen.rows:
        return [*lines, seen.not_kept_words or "no rows"]
    shown = [[shown_value(value, _WIDE) for value in row] for row in seen.rows]
    return [*lines, *table(seen.columns, shown), f"{count(len(seen.rows))} shown"]


def _rows(text: str) -> int:
    import argparse

    value = number_from(0, text)
    if value > _MOST or value != int(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_MOST:,}")
    return int(value)
