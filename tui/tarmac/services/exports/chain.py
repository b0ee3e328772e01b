"""What the ledger says: its entries, and the chain that entries of one carrying-out of one wish make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# Notes in a chain: a person stopped waiting for it, and took it up again.
STOPPED = "stopped"
TAKEN_UP = "taken up"


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
        last = next((entry for entry in reversed(self.entries) if entry.text("about") in {STOPPED, TAKEN_UP}), None)
        return last is not None and last.text("about") == STOPPED

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


def _latest(entries: tuple[Entry, ...], key: str) -> str | None:
    return next((value for entry in reversed(entries) if (value := entry.text(key)) is not None), None)
