"""Carrying out a plan of flow changes: every flow is read again before it is written, and somebody else's change is never lost.

Whatever happens to one flow, the next ones are still tried; each has a result of its own. Every write is in the ledger before
it is sent. Carrying the same plan out twice changes nothing the second time.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError, Refused, StaleEtag
from tarmac.platform.models import Flow
from tarmac.profiles.errors import ProfileError
from tarmac.services.exports.chain import Kind
from tarmac.services.flows.change_plan import schedule_change
from tarmac.services.flows.changes import FlowAction, FlowItem, FlowPlan, ItemOutcome, ItemResult
from tarmac.services.flows.deleting import Deleter
from tarmac.services.flows.flow_list import platform_of
from tarmac.services.flows.meanwhile import changed_meanwhile
from tarmac.services.flows.saved import keep_saved_export
from tarmac.services.plans.guards import CONFIRMED, require_words
from tarmac.services.plans.plan import Difference
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# How often a flow is read and written again when others write it at the same time, or when no answer came.
_TRIES = 5


async def apply_changes(
    ws: Workspace, plan: FlowPlan, *, confirm: Collection[str] = ()
) -> AsyncGenerator[ItemResult, None]:
    """Carry out the plan; yield one result a flow, in the plan's order.

    `confirm` holds the words that a person typed for its guards. Raises ReadOnly and NotConfirmed before anything is sent;
    what the platform says to one flow is in that flow's result.
    """
    ws.require_write(f"{plan.action.value} {len(plan.items)} {'flow' if len(plan.items) == 1 else 'flows'}")
    if plan.has_changes:
        require_words(plan.guards, confirm)
    chain = secrets.token_hex(8)
    for guard in plan.guards:
        await ws.ledger.add(
            Kind.NOTE, chain, about=CONFIRMED, change=plan.action.value, word=guard.confirm, subject=guard.title
        )
    deleters: dict[str, Deleter] = {}
    for item in plan.items:
        if item.refused is not None:
            yield ItemResult(item, ItemOutcome.REFUSED, error=item.refused)
        elif not item.steps:
            yield ItemResult(item, ItemOutcome.UNCHANGED)
        else:
            platform = await platform_of(ws, item.sandbox)
            if item.action in {FlowAction.DELETE, FlowAction.CLEAN}:
                if item.sandbox not in deleters:
                    deleters[item.sandbox] = await Deleter.begin(ws, platform, item.sandbox, chain)
                yield await deleters[item.sandbox].carry_out(item)
            else:
                yield await _Change(ws, platform, chain, item).carry_out()
    if plan.has_changes:
        await ws.ledger.add(Kind.ENDED, chain, outcome=plan.action.value)


@dataclass(frozen=True)
class _Change:
    """One flow being enabled, disabled or given another schedule."""

    ws: Workspace
    platform: Platform
    chain: str
    item: FlowItem

    async def carry_out(self) -> ItemResult:
        try:
            result = await self._tried()
        except TarmacError as error:
            if not (isinstance(error, PlatformError) and error.maybe_done):
                await self._note(Kind.REFUSED, code=error.code)
            return ItemResult(self.item, ItemOutcome.FAILED, error=error)
        if result.outcome is not ItemOutcome.DONE:
            return result
        await self._note(Kind.RESULT, id=self.item.id)
        try:
            await keep_saved_export(self.ws, self.item)
        except ProfileError as error:
            return replace(result, error=_not_kept(self.item, error))
        return result

    async def _tried(self) -> ItemResult:
        item, sent = self.item, False
        for attempt in range(1, _TRIES + 1):
            now = await self.platform.flows.get(item.id)
            if self._is_done(now):
                return ItemResult(item, ItemOutcome.DONE if sent else ItemOutcome.UNCHANGED)
            others = self._others(now)
            if others:
                await self._note(Kind.REFUSED, code="changed-meanwhile")
                return ItemResult(item, ItemOutcome.CONFLICT, others)
            if not sent:
                await self._note(Kind.INTENT, id=item.id, before=_shown(now))
            try:
                sent = True
                await self._send(now)
            except StaleEtag:
                # Something was written between our look and our write: look again whether it concerns us.
                if attempt == _TRIES:
                    raise
            except PlatformError as error:
                # A refusal may be the answer to a change that was carried out before its own answer was lost.
                if attempt == _TRIES or not (error.maybe_done or self._is_state_answer(error)):
                    raise
            else:
                return ItemResult(item, ItemOutcome.DONE)
        raise AssertionError("unreachable")  # pragma: no cover - the last try returns or raises

    async def _send(self, now: Flow) -> None:
        flows, item = self.platform.flows, self.item
        match item.action:
            case FlowAction.ENABLE:
                await flows.enable(item.id)
            case FlowAction.DISABLE:
                await flows.disable(item.id)
            case _:
                await flows.change(item.id, now.etag or "", [schedule_change(self._whole(now))])

    def _whole(self, now: Flow) -> dict[str, Any]:
        """Return the whole schedule: what the plan wants over what is stored, so that fields unknown to us stay."""
        stored = now.raw.get("scheduleParams")
        return {**(stored if isinstance(stored, dict) else {}), **(self.item.schedule or {})}

    def _is_done(self, now: Flow) -> bool:
        match self.item.action:
            case FlowAction.ENABLE:
                return now.state == ObjectState.ENABLED
            case FlowAction.DISABLE:
                return now.state == ObjectState.DISABLED
            case _:
                return now.schedule == self.item.wanted

    def _others(self, now: Flow) -> tuple[Difference, ...]:
        """Return what somebody else changed of what this plan is about; a switch is about the state alone."""
        if self.item.flow is None or self.item.action in {FlowAction.ENABLE, FlowAction.DISABLE}:
            return ()
        return changed_meanwhile(self.item.flow, now, whole=False)

    def _is_state_answer(self, error: PlatformError) -> bool:
        is_switch = self.item.action in {FlowAction.ENABLE, FlowAction.DISABLE}
        return is_switch and isinstance(error, Refused) and "1422-400" in f"{error.code} {error.raw}"

    async def _note(self, kind: Kind, **facts: Any) -> None:
        step = f"{self.item.action.value} {self.item.id}"
        await self.ws.ledger.add(
            kind, self.chain, step=step, noun="dataflow", action="change", sandbox=self.item.sandbox, **facts
        )


def _not_kept(item: FlowItem, error: ProfileError) -> TarmacError:
    return TarmacError(
        f"the dataflow was changed, the saved export {plain(item.export or '', 80)} was not: {error.message}",
        code="saved-export",
        meaning="The next export by that name would change the dataflow back.",
        next_step=f"{error.next_step} Then give its file the same schedule.".strip(),
    )


def _shown(flow: Flow) -> dict[str, Any]:
    """What the flow was before, so that a person can put it back by hand."""
    return {"state": flow.state, "scheduleParams": (flow.schedule or ScheduleParams()).to_wire()}
