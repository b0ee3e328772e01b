"""`tarmac destination`: list, test, rotate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import moment, table
from tarmac.terms.errors import ExitCode, TarmacError, UsageError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.storages.base_connections import WriterTest
    from tarmac.services.storages.reader_probe import ProbeStep
    from tarmac.services.values import Connection, Destination
    from tarmac.services.workspace import Workspace

NAME = "destination"
_TEST_DETAILS = """\
Two tests. The writer: the platform's own test of its base connection. The reader: this machine reads the storage with the
credentials that the training job will use, layer by layer; the first layer that fails is named, with what to do."""
_ROTATE_DETAILS = """\
Gives the base connection of a destination the credentials that the profile holds now, in place: dataflows go on with it.
Change the secret where the profile finds it, then run this; nothing is typed here."""
_SIGNS = {True: "✔", False: "✘", None: "?"}


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb and its own verbs."""
    parser = add_verb(verbs, NAME, "destinations: list, test, rotate their keys", "tarmac destination test lake")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    listing = add_verb(
        actions, "list", "the profile's destinations, and base connections that exist", "tarmac destination list"
    )
    test = add_verb(
        actions,
        "test",
        "can the platform write there, and can we read there",
        "tarmac destination test lake",
        _TEST_DETAILS,
    )
    test.add_argument("name", metavar="NAME", help="destination of the profile")
    rotate = add_verb(
        actions,
        "rotate",
        "give the platform the profile's present keys",
        "tarmac destination rotate lake",
        _ROTATE_DETAILS,
    )
    rotate.add_argument("name", metavar="NAME", help="destination of the profile")
    for action, run in ((listing, _run_list), (test, _run_test), (rotate, _run_rotate)):
        action.set_defaults(run=run)


def _run_list(context: Context) -> int:
    return run_verb(_list, context)


async def _list(context: Context) -> int:
    from tarmac.services.storages.base_connections import base_in_use, usable_bases

    async with context.open_workspace() as ws:
        bases = await usable_bases(ws)
        rows, documents, used = [], [], set()
        for each in ws.profile.destinations.values():
            base, said = None, "none yet: the first export makes it"
            try:
                base = base_in_use(ws, each, bases)
            except UsageError as error:
                said = error.message
            if base is not None:
                used.add(base.id)
                said = base.name
            rows.append((each.name, each.kind.spec.title, each.place, said))
            documents.append(_document(each, base))
    context.out.lines(table(("DESTINATION", "STORAGE", "WHERE", "BASE CONNECTION"), rows) if rows else ())
    if not rows:
        context.out.note("no destination in the profile; data-landing-zone needs no entry there")
    others = [each for each in bases if each.id not in used]
    if others:
        context.out.line("")
        context.out.line('Base connections of the sandbox that could be used too (base_connection = "ID"):')
        lines = [(each.id, _title(each), each.name, moment(each.created_at)) for each in others]
        context.out.lines(table(("ID", "STORAGE", "NAME", "MADE"), lines))
    context.out.document(
        {"destinations": documents, "other_base_connections": [_base_document(each) for each in others]}
    )
    return ExitCode.DONE


def _run_test(context: Context) -> int:
    return run_verb(_test, context)


async def _test(context: Context) -> int:
    from tarmac.services.storages.base_connections import writer_test
    from tarmac.services.storages.reader_probe import probe_reader

    layers: list[ProbeStep] = []
    async with context.open_workspace() as ws:
        destination = _destination(ws, context.arguments.name)
        writer = await writer_test(ws, destination)
        context.out.line(f"{_SIGNS[writer.ok]} writer       {plain(writer.words)}")
        if writer.next_step:
            context.out.line(f"    next: {plain(writer.next_step)}")
        async for layer in probe_reader(ws, destination):
            layers.append(layer)
            context.out.line(f"{_SIGNS[layer.ok]} {layer.name:<11}  {plain(layer.detail)} ({layer.took_s:.2f} s)")
            if layer.next_step:
                context.out.line(f"    next: {plain(layer.next_step)}")
    failure = next((each.error for each in layers if each.error is not None), None)
    error = failure or (writer.error if writer.ok is False else None)
    ok = writer.ok is not False and failure is None
    if error is not None and isinstance(error, UsageError):
        # A setting is missing or cannot work: the storage was not asked.
        context.out.document({"status": "refused", **_test_document(destination, writer, layers, error)})
        return ExitCode.USAGE
    context.out.document({"status": "done" if ok else "failed", **_test_document(destination, writer, layers, error)})
    return ExitCode.DONE if ok else ExitCode.FAILED


def _run_rotate(context: Context) -> int:
    return run_verb(_rotate, context)


async def _rotate(context: Context) -> int:
    from tarmac.services.storages.base_connections import rotate, writer_test

    async with context.open_workspace() as ws:
        destination = _destination(ws, context.arguments.name)
        base = await rotate(ws, destination)
        context.out.line(f'"{plain(base.name)}" ({base.id}) has the credentials of the profile now')
        writer = await writer_test(ws, destination)
    context.out.line(f"{_SIGNS[writer.ok]} {plain(writer.words)}")
    context.out.document(
        {
            "status": "done" if writer.ok is not False else "failed",
            "destination": destination.name,
            "base_connection": _base_document(base),
            "writer": _writer_document(writer),
            **({"error": writer.error.as_json()} if writer.ok is False and writer.error else {}),
        }
    )
    if writer.next_step:
        context.out.line(f"    next: {plain(writer.next_step)}")
    return ExitCode.FAILED if writer.ok is False else ExitCode.DONE


def _destination(ws: Workspace, name: str) -> Destination:
    """Return the profile's destination, or the landing zone, which needs no entry there. Raises UsageError."""
    from tarmac.services.values import Destination
    from tarmac.terms.destinations import DestinationKind

    kind = DestinationKind.DATA_LANDING_ZONE
    if name == kind.value and name not in ws.profile.destinations:
        return Destination(name, kind)
    return ws.destination(name)


def _title(base: Connection) -> str:
    return "" if base.kind is None else base.kind.spec.title


def _document(destination: Destination, base: Connection | None) -> dict[str, Any]:
    return {
        "name": destination.name,
        "kind": destination.kind.value,
        "location": dict(destination.location),
        "base_connection": None if base is None else _base_document(base),
    }


def _base_document(base: Connection) -> dict[str, Any]:
    return {"id": base.id, "name": base.name, "kind": None if base.kind is None else base.kind.value}


def _writer_document(writer: WriterTest) -> dict[str, Any]:
    return {
        "ok": writer.ok,
        "found": writer.words,
        "next": writer.next_step or None,
        "base_connection": None if writer.connection is None else writer.connection.id,
    }


def _test_document(
    destination: Destination, writer: WriterTest, layers: list[ProbeStep], error: TarmacError | None
) -> dict[str, Any]:
    return {
        "destination": destination.name,
        "kind": destination.kind.value,
        "writer": _writer_document(writer),
        "reader": [
            {
                "layer": each.name,
                "ok": each.ok,
                "found": each.detail,
                "seconds": round(each.took_s, 3),
                "next": each.next_step or None,
            }
            for each in layers
        ],
        **({"error": error.as_json()} if error is not None else {}),
    }
