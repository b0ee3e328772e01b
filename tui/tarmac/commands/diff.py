"""`tarmac diff`: what changed in the features between two exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count, table
from tarmac.terms.errors import ExitCode
from tarmac.terms.quantities import UNKNOWN, plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.landed.feature_diff import ColumnState, FeatureDiff, Side

NAME = "diff"
_DETAILS = """\
Compares the last two whole exports of EXPORT, or the newest of EXPORT with the newest of OTHER. Null shares are those of
the footers' statistics; the label's balance is that of a sample of first rows.
Exit code 4: a column is gone or has another type, so code that read it breaks; 0: nothing that breaks."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        NAME,
        "say what changed in columns, rows and null shares between two exports",
        "tarmac diff churn --label churned",
        _DETAILS,
    )
    parser.add_argument("export", metavar="EXPORT", help="name of an export")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="another export to compare it with")
    parser.add_argument("--label", metavar="COLUMN", help="also compare how often each value of this column occurs")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Compare."""
    return run_verb(_diff, context)


async def _diff(context: Context) -> int:
    from tarmac.services.landed.export_diff import diff_of_exports, diff_with_before
    from tarmac.services.landed.opened_export import opened_export

    given = context.arguments
    async with context.open_workspace() as ws, opened_export(ws, given.export) as export:
        if given.other is None:
            diff = await diff_with_before(export, label=given.label)
        else:
            diff = await diff_of_exports(ws, export, given.other, given.label)
    context.out.lines(_lines(diff))
    context.out.document(
        {
            "status": "mismatch" if diff.breaks else "done",
            "before": _side_document(diff.before),
            "after": _side_document(diff.after),
            "breaks": diff.breaks,
            "columns": [
                {
                    "name": each.name,
                    "change": each.kind.value,
                    "before": _state_document(each.before),
                    "after": _state_document(each.after),
                }
                for each in diff.changes
            ],
            "label": given.label,
            "balance": [{"value": value, "before": old, "after": new} for value, old, new in diff.balance()],
        }
    )
    return ExitCode.MISMATCH if diff.breaks else ExitCode.DONE


def _lines(diff: FeatureDiff) -> Iterator[str]:
    before, after = diff.before, diff.after
    yield f"{plain(before.title)} → {plain(after.title)}"
    yield f"  rows   {count(before.rows)} → {count(after.rows)}{_moved(before.rows, after.rows)}"
    yield f"  files  {count(before.files)} → {count(after.files)}"
    rows = [
        (
            _SIGNS[each.kind.value],
            each.name,
            _type(each.before),
            _type(each.after),
            _nulls(each.before),
            _nulls(each.after),
        )
        for each in diff.changes
        if each.kind.value != "same"
    ]
    same = len(diff.changes) - len(rows)
    if rows:
        yield ""
        yield from table(("", "COLUMN", "BEFORE", "AFTER", "NULL", "NULL NOW"), rows, right=frozenset({4, 5}))
    yield f"  {plural(same, 'column')} as before" if rows else f"  all {plural(same, 'column')} as before"
    if before.sampled or after.sampled:
        yield "  null shares are those of a sample"
    if diff.label is not None:
        yield ""
        shares = [(value, _percent(old), _percent(new)) for value, old, new in diff.balance()]
        yield from table((f"{diff.label} (sample)", "BEFORE", "AFTER"), shares, right=frozenset({1, 2}))
    if diff.breaks:
        yield "✘ code that read these columns before breaks"


_SIGNS = {"gone": "✘ gone", "type": "✘ type", "added": "+ new", "nulls": "~ nulls", "same": ""}


def _type(state: ColumnState | None) -> str:
    return UNKNOWN if state is None else state.type


def _nulls(state: ColumnState | None) -> str:
    return _percent(None if state is None else state.null_share)


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.1%}"


def _moved(before: int | None, after: int | None) -> str:
    return "" if before is None or after is None or before == after else f" ({after - before:+,})"


def _side_document(side: Side) -> dict[str, Any]:
    return {"name": side.title, "folder": side.folder, "rows": side.rows, "files": side.files, "sampled": side.sampled}


def _state_document(state: ColumnState | None) -> dict[str, Any] | None:
    return None if state is None else {"type": state.type, "null_share": state.null_share}
