"""What exists of an export that did not end: each object of its chain, and the run, as the platform has them now.

Looking changes nothing. What the ledger only knows as an intent is looked for under its name, and taken for the chain's own
only where no other object of that name could be meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tarmac.platform.errors import NotFound
from tarmac.platform.models import Connection, Flow, Run, SourceConnection, TargetConnection
from tarmac.platform.reading import moment
from tarmac.services.exports.chain import Chain, Entry, Kind
from tarmac.services.exports.leftovers import Leftover, is_create, noun_of
from tarmac.services.plans.plan import Action, Noun
from tarmac.services.workspace import Workspace
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

Thing = SourceConnection | Connection | TargetConnection | Flow

# What is deleted first uses what is deleted later.
_ORDER = (Noun.FLOW, Noun.TARGET, Noun.SOURCE, Noun.BASE)
# The platform's clock and ours may differ by so much when an object's age is compared with an intent's.
_CLOCKS_DIFFER = timedelta(minutes=10)
_NEWEST = 20


class _Service(Protocol):
    async def get(self, object_id: str, /) -> Thing: ...
    async def named(self, name: str, /) -> Sequence[Thing]: ...


class Standing(StrEnum):
    """How things are with one object of a chain."""

    MADE = "made"  # the ledger has its id, and it is there
    FOUND = "turned out to exist"  # the ledger only knows that it was about to be made
    REUSED = "was there before"
    NOT_MADE = "was not made"
    GONE = "is gone"


@dataclass(frozen=True)
class Piece:
    """One object of a chain as it is now."""

    noun: Noun
    name: str
    standing: Standing
    id: str | None = None
    step: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether this chain made it: only then may it be cleaned up."""
        return self.standing in {Standing.MADE, Standing.FOUND}

    @property
    def words(self) -> str:
        """One line for people."""
        shown = f'"{plain(self.name, 80)}"' if self.name else plain(self.id or "", 80)
        return f"{self.noun.value} {shown} {_STANDING_WORDS.get(self.standing, self.standing.value)}"


_STANDING_WORDS = {Standing.MADE: "was made and exists"}


@dataclass(frozen=True)
class Findings:
    """What the platform says about a leftover. `run` is the run it fired, or one that turned out to exist."""

    leftover: Leftover
    pieces: tuple[Piece, ...]
    run: Run | None = None

    @property
    def ours(self) -> tuple[Piece, ...]:
        """What this chain made and what is still there, in the order in which it can be deleted."""
        return tuple(sorted((each for each in self.pieces if each.is_ours), key=lambda each: _ORDER.index(each.noun)))

    @property
    def is_running(self) -> bool:
        """Whether its run is going on."""
        return self.run is not None and not self.run.phase.is_final


async def examine(ws: Workspace, leftover: Leftover) -> Findings:
    """Ask the platform what exists of a leftover. Raises what the platform raises; changes nothing."""
    platform = await ws.platform()
    chain = leftover.chain
    pieces = [await _known(platform, chain, entry) for entry in _last_results(chain)]
    pieces += [await _supposed(platform, entry) for entry in chain.open_intents() if is_create(entry)]
    return Findings(leftover, tuple(pieces), await _run_of(platform, chain))


def _last_results(chain: Chain) -> Iterable[Entry]:
    """Return the last result of every object that is still to be expected, in the order of creation."""
    by_id: dict[str, Entry] = {}
    for entry in chain.entries:
        known = entry.text("id")
        if entry.kind is not Kind.RESULT or known is None or noun_of(entry) is None:
            continue
        if entry.text("action") == Action.DELETE.value:
            by_id.pop(known, None)
        else:
            by_id[known] = entry
    return by_id.values()


async def _known(platform: Platform, chain: Chain, entry: Entry) -> Piece:
    noun, object_id = noun_of(entry) or Noun.FLOW, entry.text("id") or ""
    try:
        thing = await _service(platform, noun).get(object_id)
    except NotFound:
        return Piece(noun, "", Standing.GONE, object_id)
    made = object_id in chain.created_ids()
    return Piece(noun, thing.name, Standing.MADE if made else Standing.REUSED, object_id)


async def _supposed(platform: Platform, entry: Entry) -> Piece:
    """Look for what an intent without a result may have made: of that name, and no older than the intent."""
    noun, name, step = noun_of(entry) or Noun.FLOW, entry.text("name") or "", entry.text("step") or ""
    found = await _service(platform, noun).named(name) if name else ()
    young = [each for each in found if _is_younger(each, entry.at - _CLOCKS_DIFFER)]
    if len(young) == 1:
        return Piece(noun, name, Standing.FOUND, young[0].id, step)
    # Several of one name: which of them is ours cannot be told, so none is touched.
    return Piece(noun, name, Standing.REUSED if found else Standing.NOT_MADE, found[0].id if found else None, step)


async def _run_of(platform: Platform, chain: Chain) -> Run | None:
    if chain.run_id is not None:
        try:
            return await platform.runs.get(chain.run_id)
        except NotFound:
            return None
    waiting = chain.last(Kind.WAITING)
    if waiting is None or chain.flow_id is None:
        return None
    known = waiting.facts.get("known")
    before = set(known) if isinstance(known, list) else set()
    runs = await platform.runs.of_flow(chain.flow_id, newest=_NEWEST)
    return next((run for run in runs if run.id not in before), None)


def _is_younger(thing: Thing, than: datetime) -> bool:
    created = moment(thing.raw.get("createdAt"))
    return created is None or created >= than


def _service(platform: Platform, noun: Noun) -> _Service:
    match noun:
        case Noun.SOURCE:
            return platform.source_connections
        case Noun.BASE:
            return platform.connections
        case Noun.TARGET:
            return platform.target_connections
        case _:
            return platform.flows
