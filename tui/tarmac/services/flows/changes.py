"""The values of a reviewed change of flows: several flows as one plan, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tarmac.platform.models import Flow
from tarmac.services.plans.plan import Check, Difference, PlanStep
from tarmac.terms.errors import TarmacError
from tarmac.terms.schedules import Schedule, ScheduleParams


class FlowAction(StrEnum):
    """What is done with a flow; `CLEAN` deletes connections that no flow uses."""

    ENABLE = "enable"
    DISABLE = "disable"
    RESCHEDULE = "reschedule"
    EXTEND = "extend"
    DELETE = "delete"
    CLEAN = "clean up"


@dataclass(frozen=True)
class FlowItem:
    """One flow of a plan (or one orphaned connection, with `flow` None).

    Without `steps` there is nothing to do; `refused` says why nothing can be done. `flow` is the flow as it was seen when
    the plan was made, `schedule` the whole `scheduleParams` to send, on the wire. Where the flow carries out an export of
    ours, `export` is its name and `wish` the schedule that its saved file gets, so that the next `tarmac export` keeps it.
    """

    id: str
    name: str
    sandbox: str
    action: FlowAction
    steps: tuple[PlanStep, ...] = ()
    notes: tuple[str, ...] = ()
    flow: Flow | None = None
    schedule: dict[str, Any] | None = None
    refused: TarmacError | None = None
    export: str | None = None
    wish: Schedule | None = None

    @property
    def wanted(self) -> ScheduleParams | None:
        """The schedule to send, as a value."""
        return None if self.schedule is None else ScheduleParams.from_wire(self.schedule)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference of every step."""
        return tuple(each for step in self.steps for each in step.differences)


@dataclass(frozen=True)
class FlowPlan:
    """Several flows as one reviewed change. `checks` are about the whole; those with `confirm` ask for a typed word."""

    action: FlowAction
    items: tuple[FlowItem, ...]
    made_at: datetime
    checks: tuple[Check, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether anything would be sent."""
        return any(item.steps for item in self.items)

    @property
    def guards(self) -> tuple[Check, ...]:
        """The checks that ask for a typed word."""
        return tuple(check for check in self.checks if check.confirm)


class ItemOutcome(StrEnum):
    """What came of one flow."""

    DONE = "done"
    UNCHANGED = "unchanged"
    CONFLICT = "changed by somebody else"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def sign(self) -> str:
        """The mark in front of the result."""
        return {"done": "✔", "unchanged": "=", "changed by somebody else": "!"}.get(self.value, "✘")

    @property
    def is_good(self) -> bool:
        """Whether the flow is as the plan wanted it."""
        return self in {ItemOutcome.DONE, ItemOutcome.UNCHANGED}


@dataclass(frozen=True)
class ItemResult:
    """One flow's result. `differences` are what somebody else changed meanwhile: planned for → found now.

    An `error` beside a good outcome: the flow is as wanted, and something that belongs to it is not.
    """

    item: FlowItem
    outcome: ItemOutcome
    differences: tuple[Difference, ...] = ()
    deleted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    error: TarmacError | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing is left to do about this flow."""
        return self.outcome.is_good and self.error is None
