"""Exports that began and did not end: what they were doing, what exists of them, and the three ways out (design §6.3).

Continue: `exporting.resume`. Adopt: keep what turned out to exist and call the chain over. Clean up: delete what this chain
made, flow first, then target and source, base last; never what it did not make and never what something else uses.

A chain on which some tarmac is at work just now is no leftover: it is not listed and cannot be cleaned up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tarmac.platform.errors import NotFound
from tarmac.platform.models import Connection, Flow, Run, SourceConnection, TargetConnection
from tarmac.platform.reading import moment
from tarmac.services.exports.ledger import STOPPED, Chain, Entry, Kind
from tarmac.services.flows.changes import FlowAction, FlowItem, ItemResult
from tarmac.services.flows.deleting import Deleter
from tarmac.services.plans.plan import Action, Noun, PlanStep
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

Thing = SourceConnection | Connection | TargetConnection | Flow

# What is deleted first uses what is deleted later.
_ORDER = (Noun.FLOW, Noun.TARGET, Noun.SOURCE, Noun.BASE)
# The platform's clock and ours may differ by so much when an object's age is compared with an intent's.
_CLOCKS_DIFFER = timedelta(minutes=10)
_NEWEST = 20
# A wait for readiness that was interrupted longer ago is gone on with only when a person says so.
_FRESH = timedelta(hours=2)


class Standing(StrEnum):
    """How things are with one object of a chain."""

    MADE = "made"  # the ledger has its id, and it is there
    FOUND = "turned out to exist"  # the ledger only knows that it was about to be made
    REUSED = "was there before"
    NOT_MADE = "was not made"
    GONE = "is gone"


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
        return self.chain.begun is not None and isinstance(self.chain.begun.facts.get("wish"), dict)

    @property
    def can_clean_up(self) -> bool:
        """Whether it created, or may have created, anything."""
        return bool(self.chain.created_ids()) or any(_is_create(each) for each in self.chain.open_intents())


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


async def leftovers(ws: Workspace) -> tuple[Leftover, ...]:
    """Return the unfinished chains that nobody works on, the newest first. Raises LedgerError; asks only the disk."""
    found = [chain for chain in reversed(await ws.ledger.unfinished()) if not await ws.ledger.is_worked_on(chain.id)]
    return tuple(_leftover(chain) for chain in found if chain.begun is not None)


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


async def examine(ws: Workspace, leftover: Leftover) -> Findings:
    """Ask the platform what exists of a leftover. Raises what the platform raises; changes nothing."""
    platform = await ws.platform()
    chain = leftover.chain
    pieces = [await _known(platform, chain, entry) for entry in _last_results(chain)]
    pieces += [await _supposed(platform, entry) for entry in chain.open_intents() if _is_create(entry)]
    return Findings(leftover, tuple(pieces), await _run_of(platform, chain))


async def adopt(ws: Workspace, leftover: Leftover) -> Findings:
    """Keep what exists, write it into the ledger, and call the chain over; the same wish finds and reuses it.

    Raises LedgerError (`chain-busy`) while somebody works on it, and what the platform raises.
    """
    chain_id = leftover.chain.id
    async with ws.ledger.working_on(chain_id, alone=True):
        findings = await examine(ws, await _again(ws, leftover))
        for piece in findings.pieces:
            if piece.standing is Standing.FOUND:
                await ws.ledger.add(
                    Kind.RESULT, chain_id, step=piece.step, noun=piece.noun.value, action="create", id=piece.id
                )
        if findings.run is not None and leftover.chain.run_id is None:
            flow_id = findings.run.flow_id or leftover.chain.flow_id
            await ws.ledger.add(Kind.FIRED, chain_id, flow_id=flow_id, run_id=findings.run.id)
        await ws.ledger.add(Kind.ENDED, chain_id, outcome="adopted")
    return findings


async def clean_up(ws: Workspace, leftover: Leftover) -> ItemResult:
    """Delete what the chain made and nothing else uses; the result says what was deleted and what was kept, and why.

    The chain is over when everything was deleted or kept for a reason; after an error it stays listed. Raises ReadOnly,
    LedgerError (`chain-busy`), UsageError (`run-going-on`) and what the platform raises while looking.
    """
    ws.require_write(f"clean up after the export {leftover.export}")
    chain_id, platform = leftover.chain.id, await ws.platform()
    async with ws.ledger.working_on(chain_id, alone=True):
        leftover = await _again(ws, leftover)
        findings = await examine(ws, leftover)
        if findings.is_running and findings.run is not None:
            raise UsageError(
                f"run {plain(findings.run.id, 80)} of {leftover.export} is going on",
                code="run-going-on",
                meaning="Deleting its dataflow now would leave half of the files behind.",
                next_step="Continue it, or wait for the run to end and clean up then.",
            )
        sandbox = platform.address.sandbox
        deleter = await Deleter.begin(ws, platform, sandbox, chain_id)
        steps = [_deletion(piece) for piece in findings.ours if not await _is_wanted(ws, leftover, piece)]
        item = FlowItem(chain_id, leftover.export, sandbox, FlowAction.CLEAN, tuple(steps))
        result = await deleter.carry_out(item)
        if result.error is None:
            await ws.ledger.add(Kind.ENDED, chain_id, outcome="cleaned up")
    return result


def in_words(found: Sequence[Leftover]) -> str:
    """Write one line about all leftovers, for the start of the app or of a command; empty for none."""
    if not found:
        return ""
    first = found[0]
    more = "" if len(found) == 1 else f", and {len(found) - 1} more"
    count = "1 export was" if len(found) == 1 else f"{len(found)} exports were"
    return f"{count} not finished: {plain(first.export, 60)} ({first.words}){more}."


async def _again(ws: Workspace, leftover: Leftover) -> Leftover:
    """Read the chain anew: another tarmac may have gone on with it since it was listed."""
    for chain in await ws.ledger.unfinished():
        if chain.id == leftover.chain.id:
            return _leftover(chain)
    raise UsageError(
        f"the export {leftover.export} was finished meanwhile",
        code="chain-ended",
        meaning="Another tarmac has gone on with it or cleaned it up.",
        next_step="Look at the runs and dataflows.",
    )


async def _is_wanted(ws: Workspace, leftover: Leftover, piece: Piece) -> bool:
    """Whether a base connection belongs to a destination that another unfinished export is about to use."""
    if piece.noun is not Noun.BASE:
        return False
    others = [chain for chain in await ws.ledger.unfinished() if chain.id != leftover.chain.id]
    names = {None if chain.begun is None else chain.begun.text("destination") for chain in others}
    return leftover.destination in names


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


def _last_results(chain: Chain) -> Iterable[Entry]:
    """Return the last result of every object that is still to be expected, in the order of creation."""
    by_id: dict[str, Entry] = {}
    for entry in chain.entries:
        known = entry.text("id")
        if entry.kind is not Kind.RESULT or known is None or _noun(entry) is None:
            continue
        if entry.text("action") == Action.DELETE.value:
            by_id.pop(known, None)
        else:
            by_id[known] = entry
    return by_id.values()


async def _known(platform: Platform, chain: Chain, entry: Entry) -> Piece:
    noun, object_id = _noun(entry) or Noun.FLOW, entry.text("id") or ""
    try:
        thing = await _getter(platform, noun)(object_id)
    except NotFound:
        return Piece(noun, "", Standing.GONE, object_id)
    made = object_id in chain.created_ids()
    return Piece(noun, thing.name, Standing.MADE if made else Standing.REUSED, object_id)


async def _supposed(platform: Platform, entry: Entry) -> Piece:
    """Look for what an intent without a result may have made: of that name, and no older than the intent."""
    noun, name, step = _noun(entry) or Noun.FLOW, entry.text("name") or "", entry.text("step") or ""
    found = await _finder(platform, noun)(name) if name else ()
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


def _deletion(piece: Piece) -> PlanStep:
    return PlanStep(piece.noun, Action.DELETE, piece.words, (), piece.id)


def _is_create(entry: Entry) -> bool:
    return entry.text("action") == Action.CREATE.value and _noun(entry) is not None


def _noun(entry: Entry) -> Noun | None:
    try:
        noun = Noun(entry.text("noun") or "")
    except ValueError:
        return None
    return noun if noun in _ORDER else None


def _getter(platform: Platform, noun: Noun) -> Callable[[str], Awaitable[Thing]]:
    match noun:
        case Noun.SOURCE:
            return platform.source_connections.get
        case Noun.BASE:
            return platform.connections.get
        case Noun.TARGET:
            return platform.target_connections.get
        case _:
            return platform.flows.get


def _finder(platform: Platform, noun: Noun) -> Callable[[str], Awaitable[Sequence[Thing]]]:
    match noun:
        case Noun.SOURCE:
            return platform.source_connections.named
        case Noun.BASE:
            return platform.connections.named
        case Noun.TARGET:
            return platform.target_connections.named
        case _:
            return platform.flows.named
