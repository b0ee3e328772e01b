"""Carrying out a plan: source, base, target, flow, in this order, each written down before it is sent (design §6.2, §6.3).

Before anything is created it is looked for under its marked name: a crash, a timeout or another machine may have made it
already. A create whose outcome is not known is looked for again, several times, before it is sent again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError, StaleEtag
from tarmac.platform.models import Flow
from tarmac.services.errors import MadeTwice, PlanOutdated
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.pacing import asked_to_wait_s
from tarmac.services.exports.progress import StepDone, StepStarted
from tarmac.services.exports.sending import SENDS, Find, Send, Sender
from tarmac.services.flows.changes import FlowAction, FlowItem
from tarmac.services.flows.deleting import Deleter
from tarmac.services.plans.guards import remember_words, require_words
from tarmac.services.plans.plan import Action, Noun, Plan, PlanStep
from tarmac.services.plans.planning import refuse_if_blocked
from tarmac.services.plans.wishes import wish_facts
from tarmac.services.workspace import Workspace

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Seconds between looks for an object whose create got no answer, before it is sent again.
_LOOKS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_LOCK_WAIT_S = 60.0


async def apply(
    ws: Workspace, plan: Plan, *, chain: str | None = None, confirm: Collection[str] = ()
) -> AsyncGenerator[StepStarted | StepDone, None]:
    """Carry out all steps of the plan but the run; yield what happens. `confirm` holds the words typed for its guards.

    `chain` is the ledger chain to write into; without one the plan gets a chain of its own. Raises ReadOnly, PlanRefused and
    NotConfirmed before anything is sent, PlanOutdated when somebody changed an object since, and what the platform raises.
    """
    ws.require_write(f"change the export {plan.wish.export.name}")
    refuse_if_blocked(plan)
    require_words(plan.guards, confirm)
    own = await begin_chain(ws, plan) if chain is None else chain
    await remember_words(ws, plan.marker, plan.guards, confirm)
    async with ws.ledger.only_one(plan.marker, wait_s=_LOCK_WAIT_S):
        applier = _Applier(ws, await ws.platform(), plan, own)
        for number, step in enumerate(plan.steps):
            if step.noun is Noun.RUN:
                continue
            yield StepStarted(step)
            yield await applier.carry_out(step, number)
    if chain is None:
        await ws.ledger.add(Kind.ENDED, own, outcome="applied")


async def begin_chain(ws: Workspace, plan: Plan) -> str:
    """Write the wish into the ledger, so that a crash leaves something to continue, and return the chain's id."""
    export = plan.wish.export
    return await ws.ledger.begin(
        ahead_s=ws.ahead_s,
        marker=plan.marker,
        export=export.name,
        dataset_id=plan.dataset.id,
        dataset_name=plan.dataset.name,
        destination=plan.wish.destination.name,
        wish=wish_facts(plan.wish),
    )


class _Applier:
    """Carries out the steps of one plan, in order."""

    def __init__(self, ws: Workspace, platform: Platform, plan: Plan, chain: str) -> None:
        self._ws = ws
        self._platform = platform
        self._plan = plan
        self._chain = chain
        self._sender = Sender(ws, platform, plan)
        self._made: list[tuple[Noun, str]] = []

    async def carry_out(self, step: PlanStep, number: int) -> StepDone:
        """Do one step and remember its id for the next ones."""
        if step.action is Action.REUSE and step.existing_id is not None:
            self._sender.take(step, step.existing_id)
            return StepDone(step, step.existing_id, created=False)
        if step.action is Action.CREATE:
            object_id, created = await self._create(step, number)
        else:
            object_id, created = await self._change(step, number), False
        self._sender.take(step, object_id)
        return StepDone(step, object_id, created)

    async def _create(self, step: PlanStep, number: int) -> tuple[str, bool]:
        find, send = self._sender.creation(step.noun)
        found = await find()
        if found is not None:
            await self._note(Kind.RESULT, step, number, id=found, found=True)
            return found, False
        await self._note(Kind.INTENT, step, number, name=self._sender.name_of(step.noun))
        object_id = await self._send_once(step, number, find, send)
        await self._note(Kind.RESULT, step, number, id=object_id)
        self._made.append((step.noun, object_id))
        if step.noun is Noun.BASE:
            await self._sender.remember_secrets(object_id)
        if step.noun is Noun.FLOW:
            await self._make_way_for_an_older_one(object_id)
        return object_id, True

    async def _make_way_for_an_older_one(self, flow_id: str) -> None:
        """Keep one dataflow where several machines made one at the same moment: all of them keep the oldest.

        Raises MadeTwice when that is not ours: what was made here is deleted then, and another plan finds the other one.
        """
        twins = await self._platform.flows.named(self._sender.name_of(Noun.FLOW))
        replaced = {step.existing_id for step in self._plan.steps}
        first = min((each for each in twins if each.id not in replaced), key=_age, default=None)
        if first is None or first.id == flow_id:
            return
        sandbox = self._platform.address.sandbox
        steps = tuple(PlanStep(noun, Action.DELETE, "made twice", (), made) for noun, made in reversed(self._made))
        deleter = await Deleter.begin(self._ws, self._platform, sandbox, self._chain)
        result = await deleter.carry_out(
            FlowItem(flow_id, self._plan.wish.export.name, sandbox, FlowAction.CLEAN, steps)
        )
        if result.error is not None:
            raise result.error
        raise MadeTwice(
            f"another tarmac made the dataflow of {self._plan.wish.export.name} at the same moment",
            meaning="What was made here is taken away again, so that nothing is delivered twice.",
            next_step="Give the same command again: it uses the other dataflow.",
        )

    async def _send_once(self, step: PlanStep, number: int, find: Find, send: Send) -> str:
        """Send a create; where no answer says whether it was done, look, and send again only if it is not there."""
        for attempt in range(1, SENDS + 1):
            try:
                return (await send()).id
            except PlatformError as error:
                if not error.maybe_done:
                    await self._note(Kind.REFUSED, step, number, code=error.code)
                    raise
                await self._ws.clock.sleep(asked_to_wait_s(error))
                found = await self._look_again(find)
                if found is not None:
                    return found
                if attempt == SENDS:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover - the loop returns or raises

    async def _look_again(self, find: Find) -> str | None:
        for pause in _LOOKS_S:
            await self._ws.clock.sleep(pause)
            found = await find()
            if found is not None:
                return found
        return None

    async def _change(self, step: PlanStep, number: int) -> str:
        object_id = step.existing_id or ""
        await self._note(Kind.INTENT, step, number, id=object_id)
        try:
            await self._sender.change(step, object_id)
        except StaleEtag as error:
            await self._note(Kind.REFUSED, step, number, code=error.code)
            raise PlanOutdated(
                f"somebody changed the {step.noun.value} {object_id} since this plan was made",
                meaning="What was planned may no longer be right, so it was not sent.",
                next_step="Plan again and look at the difference.",
                request_id=error.request_id,
            ) from error
        except PlatformError as error:
            if not error.maybe_done:
                await self._note(Kind.REFUSED, step, number, code=error.code)
            raise
        await self._note(Kind.RESULT, step, number, id=object_id)
        return object_id

    async def _note(self, kind: Kind, step: PlanStep, number: int, **facts: Any) -> None:
        await self._ws.ledger.add(
            kind, self._chain, step=str(number), noun=step.noun.value, action=step.action.value, **facts
        )


def _age(flow: Flow) -> tuple[datetime, str]:
    """The oldest first; the same order on every machine."""
    return flow.created_at or datetime.max.replace(tzinfo=UTC), flow.id
