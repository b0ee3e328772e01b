"""Exports that did not end, by the ledger alone: nothing is asked of the platform (design §6.3).

A chain on which some tarmac is at work just now is no leftover, nor one whose run was fired to be left to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tarmac.services.exports.chain import STOPPED, Chain, Entry, Kind
from tarmac.services.plans.plan import Action, Noun
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

# A wait for readiness that was interrupted longer ago is gone on with only when a person says so.
_FRESH = timedelta(hours=2)


@dataclass(frozen=True)
class Leftover:
    """One unfinished chain by the ledger alone: nothing was asked of the platform. `words` say where it stopped."""

    chain: Chain
    export: str
    destination: str
    began_at: datetime
    stopped_at: datetime
    words: str

    @property
    def can_continue(self) -> bool:
        """Whether the ledger knows the wish, so that `exporting.resume` can go on with it."""
        return self.chain.wish_facts is not None

    @property
    def can_clean_up(self) -> bool:
        """Whether it created, or may have created, anything."""
        return bool(self.chain.created_ids()) or any(is_create(each) for each in self.chain.open_intents())


async def leftovers(ws: Workspace) -> tuple[Leftover, ...]:
    """Return the unfinished chains that nobody works on, the newest first. Raises LedgerError; asks only the disk."""
    interrupted = [chain for chain in reversed(await ws.ledger.unfinished()) if not chain.is_left]
    return tuple([_leftover(chain) for chain in interrupted if not await ws.ledger.is_worked_on(chain.id)])


async def goes_on_by_itself(ws: Workspace, chain: Chain) -> bool:
    """Whether the next start takes a chain up without being told: its run is fired or was asked for a short while ago.

    Never one that a person stopped, or that another tarmac works on. With `--read-only` a run is followed, and none is fired.
    """
    if chain.is_set_aside:
        return False
    if chain.run_id is not None:
        return True
    waiting = chain.last(Kind.WAITING)
    if waiting is None or ws.read_only or ws.clock.now() - chain.entries[-1].at > _FRESH:
        return False
    return not await ws.ledger.is_worked_on(chain.id)


async def set_aside(ws: Workspace, chain_id: str | None, marker: str | None) -> None:
    """Remember that a person stopped waiting for a chain, named by its id or by its export's marker. Raises LedgerError."""
    if chain_id is None and marker is not None:
        found = await ws.ledger.unfinished(marker)
        chain_id = found[-1].id if found else None
    if chain_id is not None:
        await ws.ledger.add(Kind.NOTE, chain_id, about=STOPPED)


async def read_again(ws: Workspace, leftover: Leftover) -> Leftover:
    """Read the chain anew: another tarmac may have gone on with it since it was listed.

    Raises UsageError (`chain-ended`).
    """
    for chain in await ws.ledger.unfinished():
        if chain.id == leftover.chain.id:
            return _leftover(chain)
    raise chain_ended(leftover.export)


def chain_ended(export: str) -> UsageError:
    """Return the error for a chain of `export` that another tarmac has ended since it was read."""
    return UsageError(
        f"the export {plain(export, 80)} was finished meanwhile",
        code="chain-ended",
        meaning="Another tarmac has gone on with it or cleaned it up.",
        next_step="Look at the runs and dataflows.",
    )


def in_words(found: Sequence[Leftover]) -> str:
    """Write one line about all leftovers, for the start of the app or of a command; empty for none."""
    if not found:
        return ""
    first = found[0]
    more = "" if len(found) == 1 else f", and {len(found) - 1} more"
    count = "1 export was" if len(found) == 1 else f"{len(found)} exports were"
    return f"{count} not finished: {plain(first.export, 60)} ({first.words}){more}."


def is_create(entry: Entry) -> bool:
    """Whether an entry is about creating an object that can be deleted again."""
    return entry.text("action") == Action.CREATE.value and noun_of(entry) is not None


def noun_of(entry: Entry) -> Noun | None:
    """Return what an entry is about; None for a run, and for what this version does not know."""
    try:
        noun = Noun(entry.text("noun") or "")
    except ValueError:
        return None
    return None if noun is Noun.RUN else noun


def _leftover(chain: Chain) -> Leftover:
    begun, last = chain.entries[0] if chain.begun is None else chain.begun, chain.entries[-1]
    return Leftover(
        chain,
        plain(begun.text("export") or "?", 80),
        begun.text("destination") or "",
        begun.at,
        last.at,
        _where_it_stopped(chain),
    )


def _where_it_stopped(chain: Chain) -> str:
    if chain.run_id is not None:
        return f"run {plain(chain.run_id, 60)} was fired and not followed to its end"
    waiting = chain.last(Kind.WAITING)
    if waiting is not None:
        return "waiting for its scheduled run" if waiting.facts.get("scheduled") is True else "waiting to fire its run"
    intents = chain.open_intents()
    if intents:
        entry = intents[-1]
        verb = {"create": "creating", "change": "changing", "delete": "deleting"}.get(entry.text("action") or "", "on")
        return f"while {verb} the {plain(entry.text('noun') or 'object', 40)}; whether that was done is not known yet"
    made = len(chain.created_ids())
    return "before anything was made" if not made else f"after {made} of its objects were made"
