"""The values of a plan: the difference between a wish and what exists (design §2, §4 Review).

Made by `services.plans.planning`, carried out by `services.exports.applying`, shown alike by Review, `tarmac plan` and
`tarmac export`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tarmac.platform.models import Dataset
from tarmac.profiles.models import Destination, Export


@dataclass(frozen=True)
class Wish:
    """An export with its destination resolved: all that a plan needs to know about what is wanted."""

    export: Export
    destination: Destination

    @property
    def folder(self) -> str:
        """The folder given to the platform: the export's own path, else the destination's; no outer slashes."""
        return (self.export.path if self.export.path is not None else self.destination.path).strip("/")


class Noun(StrEnum):
    """What a step is about, in the platform's words, in the order of creation."""

    SOURCE = "source connection"
    BASE = "base connection"
    TARGET = "target connection"
    FLOW = "dataflow"
    RUN = "ad-hoc run"


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"
    REUSE = "reuse"
    CHANGE = "change"
    FIRE = "fire"
    DELETE = "delete"

    @property
    def sign(self) -> str:
        """The mark in front of the step on screen."""
        return {"create": "+", "reuse": "=", "change": "~", "fire": ">", "delete": "-"}[self.value]


@dataclass(frozen=True)
class Difference:
    """One field that is not as wanted."""

    field: str
    have: str
    want: str


@dataclass(frozen=True)
class PlannedCall:
    """One request as it will be sent, without secrets (`body` has masks in their place) and without the token."""

    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PlanStep:
    """One line of the plan. `summary` is one line, `notes` are the lines below it."""

    noun: Noun
    action: Action
    summary: str
    notes: tuple[str, ...] = ()
    existing_id: str | None = None
    differences: tuple[Difference, ...] = ()
    calls: tuple[PlannedCall, ...] = ()


class Verdict(StrEnum):
    """The result of a check; `BLOCKER` keeps the plan from being applied."""

    OK = "ok"
    WARNING = "warning"
    BLOCKER = "blocker"
    UNCHECKED = "unchecked"

    @property
    def sign(self) -> str:
        """The mark in front of the check on screen."""
        return {"ok": "✔", "warning": "!", "blocker": "✘", "unchecked": "?"}[self.value]


@dataclass(frozen=True)
class Check:
    """One thing looked at before sending anything.

    `confirm` is a word that a person has to type before the plan is carried out (a production sandbox, labelled data); empty
    where nothing is asked.
    """

    verdict: Verdict
    title: str
    detail: str = ""
    next_step: str = ""
    confirm: str = ""


@dataclass(frozen=True)
class ScheduleWindow:
    """When the flow may run: first scheduled run, end, how many runs lie between; `words` says it in one sentence."""

    words: str
    first_run: datetime | None = None
    end: datetime | None = None
    runs: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What will be done for one wish, and what was looked at first."""

    wish: Wish
    dataset: Dataset
    steps: tuple[PlanStep, ...]
    checks: tuple[Check, ...]
    window: ScheduleWindow
    folder_preview: str
    made_at: datetime
    marker: str
    flow_id: str | None = None
    etags: dict[str, str] = field(default_factory=dict)

    @property
    def has_changes(self) -> bool:
        """Whether anything would be created or changed (firing a run is not a change)."""
        return any(step.action in {Action.CREATE, Action.CHANGE} for step in self.steps)

    @property
    def blockers(self) -> tuple[Check, ...]:
        """The checks that keep it from being applied."""
        return tuple(check for check in self.checks if check.verdict is Verdict.BLOCKER)

    @property
    def guards(self) -> tuple[Check, ...]:
        """The checks that ask for a typed word."""
        return tuple(check for check in self.checks if check.confirm)

    @property
    def unsaid_schedule(self) -> tuple[str, ...]:
        """The words on the schedule that no step has; usually none, as the dataflow's step says them all."""
        said = {text for step in self.steps for text in (step.summary, *step.notes)}
        return tuple(text for text in (self.window.words, *self.window.notes) if text not in said)
