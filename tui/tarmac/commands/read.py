"""`tarmac read`: the folders that make the dataset now, as paths or as code that reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.commands.clock_words import clock_document, clock_lines
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import count
from tarmac.terms.errors import ExitCode
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.reading.read_set import ReadSet

NAME = "read"
_STYLES = ("paths", "json", "pandas", "polars", "pyarrow", "duckdb", "spark")
_DETAILS = """\
The read set is the last full export and every increment after it. Folders that cannot be relied on are left out and
named on stderr. Credentials are never written into code; it takes them from environment variables that it names.
Exit code 4: folders are missing in the middle, so this is not the whole dataset; 64: no code of that library can read
this storage."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "print what to read to get the dataset as it is now", "tarmac read churn --as polars", _DETAILS
    )
    parser.add_argument("export", metavar="EXPORT", help="name of an export")
    parser.add_argument("--as", dest="style", choices=_STYLES, default="paths", help="default paths, one folder a line")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Print the read set."""
    return run_verb(_read, context)


async def _read(context: Context) -> int:
    from tarmac.services.landed.opened_export import nothing_to_read, opened_export
    from tarmac.services.reading.reader_code import ReaderStyle, reader_text, request_as_json

    name = context.arguments.export
    async with context.open_workspace() as ws, opened_export(ws, name) as export:
        read_set, request, dataset_id = export.now.read_set, export.request(), export.dataset_id
        clocks = await export.clocks(ws)
    _say(context, read_set)
    if not read_set.members:
        raise nothing_to_read(name, read_set)
    style = ReaderStyle(context.arguments.style)
    text = reader_text(style, request)
    for line in clock_lines(clocks, name):
        context.out.note(line)
    status = "complete" if read_set.is_complete else "mismatch"
    document = {
        "status": status,
        "export": name,
        "dataset_id": dataset_id,
        **request_as_json(request),
        "left_out": [{"folder": each.folder, "reason": each.reason} for each in read_set.left_out],
        "problem": read_set.problem or None,
        "clocks": clock_document(clocks),
    }
    if context.out.as_json:
        code = text if style not in {ReaderStyle.PATHS, ReaderStyle.JSON} else None
        context.out.document({**document, "code": code} if code is not None else document)
    else:
        context.out.raw(text)
    return ExitCode.DONE if read_set.is_complete else ExitCode.MISMATCH


def _say(context: Context, read_set: ReadSet) -> None:
    if read_set.members:
        context.out.note(f"{plural(len(read_set.members), 'folder')}, {count(read_set.rows)} rows")
    if len(read_set.members) > 1:
        for member, role in zip(read_set.members, read_set.roles, strict=True):
            context.out.note(f"  {role.value:5}  {plain(member.folder.folder)}  {count(member.rows)} rows")
    from tarmac.services.reading.read_set import LeftOutWhy

    replaced = [each for each in read_set.left_out if each.why is LeftOutWhy.REPLACED]
    for each in read_set.left_out:
        if each not in replaced:
            context.out.note(f"left out: {plain(each.folder)}: {plain(each.reason)}")
    if replaced:
        context.out.note(f"left out: {plural(len(replaced), 'folder')} that a later full export replaces")
    if read_set.problem and read_set.members:
        context.out.note(f"not the whole dataset: {read_set.problem}")
