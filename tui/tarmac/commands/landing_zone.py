"""`tarmac landing-zone`: what the landing zone's key is good for, and replacing it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.words import moment
from tarmac.terms.errors import ExitCode, UsageError
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.storages.landing_zone_key import LandingZoneStatus

NAME = "landing-zone"
_DETAILS = """\
Without `refresh`: where it is, how long files stay, when its key ends. With `refresh` the key is replaced: whoever uses
the old one loses access at once, so it is asked first; without a terminal, --yes says that it is meant."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "show the landing zone, or replace its key", "tarmac landing-zone refresh --yes", _DETAILS
    )
    parser.add_argument("action", metavar="refresh", nargs="?", choices=["refresh"], help="replace the key")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Show or refresh."""
    return run_verb(_landing_zone, context)


async def _landing_zone(context: Context) -> int:
    from tarmac.services.storages.landing_zone_key import landing_zone_status, refresh_landing_zone

    async with context.open_workspace() as ws:
        if context.arguments.action == "refresh":
            ws.require_write("replace the landing zone's key")
        status = await landing_zone_status(ws)
        if context.arguments.action is None:
            _show(context, status)
            return ExitCode.DONE
        context.out.note(f"Replacing the key: {status.who_loses_access}")
        if not context.arguments.yes and not await asyncio.to_thread(_agrees):
            context.out.note("Nothing was changed.")
            context.out.document({"status": "refused", "sandbox": status.sandbox, "container": status.container})
            return ExitCode.USAGE
        fresh = await refresh_landing_zone(ws)
    ends = moment(fresh.expires_at) if fresh.expires_at is not None else "not said by it"
    context.out.line(f"{plain(fresh.container)} has a new key; its end: {ends}")
    context.out.line("Give it to whoever reads there; tarmac asks for it by itself.")
    context.out.document(
        {
            "status": "refreshed",
            "sandbox": status.sandbox,
            "container": fresh.container,
            "credentials_until": iso_z(fresh.expires_at),
        }
    )
    return ExitCode.DONE


def _show(context: Context, status: LandingZoneStatus) -> None:
    days = "not said" if status.ttl_days is None else plural(status.ttl_days, "day")
    exports = ", ".join(plain(name, 60) for name in status.exports) or "none of tarmac's"
    others = f", {plural(status.others, 'dataflow')} of other tools" if status.others else ""
    context.out.lines(
        (
            f"{plain(status.container)}  {plain(status.location)}",
            f"  files stay   {days}",
            f"  key          {status.key_end.words}",
            f"  landing here {exports}{others}",
        )
    )
    end = status.key_end.at
    context.out.document(
        {
            "status": "done",
            "sandbox": status.sandbox,
            "container": status.container,
            "location": status.location,
            "ttl_days": status.ttl_days,
            "credentials_until": iso_z(end),
            "credentials": status.key_end.words,
            "exports": list(status.exports),
            "other_dataflows": status.others,
        }
    )


def _agrees() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "the landing zone's key is replaced only when somebody says so",
            code="not-confirmed",
            meaning="Nothing was changed.",
            next_step="Add --yes if it is meant.",
        )
    sys.stderr.write("Replace it? Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"
