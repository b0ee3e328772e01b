"""What every item of a flow plan is made with: when a flow can be changed, how it is named, requests as they will be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.platform.messages import PlannedRequest
from tarmac.services.flows.flow_list import FlowRow
from tarmac.services.plans.plan import PlannedCall
from tarmac.services.plans.steps import short_id
from tarmac.terms.errors import UsageError
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# States in which the platform accepts changes (§3.9).
CHANGEABLE = frozenset(ObjectState)


def busy(row: FlowRow) -> UsageError:
    """Return why a flow cannot be changed just now."""
    return UsageError(
        f"{row.label} is {plain(row.state, 40)} just now",
        code="flow-state",
        meaning="The platform changes a flow only while it is enabled, disabled or initializing.",
        next_step="Try again in a minute.",
    )


def named(row: FlowRow) -> str:
    """Return name and short id."""
    return f'"{plain(row.name, 80)}" ({short_id(row.id)})'


def calls(platform: Platform, *planned: PlannedRequest) -> tuple[PlannedCall, ...]:
    """Return requests as they will be sent, without the token and without secrets."""
    shown = [platform.as_sent(each) for each in planned]
    return tuple(PlannedCall(each.method, each.path, each.body, tuple(each.headers.items())) for each in shown)
