"""`tarmac profile`: list, new, import, check."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tarmac.commands.output import status_of
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import table
from tarmac.terms.errors import ExitCode
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.setup.importing import OldFlow

NAME = "profile"
_NEW_DETAILS = """\
A commented TOML file. It belongs to you from then on: tarmac never writes to it again."""
_IMPORT_DETAILS = """\
Reads an aepp JSON configuration, a CMLE config.ini, a Developer Console download or a Postman environment. That file is
left as it is. The secret goes into a file of its own (mode 0600) that the profile refers to."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb and its own verbs."""
    parser = add_verb(verbs, NAME, "connection profiles: list, new, import, check", "tarmac profile new acme")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    listing = add_verb(actions, "list", "all profiles and what is wrong with them", "tarmac profile list")
    new = add_verb(
        actions, "new", "write a new profile, to be filled in by you", "tarmac profile new acme", _NEW_DETAILS
    )
    new.add_argument("name", metavar="NAME", help="what the profile is called")
    new.add_argument(
        "--from-emulator",
        metavar="FILE",
        help="for a local emulator: a file with the first line of `tarmac emulate`, or - for stdin",
    )
    importing = add_verb(
        actions,
        "import",
        "make a profile of what another tool was set up with",
        "tarmac profile import config.json --name acme",
        _IMPORT_DETAILS,
    )
    importing.add_argument("file", metavar="FILE", help="what the other tool was set up with")
    importing.add_argument("--name", metavar="NAME", help="what the profile is called (default: after the sandbox)")
    importing.add_argument("--sandbox", metavar="S", help="sandbox, where the file does not say")
    importing.add_argument("--no-look", action="store_true", help="do not sign in to look at the old flow")
    check = add_verb(
        actions, "check", "read a profile, sign in, and say what does not work", "tarmac profile check acme"
    )
    check.add_argument("name", metavar="NAME", nargs="?", help="profile (default: the one that --profile would mean)")
    for action, run in ((listing, _run_list), (new, _run_new), (importing, _run_import), (check, _run_check)):
        action.set_defaults(run=run)


def _run_list(context: Context) -> int:
    return run_verb(_list, context)


async def _list(context: Context) -> int:
    from tarmac.services.setup.local_files import list_profiles
    from tarmac.services.values import find_places

    found = await list_profiles(find_places())
    rows, documents = [], []
    for each in found:
        settings = None if each.profile is None else each.profile.platform
        problem = "" if each.problem is None else each.problem.message
        rows.append((each.name, settings.sandbox if settings else "", settings.org_id if settings else "", problem))
        documents.append(
            {
                "name": each.name,
                "file": str(each.file),
                "sandbox": settings.sandbox if settings else None,
                "org_id": settings.org_id if settings else None,
                "destinations": sorted(each.profile.destinations) if each.profile else [],
                "problem": each.problem.as_json() if each.problem else None,
            }
        )
        for warning in each.warnings:
            context.out.note(f"warning: {warning}")
    context.out.lines(table(("PROFILE", "SANDBOX", "ORGANIZATION", "PROBLEM"), rows) if rows else ())
    if not rows:
        context.out.note("no profile yet: make one with `tarmac profile new NAME`, or try `tarmac demo`")
    context.out.document({"profiles": documents})
    return ExitCode.DONE


def _run_new(context: Context) -> int:
    from tarmac.services.setup.local_profile import new_empty_profile, read_ready_line, write_emulator_profile
    from tarmac.services.values import find_places

    name, source = context.arguments.name, context.arguments.from_emulator
    if source is None:
        file = new_empty_profile(find_places(), name)
        context.out.note("Fill in the organization, the client and its secret, then: tarmac profile check " + name)
    else:
        file = write_emulator_profile(find_places(), name, read_ready_line(_read(source), source))
    context.out.line(str(file))
    context.out.document({"status": "done", "name": name, "file": str(file)})
    return ExitCode.DONE


def _run_import(context: Context) -> int:
    return run_verb(_import, context)


async def _import(context: Context) -> int:
    from tarmac.services.setup.importing import import_profile, look_at_old_flow
    from tarmac.services.values import find_places

    given = context.arguments
    imported = await import_profile(find_places(), Path(given.file), name=given.name, sandbox=given.sandbox)
    found = imported.recognised
    context.out.line(f"{found.format}: taken over {', '.join(found.found) or 'nothing'}")
    for each in found.ignored:
        context.out.line(f"  ! not taken over: {plain(each)}")
    for label in imported.missing:
        context.out.line(f"  ! missing: {label}; write it into {imported.file}")
    for path in imported.secret_files:
        context.out.line(f"  the secret is in {path} now, for you alone; {given.file} still holds it, too")
    context.out.line(f"profile {imported.name} written: {imported.file}")
    document: dict[str, object] = {
        "status": "done",
        "name": imported.name,
        "file": str(imported.file),
        "format": found.format,
        "found": list(found.found),
        "ignored": list(found.ignored),
        "missing": list(imported.missing),
        "secret_files": [str(each) for each in imported.secret_files],
    }
    if found.flow_id is not None and not given.no_look and not imported.missing:
        context.arguments.profile = imported.name
        async with context.open_workspace() as ws:
            old = await look_at_old_flow(ws, found.flow_id)
        context.out.lines(_old_flow_lines(old, imported.name))
        document["flow"] = {
            "id": old.flow_id,
            "wrong": list(old.wrong),
            "error": None if old.error is None else old.error.as_json(),
        }
    elif found.flow_id is not None:
        context.out.line(f"  dataflow_id {plain(found.flow_id, 60)}: {_adopt_words(found.flow_id, imported.name)}")
        document["flow"] = {"id": found.flow_id, "wrong": None, "error": None}
    else:
        context.out.line(f"  next: tarmac profile check {imported.name}")
    context.out.document(document)
    return ExitCode.DONE


def _old_flow_lines(old: OldFlow, profile: str) -> Iterator[str]:
    if old.error is not None:
        yield f"  ! the old flow could not be looked at: {plain(old.error.message)}"
        if old.error.next_step:
            yield f"    next: {plain(old.error.next_step)}"
        return
    name = old.flow_id if old.row is None else old.row.label
    yield f"  the old flow: {plain(name, 100)}" + (
        "" if old.row is None else f", {plain(old.row.state, 40)}, {old.row.schedule}"
    )
    for each in old.wrong:
        yield f"  ! {plain(each)}"
    if old.row is not None:
        yield f"  {_adopt_words(old.flow_id, profile)}"


def _adopt_words(flow_id: str, profile: str) -> str:
    return f"go on with it: tarmac flow adopt {plain(flow_id, 60)} --profile {profile}"


def _read(source: str) -> str:
    from tarmac.terms.errors import UsageError

    if source == "-":
        return sys.stdin.readline()
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{plain(source)} cannot be read ({type(error).__name__})", next_step="Check the path."
        ) from error


def _run_check(context: Context) -> int:
    if context.arguments.name is not None:
        context.arguments.profile = context.arguments.name
    return run_verb(_check, context)


async def _check(context: Context) -> int:
    from tarmac.services.setup.profile_check import check_whole_profile

    async with context.open_workspace() as ws:
        checked = await check_whole_profile(ws)
        settings = ws.profile.platform
    document: dict[str, object] = {
        "name": ws.profile.name,
        "org_id": settings.org_id,
        "sandbox": settings.sandbox,
        "warnings": list(checked.warnings),
    }
    for warning in checked.warnings:
        context.out.note(f"warning: {warning}")
    for problem in checked.problems:
        context.out.problem(problem)
    gravest = checked.gravest
    if gravest is None:
        context.out.line(f"{ws.profile.name}: signed in to {settings.org_id}, sandbox {settings.sandbox}")
        context.out.document({"status": "done", **document})
        return ExitCode.DONE
    problems = [each.as_json() for each in checked.problems]
    context.out.document({"status": status_of(gravest), **document, "error": gravest.as_json(), "problems": problems})
    return int(gravest.exit_code)
