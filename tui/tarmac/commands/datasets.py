"""`tarmac datasets`: what can be exported, by the platform's own word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count, moment, size, table
from tarmac.terms.errors import ExitCode
from tarmac.terms.finding import finds
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.catalogue.datasets import DatasetRow

NAME = "datasets"


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "list the datasets that can be exported", "tarmac datasets --find churn")
    parser.add_argument(
        "--find", metavar="TEXT", default="", help="only those with this in the name, or as the beginning of the id"
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """List the datasets."""
    return run_verb(_list, context)


async def _list(context: Context) -> int:
    from tarmac.services.catalogue.datasets import DatasetPage, ExportedBy, Facts, exportable

    is_found = finds(context.arguments.find)
    rows: dict[str, DatasetRow] = {}
    flows: dict[str, tuple[str, ...]] = {}
    async with context.open_workspace() as ws:
        async for update in exportable(ws):
            match update:
                case DatasetPage():
                    rows.update({row.id: row for row in update.rows})
                case Facts():
                    rows.update({key: row for key, row in update.rows.items() if key in rows})
                case ExportedBy():
                    flows.update(update.flows)
    found = [row for row in rows.values() if any(is_found(name, row.id) for name in (row.name, plain(row.name)))]
    lines = [
        (row.name, row.id, count(row.rows), size(row.size_bytes), moment(row.updated_at), row.last_batch_status or "")
        for row in found
    ]
    titles = ("NAME", "ID", "ROWS", "SIZE", "UPDATED", "LAST BATCH")
    context.out.lines(table(titles, lines, right=frozenset({2, 3})) if lines else ())
    context.out.note(f"{plural(len(found), 'dataset')} of {len(rows):,} that can be exported")
    context.out.document({"datasets": [_document(row, flows.get(row.id, ())) for row in found]})
    return ExitCode.DONE


def _document(row: DatasetRow, flows: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "rows": row.rows,
        "bytes": row.size_bytes,
        "updated_at": iso_z(row.updated_at),
        "last_batch_status": row.last_batch_status,
        "behavior": row.behavior,
        "exported_by": list(flows),
    }
