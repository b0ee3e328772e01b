"""Dataflows: what goes where, when (§3.7, §3.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError, bad_request, bad_spec_id, flow_error
from tarmac.emulator.connections import base_id
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import FLOW_SERVICE, Resource, draft, spec_reference
from tarmac.emulator.schedule_rules import checked_schedule
from tarmac.emulator.source_connections import datasets_of
from tarmac.emulator.specs import AUDIENCE_FLOW_SPEC_IDS
from tarmac.emulator.state import Collection, Entity
from tarmac.emulator.wire import Caller, answer, caller_of
from tarmac.terms.destinations import kind_of_flow_spec
from tarmac.terms.times import from_millis

MAX_FLOWS = 100
_ACTIONS = {"enable": ("disabled", "enabled"), "disable": ("enabled", "disabled")}


class Flows(Resource):
    """`/flows`."""

    noun = "flows"
    patchable = frozenset({"name", "description", "scheduleParams", "sourceConnectionIds", "targetConnectionIds"})

    def __init__(self, platform: Platform, on_change: Callable[[], None]) -> None:
        super().__init__(platform, platform.state.flows)
        self._on_change = on_change

    def routes(self) -> list[BaseRoute]:
        """Return the routes, with enable and disable."""
        return [*super().routes(), Route(f"{FLOW_SERVICE}/flows/{{entity_id}}/action", self.action, methods=["POST"])]

    def build(self, body: dict[str, Any], caller: Caller) -> Entity:
        """Check specs, connections and schedule."""
        if len(self.owned(caller)) >= MAX_FLOWS:
            raise bad_request(f"The maximum number of [{MAX_FLOWS}] destination dataflows in this sandbox was reached.")
        spec_id = spec_reference(body, "flowSpec")
        if kind_of_flow_spec(spec_id) is None and spec_id not in AUDIENCE_FLOW_SPEC_IDS.values():
            raise bad_spec_id()
        if not isinstance(body.get("transformations"), list):
            raise bad_request("The field [transformations] is required; it is [] for datasets.")
        wire = {
            "flowSpec": {"id": spec_id, "version": "1.0"},
            "sourceConnectionIds": body.get("sourceConnectionIds"),
            "targetConnectionIds": body.get("targetConnectionIds"),
            "transformations": body["transformations"],
        }
        self._connect(wire, caller)
        if body.get("scheduleParams"):
            wire["scheduleParams"] = self._schedule(body["scheduleParams"], self.platform.now())
        flow = draft(wire, {"scheduleSetAt": self.platform.now_ms()})
        wire["runs"] = f"/runs?property=flowId=={flow.id}"
        wire["lastOperation"] = self._operation("create", [])
        return flow

    def rebuild(self, entity: Entity, changed: dict[str, Any], caller: Caller) -> Entity:
        """Check what was patched."""
        self._connect(changed, caller)
        if changed.get("scheduleParams"):
            created = from_millis(changed["createdAt"])
            stored = entity.wire.get("scheduleParams")
            changed["scheduleParams"] = self._schedule(changed["scheduleParams"], created, stored)
        elif "scheduleParams" in changed:
            del changed["scheduleParams"]
        changed["lastOperation"] = self._operation("update", sorted(_differences(entity.wire, changed)))
        hidden = dict(entity.hidden)
        if _start_of(changed) != _start_of(entity.wire):
            # A new start begins anew; a new end or step goes on from what has run.
            hidden["scheduleSetAt"] = self.platform.now_ms()
            hidden.pop("scheduledUntil", None)
        return Entity(entity.id, changed, hidden)

    def changed(self) -> None:
        """The scheduler looks again."""
        self._on_change()

    async def action(self, request: Request) -> Response:
        """POST /flows/{id}/action?op=enable|disable, without a body."""
        entity = self.find(request.path_params["entity_id"], caller_of(request))
        operation = request.query_params.get("op", "").lower()
        if operation not in _ACTIONS:
            raise bad_request(f"The action [{request.query_params.get('op')}] is not supported.")
        wanted, state = _ACTIONS[operation]
        if entity.wire["state"] != wanted:
            text = f"The action [{operation}] is not allowed for a flow in the state [{entity.wire['state']}]."
            raise flow_error("1422-400", text)
        # A schedule that was off while it was due does not catch up.
        hidden = {**entity.hidden, "scheduledUntil": self.platform.now_ms()} if state == "enabled" else entity.hidden
        wire = {**entity.wire, "state": state, "lastOperation": self._operation(operation, [])}
        return answer(self.store(Entity(entity.id, wire, hidden)))

    def _schedule(self, raw: Any, created_at: datetime, stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
        hours = self.platform.options.strictness.hour_steps.hours
        return checked_schedule(raw, created_at, stored, hour_steps=hours)

    def _connect(self, wire: dict[str, Any], caller: Caller) -> None:
        """Check the connections and write down what the flow inherits from them."""
        state = self.platform.state
        sources = self._linked(wire, "sourceConnectionIds", state.source_connections, caller)
        targets = self._linked(wire, "targetConnectionIds", state.target_connections, caller)
        if len(targets) != 1:
            raise bad_request("A dataset flow has exactly one target connection.")
        kind = kind_of_flow_spec(wire["flowSpec"]["id"])
        audience = next((kind for kind, spec in AUDIENCE_FLOW_SPEC_IDS.items() if spec == wire["flowSpec"]["id"]), None)
        wanted = (kind or audience or next(iter(AUDIENCE_FLOW_SPEC_IDS))).spec.connection_spec_id
        if targets[0].wire["connectionSpec"]["id"] != wanted:
            raise bad_request("The flow spec does not fit the connection spec of the target connection.")
        wire["inheritedAttributes"] = {
            "properties": {"isDestinationFlow": True},
            "sourceConnections": [{"id": one.id, "connectionSpec": one.wire["connectionSpec"]} for one in sources],
            "targetConnections": [
                {
                    "id": one.id,
                    "connectionSpec": one.wire["connectionSpec"],
                    "baseConnection": {"id": base_id(one), "connectionSpec": one.wire["connectionSpec"]},
                }
                for one in targets
            ],
        }

    def _linked(self, wire: dict[str, Any], key: str, collection: Collection, caller: Caller) -> list[Entity]:
        ids = wire.get(key)
        if not isinstance(ids, list) or not ids:
            raise bad_request(f"The field [{key}] must name at least one connection.")
        linked = []
        for entity_id in ids:
            entity = collection.get(entity_id) if isinstance(entity_id, str) else None
            if entity is None or entity.wire["sandboxName"] != caller.sandbox_name:
                raise ApiError(400, {"errorMessage": f"The field [{key}] names [{entity_id}], which was not found."})
            linked.append(entity)
        return linked

    def _operation(self, operation: str, changed: list[str]) -> dict[str, Any]:
        now = self.platform.now_ms()
        return {
            "started": now,
            "updated": now,
            "percentCompleted": 100,
            "status": {"value": "completed", "properties": {}, "errors": []},
            "ops": [{"op": "replace", "path": f"/{name}"} for name in changed],
            "operation": operation,
        }


def flow_datasets(platform: Platform, flow: Entity) -> list[str]:
    """Return the ids of the datasets that a flow exports, in order."""
    sources = (platform.state.source_connections.get(source_id) for source_id in flow.wire["sourceConnectionIds"])
    return [dataset for source in sources if source is not None for dataset in datasets_of(source)]


def _differences(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in after if name != "lastOperation" and before.get(name) != after[name]}


def _start_of(wire: dict[str, Any]) -> str:
    return str((wire.get("scheduleParams") or {}).get("startTime"))
