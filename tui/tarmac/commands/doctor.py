"""`tarmac doctor`: terminal, profile, network, sign-in, sandbox, landing zone; one line each, and what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import table
from tarmac.terms.errors import ExitCode, TarmacError

if TYPE_CHECKING:
    from pathlib import Path

    from tarmac.services.values import Places
    from tarmac.services.workspace import Workspace

NAME = "doctor"
_OF_FILES = frozenset({"files", "profile", "theme", "keys", "hooks"})


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "look at everything that tarmac needs, and say what to do", "tarmac doctor --profile acme"
    )
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `is_good` None: it could not be looked at, because something before it failed."""

    what: str
    is_good: bool | None
    said: str
    next_step: str = ""


def run(context: Context) -> int:
    """Look at everything."""
    return run_verb(_look, context)


async def _look(context: Context) -> int:
    from tarmac.services.values import find_places

    places = context.places or find_places()
    findings = [_terminal(), await _files(places), *await asyncio.to_thread(_of_the_app, places)]
    try:
        async with context.open_workspace() as ws:
            settings = ws.profile.platform
            findings.append(Finding("profile", True, f"{ws.profile.name}, sandbox {settings.sandbox}"))
            findings += await _hooks(ws)
            findings += await _platform(ws)
    except TarmacError as error:
        findings.append(Finding("profile", False, error.message, error.next_step))
    signs = {True: "✔", False: "✘", None: "?"}
    rows = [(signs[each.is_good], each.what, each.said, each.next_step) for each in findings]
    context.out.lines(table(("", "WHAT", "FOUND", "DO"), rows))
    bad = [each for each in findings if each.is_good is False and each.what != "terminal"]
    documents = [
        {"what": each.what, "good": each.is_good, "found": each.said, "next": each.next_step or None}
        for each in findings
    ]
    context.out.document({"status": "failed" if bad else "done", "findings": documents})
    if not bad:
        return ExitCode.DONE
    return ExitCode.USAGE if bad[0].what in _OF_FILES else ExitCode.FAILED


async def _files(places: Places) -> Finding:
    """Say where they are, and whether the state can be written: without it nothing is sent."""
    from tarmac.services.setup.local_files import try_state

    said = f"configuration in {places.config}, state in {places.state}"
    try:
        await try_state(places)
    except TarmacError as error:
        return Finding("files", False, f"{said}; {error.message}", error.next_step)
    return Finding("files", True, said)


def _of_the_app(places: Places) -> list[Finding]:
    """Look at theme and keys, which nobody else names where no app is open; no profile is needed for it. Blocks."""
    from tarmac.services.setup.local_files import read_start_settings

    try:
        settings = read_start_settings(places)
    except TarmacError:
        return []  # the profile cannot be opened either then, and that says why
    findings = []
    if settings.theme is not None or (places.config / "themes").is_dir():
        findings.append(_themes(settings.theme, places.config / "themes"))
    if settings.keys:
        from tarmac.keymap import all_bindings, checked

        problems = checked(settings.keys, all_bindings()).problems
        said = "; ".join(problems) or f"{len(settings.keys)} given other keys"
        step = f"Correct [keys] in {places.config_file}." if problems else ""
        findings.append(Finding("keys", not problems, said, step))
    return findings


def _themes(wanted: str | None, folder: Path) -> Finding:
    """Look at the theme of config.toml, and at every one of the person's own."""
    from tarmac.themes import first_theme, load_themes

    problem = None if wanted is None else first_theme(wanted, folder)[1]
    found = [*([] if problem is None else [problem]), *load_themes(folder).problems]
    said = "; ".join(dict.fromkeys(each.message for each in found))
    return Finding("theme", not found, said or wanted or "your own can be used", found[0].next_step if found else "")


async def _hooks(ws: Workspace) -> list[Finding]:
    """Look at the hooks of config.toml, which are silent where they cannot be called. None is called."""
    from tarmac.services.runs.hooks import hook_problems

    if not ws.config.notify.has_hooks:
        return []
    wrong = await hook_problems(ws, ws.config.notify)
    said = "; ".join(wrong) or "they are there; they were not called"
    step = f"Correct [notify] in {ws.places.config_file}." if wrong else ""
    return [Finding("hooks", not wrong, said, step)]


def _terminal() -> Finding:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty() or term in {"", "dumb"}:
        return Finding("terminal", None, "none here: the verbs work, the app needs one")
    try:
        width, height = os.get_terminal_size()
    except OSError:
        return Finding("terminal", None, f"{term}, size not known")
    is_large = width >= 80 and height >= 23  # tmux takes a line of the 24 for itself
    return Finding("terminal", is_large, f"{term}, {width}×{height}", "" if is_large else "Make it 80×24 or larger.")


async def _platform(ws: Workspace) -> list[Finding]:
    """Look in the order in which one needs the other; what comes after a failure is not looked at."""
    looks: tuple[tuple[str, Callable[[Workspace], Awaitable[str]]], ...] = (
        ("sign-in", _sign_in),
        ("sandbox", _sandbox),
        ("rights", _rights),
        ("landing zone", _landing_zone),
        ("storage", _storage),
    )
    findings: list[Finding] = []
    for what, look in looks:
        if findings and findings[0].is_good is False:
            findings.append(Finding(what, None, "not looked at: no sign-in"))
            continue
        try:
            findings.append(Finding(what, True, await look(ws)))
        except TarmacError as error:
            findings.append(Finding(what, False, error.message, error.next_step))
    return findings


async def _sign_in(ws: Workspace) -> str:
    await (await ws.platform()).sign_in()
    return f"signed in at {ws.profile.platform.ims_url}"


async def _sandbox(ws: Workspace) -> str:
    wanted = ws.profile.platform.sandbox
    usable = [each.name for each in await (await ws.platform()).sandboxes.usable()]
    if wanted not in usable:
        raise TarmacError(
            f"{wanted} is not among the sandboxes of this credential ({', '.join(usable) or 'none'})",
            next_step="Correct `sandbox` in the profile, or have the credential added to the sandbox.",
        )
    return f"{wanted} may be used"


async def _rights(ws: Workspace) -> str:
    platform = await ws.platform()
    async for page in platform.specs.exportable_pages():
        return f"datasets can be listed ({len(page)} on the first page)"
    return "datasets can be listed (none can be exported)"


async def _landing_zone(ws: Workspace) -> str:
    info = await (await ws.platform()).landing_zone.info()
    days = "" if info.ttl_days is None else f", files stay {info.ttl_days} days"
    return f"{info.container}{days}"


async def _storage(ws: Workspace) -> str:
    from tarmac.services.storages.storage_probe import probe_landing_zone

    return await probe_landing_zone(ws)
