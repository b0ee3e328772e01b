"""What the ledger says: its entries, and the chain that entries of one carrying-out of one wish make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tarmac.terms.schedules import ScheduleKind

# Notes in a chain: a person stopped waiting for it, took it up again, wanted its run fired and left to itself; time was up.
STOPPED = "stopped"
TAKEN_UP = "taken up"
LEFT = "left"
TIMED_OUT = "timed out"
# The Runs screen and the look for scheduled runs go back less far.
_KEPT_FOR = timedelta(days=7)
_NEWEST_KEPT = 500


class Kind(StrEnum):
    """What a line says."""

    BEGUN = "begun"  # a chain: the wish it carries out
    INTENT = "intent"  # a create or change is about to be sent
    RESULT = "result"  # it was done: `id`, `etag`
    REFUSED = "refused"  # it certainly was not done: `code`
    WAITING = "waiting"  # the flow exists, the ad-hoc run is asked for: `flow_id`
    FIRED = "fired"  # the run exists: `run_id`
    ENDED = "ended"  # the chain is over: `outcome`
    NOTE = "note"  # something remembered about an object (adopted flow, fingerprint of credentials)


@dataclass(frozen=True)
class Entry:
    """One line. `facts` holds everything but kind, moment and chain."""

    kind: Kind
    at: datetime
    chain: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        """Return a fact that is a non-empty string, else None."""
        value = self.facts.get(key)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True)
class Chain:
    """All entries of one chain, in order."""

    id: str
    entries: tuple[Entry, ...]

    @property
    def begun(self) -> Entry | None:
        """The first entry, if it survived."""
        return next((entry for entry in self.entries if entry.kind is Kind.BEGUN), None)

    @property
    def ended(self) -> Entry | None:
        """The last entry of a chain that is over."""
        return next((entry for entry in self.entries if entry.kind is Kind.ENDED), None)

    def last(self, kind: Kind) -> Entry | None:
        """Return the last entry of that kind."""
        return next((entry for entry in reversed(self.entries) if entry.kind is kind), None)

    @property
    def marker(self) -> str | None:
        """The marker of the export it carries out."""
        return None if self.begun is None else self.begun.text("marker")

    @property
    def wish_facts(self) -> Mapping[str, Any] | None:
        """The wish it carries out, as plain values; None where the ledger does not hold it."""
        facts = None if self.begun is None else self.begun.facts.get("wish")
        return facts if isinstance(facts, Mapping) else None

    @property
    def flow_id(self) -> str | None:
        """The flow, once known."""
        return _latest(self.entries, "flow_id")

    @property
    def run_id(self) -> str | None:
        """The run, once it was fired."""
        fired = self.last(Kind.FIRED)
        return None if fired is None else fired.text("run_id")

    def ids(self) -> dict[str, str]:
        """Return the id of every object that was created or changed, by noun."""
        return {
            noun: known
            for entry in self.entries
            if entry.kind is Kind.RESULT
            and (noun := entry.text("noun")) is not None
            and (known := entry.text("id")) is not None
        }

    @property
    def is_set_aside(self) -> bool:
        """Whether a person stopped it: then it is gone on with only when a person says so."""
        return self._last_of(STOPPED, TAKEN_UP) == STOPPED

    def _last_of(self, *words: str) -> str | None:
        """Return the one of these notes that was written last."""
        return next((about for entry in reversed(self.entries) if (about := entry.text("about")) in words), None)

    @property
    def is_left(self) -> bool:
        """Whether its run was fired to be left to itself: nothing was interrupted."""
        return self.run_id is not None and self._last_of(LEFT, TIMED_OUT) == LEFT

    def created_ids(self) -> tuple[str, ...]:
        """Return the ids of what this chain created itself."""
        return tuple(
            known
            for entry in self.entries
            if entry.kind is Kind.RESULT
            and entry.text("action") == "create"
            and entry.facts.get("found") is not True
            and (known := entry.text("id")) is not None
        )

    def open_intents(self) -> tuple[Entry, ...]:
        """Return intents without a result: what may or may not exist on the platform."""
        answered: set[str] = set()
        for entry in self.entries:
            if entry.kind in {Kind.RESULT, Kind.REFUSED} and (step := entry.text("step")) is not None:
                answered.add(step)
        return tuple(
            entry for entry in self.entries if entry.kind is Kind.INTENT and entry.text("step") not in answered
        )


def chains_of(entries: Iterable[Entry]) -> tuple[Chain, ...]:
    """Return the chains, in the order in which they began."""
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.chain:
            grouped.setdefault(entry.chain, []).append(entry)
    return tuple(Chain(chain, tuple(found)) for chain, found in grouped.items())


def old_chains(chains: Sequence[Chain], now: datetime) -> frozenset[str]:
    """Return the ids of the chains, oldest first as `chains` are, that nothing asks for any more.

    They ended some time ago, made nothing that might be cleaned up, and are not the last word on their dataflow. Runs that were
    fired on demand beside a schedule stay known, for the read set has to tell them from the scheduled ones.
    """
    newest_of_flow = {chain.flow_id: chain.id for chain in chains}
    ended = [chain for chain in chains if chain.ended is not None]
    return frozenset(
        chain.id
        for chain in ended[:-_NEWEST_KEPT]
        if chain.ended is not None
        and now - chain.ended.at > _KEPT_FOR
        and not chain.created_ids()
        and newest_of_flow[chain.flow_id] != chain.id
        and not _is_beside_a_schedule(chain)
    )


def _is_beside_a_schedule(chain: Chain) -> bool:
    wish, waiting = chain.wish_facts, chain.last(Kind.WAITING)
    is_scheduled = waiting is not None and waiting.facts.get("scheduled") is True
    return not is_scheduled and wish is not None and wish.get("kind") == ScheduleKind.INCREMENTAL.value


def _latest(entries: tuple[Entry, ...], key: str) -> str | None:
    return next((value for entry in reversed(entries) if (value := entry.text(key)) is not None), None)
