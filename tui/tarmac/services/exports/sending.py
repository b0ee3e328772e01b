"""What a plan's steps ask of the platform: each object looked for, created or changed, with the ids of those before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Created
from tarmac.services.plans.compare import base_differences, source_differences, target_differences
from tarmac.services.plans.fingerprints import remember_secrets
from tarmac.services.plans.plan import Noun, Plan, PlanStep
from tarmac.services.plans.schedule_plan import wanted_params
from tarmac.services.plans.steps import NEW_SOURCE
from tarmac.services.plans.wanted import Wanted, wanted_for
from tarmac.services.workspace import Workspace
from tarmac.terms.schedules import ScheduleKind, ScheduleParams
from tarmac.terms.secrets import Secret
from tarmac.terms.states import ObjectState

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# How often a change whose outcome is not known is sent.
SENDS = 3

Find = Callable[[], Awaitable[str | None]]
Send = Callable[[], Awaitable[Created]]


@dataclass
class _Ids:
    source: str = ""
    base: str = ""
    target: str = ""


class Sender:
    """Sends what the steps of one plan need; a step may use the ids of those before it: `take` remembers them."""

    def __init__(self, ws: Workspace, platform: Platform, plan: Plan) -> None:
        self._ws = ws
        self._platform = platform
        self._plan = plan
        self._wanted: Wanted = wanted_for(plan.wish, plan.dataset, ws.profile.platform)
        self._ids = _Ids()
        self._secrets: dict[str, Secret] | None = None

    def take(self, step: PlanStep, object_id: str) -> None:
        """Remember the id of a step that is done, for the next ones."""
        match step.noun:
            case Noun.SOURCE:
                self._ids.source = object_id
            case Noun.BASE:
                self._ids.base = object_id
            case Noun.TARGET:
                self._ids.target = object_id
            case Noun.FLOW | Noun.RUN:
                pass

    def name_of(self, noun: Noun) -> str:
        """Return the name that a new object gets."""
        return self._wanted.base_name if noun is Noun.BASE else self._wanted.name

    def creation(self, noun: Noun) -> tuple[Find, Send]:
        """Return how an object is looked for, and how it is created."""
        match noun:
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
        usable = [each for each in found if each.state in {None, ObjectState.ENABLED}]
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

    async def remember_secrets(self, base_id: str) -> None:
        """Keep the fingerprint of the credentials that a base connection was given, if it was given any."""
        if self._secrets:
            await remember_secrets(self._ws.ledger, base_id, self._secrets)

    async def change(self, step: PlanStep, object_id: str) -> None:
        """Change an object as the step says. Raises StaleEtag, and what the platform raises."""
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
        for attempt in range(1, SENDS + 1):
            try:
                await send()
            except PlatformError as error:
                if not error.maybe_done or attempt == SENDS:
                    raise
                if await etag_now() != etag:
                    # Ours, or somebody else's a moment before it: the next plan compares every field again.
                    return
            else:
                return

    async def _switch(self, flow_id: str, *, enable: bool) -> None:
        flows = self._platform.flows
        for attempt in range(1, SENDS + 1):
            try:
                await (flows.enable(flow_id) if enable else flows.disable(flow_id))
            except PlatformError as error:
                wanted = ObjectState.ENABLED if enable else ObjectState.DISABLED
                is_there = (await flows.get(flow_id)).state == wanted
                if is_there:
                    return
                if not error.maybe_done or attempt == SENDS:
                    raise
            else:
                return

    def _filled(self, change: dict[str, Any]) -> dict[str, Any]:
        return {**change, "value": [self._ids.source]} if change.get("value") == [NEW_SOURCE] else change

    async def _credentials(self) -> dict[str, str | Secret]:
        if self._secrets is None:
            self._secrets = await self._ws.secrets(self._wanted.secret_refs)
        return dict(self._secrets)


async def _etag_of(answer: Awaitable[Any]) -> str | None:
    etag = (await answer).etag
    return etag if isinstance(etag, str) else None
