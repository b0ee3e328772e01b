"""Carrying out a plan: source, base, target, flow, in this order, each written down before it is sent (design §6.2, §6.3).

Before anything is created it is looked for under its marked name: a crash, a timeout or another machine may have made it
already. A create whose outcome is not known is looked for again, several times, before it is sent again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError, StaleEtag
from tarmac.platform.models import Created
from tarmac.services.errors import PlanOutdated
from tarmac.services.exports.ledger import Kind
from tarmac.services.exports.progress import StepDone, StepStarted
from tarmac.services.plans.compare import base_differences, source_differences, target_differences
from tarmac.services.plans.fingerprints import remember_secrets
from tarmac.services.plans.guards import remember_words, require_words
from tarmac.services.plans.plan import Action, Noun, Plan, PlanStep
from tarmac.services.plans.planning import refuse_if_blocked
from tarmac.services.plans.schedule_plan import wanted_params
from tarmac.services.plans.steps import NEW_SOURCE
from tarmac.services.plans.wanted import Wanted, wanted_for
from tarmac.services.plans.wishes import wish_facts
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ScheduleKind, ScheduleParams
from tarmac.terms.secrets import Secret

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Seconds between looks for an object whose create got no answer, and how often it is sent again after all looks.
_LOOKS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_SENDS = 3
_LOCK_WAIT_S = 60.0

Find = Callable[[], Awaitable[str | None]]
Send = Callable[[], Awaitable[Created]]


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
        marker=plan.marker,
        export=export.name,
        dataset_id=plan.dataset.id,
        dataset_name=plan.dataset.name,
        destination=plan.wish.destination.name,
        wish=wish_facts(plan.wish),
    )


@dataclass
class _Ids:
    source: str = ""
    base: str = ""
    target: str = ""
    flow: str = ""


class _Applier:
    """Carries out the steps of one plan, in order."""

    def __init__(self, ws: Workspace, platform: Platform, plan: Plan, chain: str) -> None:
        self._ws = ws
        self._platform = platform
        self._plan = plan
        self._chain = chain
        self._wanted: Wanted = wanted_for(plan.wish, plan.dataset, ws.profile.platform)
        self._ids = _Ids()
        self._secrets: dict[str, Secret] | None = None

    async def carry_out(self, step: PlanStep, number: int) -> StepDone:
        """Do one step and remember its id for the next ones."""
        if step.action is Action.REUSE and step.existing_id is not None:
            self._take(step, step.existing_id)
            return StepDone(step, step.existing_id, created=False)
        if step.action is Action.CREATE:
            object_id, created = await self._create(step, number)
        else:
            object_id, created = await self._change(step, number), False
        self._take(step, object_id)
        return StepDone(step, object_id, created)

    def _take(self, step: PlanStep, object_id: str) -> None:
        match step.noun:
            case Noun.SOURCE:
                self._ids.source = object_id
            case Noun.BASE:
                self._ids.base = object_id
            case Noun.TARGET:
                self._ids.target = object_id
            case Noun.FLOW:
                # Steps after the first are earlier flows that are switched off.
                self._ids.flow = self._ids.flow or object_id
            case Noun.RUN:
                pass

    async def _create(self, step: PlanStep, number: int) -> tuple[str, bool]:
        find, send = self._how(step)
        found = await find()
        if found is not None:
            await self._note(Kind.RESULT, step, number, id=found, found=True)
            return found, False
        name = self._wanted.base_name if step.noun is Noun.BASE else self._wanted.name
        await self._note(Kind.INTENT, step, number, name=name)
        object_id = await self._send_once(step, number, find, send)
        await self._note(Kind.RESULT, step, number, id=object_id)
        if step.noun is Noun.BASE and self._secrets:
            await remember_secrets(self._ws.ledger, object_id, self._secrets)
        return object_id, True

    async def _send_once(self, step: PlanStep, number: int, find: Find, send: Send) -> str:
        """Send a create; where no answer says whether it was done, look, and send again only if it is not there."""
        for attempt in range(1, _SENDS + 1):
            try:
                return (await send()).id
            except PlatformError as error:
                if not error.maybe_done:
                    await self._note(Kind.REFUSED, step, number, code=error.code)
                    raise
                found = await self._look_again(find)
                if found is not None:
                    return found
                if attempt == _SENDS:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover - the loop returns or raises

    async def _look_again(self, find: Find) -> str | None:
        for pause in _LOOKS_S:
            await self._ws.clock.sleep(pause)
            found = await find()
            if found is not None:
                return found
        return None

    def _how(self, step: PlanStep) -> tuple[Find, Send]:
        match step.noun:
            case Noun.SOURCE:
                return self._find_source, self._send_source
            case Noun.BASE:
                return self._find_base, self._send_base
            case Noun.TARGET:
                return self._find_target, self._send_target
            case _:
                return self._find_flow, self._send_flow

    async def _find_source(self) -> str | None:
        found = await self._platform.source_connections.named(self._wanted.name)
        return next((each.id for each in found if not source_differences(each, self._wanted)), None)

    async def _send_source(self) -> Created:
        dataset = self._plan.dataset
        return await self._platform.source_connections.create(self._wanted.name, [(dataset.id, dataset.name)])

    async def _find_base(self) -> str | None:
        found = await self._platform.connections.named(self._wanted.base_name)
        usable = [each for each in found if each.state in {None, "enabled"}]
        return next((each.id for each in usable if not base_differences(each, self._wanted)), None)

    async def _send_base(self) -> Created:
        wanted = self._wanted
        auth = None if wanted.auth is None else wanted.auth.spec_name
        params = None if auth is None else await self._credentials()
        return await self._platform.connections.create(wanted.base_name, wanted.spec.connection_spec_id, auth, params)

    async def _find_target(self) -> str | None:
        found = await self._platform.target_connections.named(self._wanted.name)
        return next((each.id for each in found if not target_differences(each, self._wanted, self._ids.base)), None)

    async def _send_target(self) -> Created:
        wanted, export = self._wanted, self._plan.wish.export
        return await self._platform.target_connections.create(
            wanted.name,
            wanted.spec.connection_spec_id,
            self._ids.base,
            wanted.location,
            export.format,
            export.compression,
        )

    async def _find_flow(self) -> str | None:
        for each in await self._platform.flows.named(self._wanted.name):
            if (each.source_connection_ids, each.target_connection_ids) == ((self._ids.source,), (self._ids.target,)):
                return each.id
        return None

    async def _send_flow(self) -> Created:
        wanted = self._wanted
        return await self._platform.flows.create(
            wanted.name, wanted.spec.flow_spec_id, [self._ids.source], [self._ids.target], self._new_schedule()
        )

    def _new_schedule(self) -> ScheduleParams:
        """Return the planned schedule; a one-time start "now" is taken anew, for reading the plan took its time."""
        step = next(step for step in self._plan.steps if step.noun is Noun.FLOW)
        planned = ScheduleParams.from_wire(step.calls[0].body["scheduleParams"])
        export = self._plan.wish.export
        if export.schedule.kind is ScheduleKind.ONCE and export.schedule.start is None:
            return wanted_params(export.schedule, self._ws.now(), export.folder_template)
        return planned

    async def _change(self, step: PlanStep, number: int) -> str:
        object_id = step.existing_id or ""
        await self._note(Kind.INTENT, step, number, id=object_id)
        try:
            await self._send_change(step, object_id)
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

    async def _send_change(self, step: PlanStep, object_id: str) -> None:
        etag = self._plan.etags.get(object_id, "")
        match step.noun:
            case Noun.BASE:
                params = await self._credentials()
                connections = self._platform.connections
                await self._changed(
                    lambda: connections.change_credentials(object_id, etag, params),
                    lambda: _etag_of(connections.get(object_id)),
                    etag,
                )
                await remember_secrets(self._ws.ledger, object_id, self._secrets or {})
            case Noun.TARGET:
                params_wanted, targets = step.calls[0].body[0]["value"], self._platform.target_connections
                await self._changed(
                    lambda: targets.change(object_id, etag, params_wanted),
                    lambda: _etag_of(targets.get(object_id)),
                    etag,
                )
            case _:
                await self._change_flow(step, object_id, etag)

    async def _change_flow(self, step: PlanStep, object_id: str, etag: str) -> None:
        flows = self._platform.flows
        for call in step.calls:
            if call.method == "PATCH":
                changes = [self._filled(change) for change in call.body]
                await self._changed(
                    lambda changes=changes: flows.change(object_id, etag, changes),  # type: ignore[misc]
                    lambda: _etag_of(flows.get(object_id)),
                    etag,
                )
            else:
                await self._switch(object_id, enable=call.path.endswith("op=enable"))

    async def _changed(self, send: Send, etag_now: Callable[[], Awaitable[str | None]], etag: str) -> None:
        """Send a change; where no answer came, the etag tells whether it was carried out."""
        for attempt in range(1, _SENDS + 1):
            try:
                await send()
            except PlatformError as error:
                if not error.maybe_done or attempt == _SENDS:
                    raise
                if await etag_now() != etag:
                    # Ours, or somebody else's a moment before it: the next plan compares every field again.
                    return
            else:
                return

    async def _switch(self, flow_id: str, *, enable: bool) -> None:
        flows = self._platform.flows
        for attempt in range(1, _SENDS + 1):
            try:
                await (flows.enable(flow_id) if enable else flows.disable(flow_id))
            except PlatformError as error:
                is_there = (await flows.get(flow_id)).state == ("enabled" if enable else "disabled")
                if is_there:
                    return
                if not error.maybe_done or attempt == _SENDS:
                    raise
            else:
                return

    def _filled(self, change: dict[str, Any]) -> dict[str, Any]:
        return {**change, "value": [self._ids.source]} if change.get("value") == [NEW_SOURCE] else change

    async def _credentials(self) -> dict[str, str | Secret]:
        if self._secrets is None:
            self._secrets = await self._ws.secrets(self._wanted.secret_refs)
        return dict(self._secrets)

    async def _note(self, kind: Kind, step: PlanStep, number: int, **facts: Any) -> None:
        await self._ws.ledger.add(
            kind, self._chain, step=str(number), noun=step.noun.value, action=step.action.value, **facts
        )


async def _etag_of(answer: Awaitable[Any]) -> str | None:
    etag = (await answer).etag
    return etag if isinstance(etag, str) else None
