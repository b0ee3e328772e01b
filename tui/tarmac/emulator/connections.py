"""Base connections: the credentials for a storage (§3.4). Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError, bad_request, bad_spec_id, flow_error
from tarmac.emulator.connection_check import check_connection
from tarmac.emulator.contracts import ExportFailed
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import FLOW_SERVICE, Resource, draft, spec_reference
from tarmac.emulator.state import Entity
from tarmac.emulator.wire import Caller, answer, caller_of
from tarmac.terms.destinations import AuthVariant, DestinationSpec, kind_of_connection_spec

MASKED = "********"


class Connections(Resource):
    """`/connections`."""

    noun = "connections"
    patchable = frozenset({"name", "description", "auth"})

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, platform.state.connections)

    def routes(self) -> list[BaseRoute]:
        """Return the routes, with the connection test."""
        return [
            *super().routes(),
            Route(f"{FLOW_SERVICE}/{self.noun}/{{entity_id}}/test", self.test, methods=["GET"]),
        ]

    def build(self, body: dict[str, Any], _caller: Caller) -> Entity:
        """Check spec and credentials."""
        spec = destination_of(body)
        params = _checked_auth(spec, body.get("auth"))
        wire: dict[str, Any] = {"connectionSpec": {"id": spec.connection_spec_id, "version": "1.0"}}
        return draft(wire, self._auth(body.get("auth"), params))

    def editable(self, entity: Entity) -> dict[str, Any]:
        """A new `auth.params` overrides all earlier ones (DST), so there is nothing here to merge with."""
        return {**entity.wire, "auth": {"specName": entity.hidden.get("specName")}} if entity.hidden else entity.wire

    def rebuild(self, entity: Entity, changed: dict[str, Any], _caller: Caller) -> Entity:
        """Check the new credentials, if there are any."""
        auth = changed.pop("auth", None)
        if not isinstance(auth, dict) or "params" not in auth:
            return Entity(entity.id, changed, entity.hidden)
        params = _checked_auth(destination_of(changed), auth)
        return Entity(entity.id, changed, self._auth(auth, params))

    def show(self, entity: Entity) -> dict[str, Any]:
        """A partial view of the credentials: everything secret is masked."""
        hidden = entity.hidden
        if not hidden or self.platform.options.strictness.hide_auth:
            return entity.wire
        spec = destination_of(entity.wire)
        variant = _variant(spec, hidden["specName"])
        public = {field.wire for field in variant.fields if not field.secret}
        params = {name: value if name in public else MASKED for name, value in hidden["params"].items()}
        shown = {"specName": hidden["specName"], "params": {**params, "authorizedDate": hidden["authorizedDate"]}}
        return {**entity.wire, "auth": shown}

    def refuse_delete(self, entity: Entity) -> None:
        """A base connection in use stays (DELA)."""
        users = [target for target in self.platform.state.target_connections if base_id(target) == entity.id]
        if users:
            raise flow_error("1418-400", f"The base connection [{entity.id}] is in use and cannot be deleted.")

    async def test(self, request: Request) -> Response:
        """GET /connections/{id}/test: whether the storage behind the connection lets us in, and lets us write."""
        entity = self.find(request.path_params["entity_id"], caller_of(request))
        try:
            await check_connection(self.platform, entity)
        except ExportFailed as error:
            raise ApiError(400, {"errorMessage": f"The connection test failed: {error.message}"}) from error
        return answer({"result": True})

    def _auth(self, auth: Any, params: Mapping[str, str]) -> dict[str, Any]:
        if not params:
            return {}
        date = self.platform.now().date().isoformat()
        return {"specName": auth["specName"], "params": dict(params), "authorizedDate": date}


def destination_of(body: dict[str, Any]) -> DestinationSpec:
    """Return the destination that a body's `connectionSpec` names. Raises ApiError 400, 422."""
    kind = kind_of_connection_spec(spec_reference(body))
    if kind is None:
        raise bad_spec_id()
    if not body["connectionSpec"].get("version"):
        text = "The field [connectionSpec.version] is required."
        raise ApiError(422, {"errorMessage": text, "errorDetails": text})
    return kind.spec


def base_id(target: Entity) -> str:
    """Return the id of the base connection of a target connection."""
    return str(target.wire["baseConnectionId"])


def _variant(spec: DestinationSpec, spec_name: object) -> AuthVariant:
    for variant in spec.auth:
        if variant.spec_name == spec_name:
            return variant
    raise flow_error("1415-400", f"The auth spec [{spec_name}] is not known for the connection spec [{spec.title}].")


def _checked_auth(spec: DestinationSpec, auth: Any) -> dict[str, str]:
    if not auth:  # aepp sends null for the landing zone
        if spec.auth:
            raise bad_request(f"The field [auth] is required for {spec.title}.")
        return {}
    if not isinstance(auth, dict):
        raise bad_request("The field [auth] must be an object.")
    variant = _variant(spec, auth.get("specName"))
    params = auth.get("params")
    if not isinstance(params, dict):
        raise bad_request("The field [auth.params] is required.")
    for field in variant.fields:
        value = params.get(field.wire, "")
        if field.key == "port" and isinstance(value, int):
            value = str(value)
        if not isinstance(value, str):
            raise bad_request(f"The field [auth.params.{field.wire}] must be a string.")
        complaint = field.platform_complaint(value)
        if complaint is not None:
            raise bad_request(f"The field [auth.params.{field.wire}] is not valid: {complaint}.")
    unknown = set(params) - {field.wire for field in variant.fields} - {"authorizedDate"}
    if unknown:
        raise bad_request(
            f"The field [auth.params.{min(unknown)}] is not known to the auth spec [{variant.spec_name}]."
        )
    return {name: str(value) for name, value in params.items() if name != "authorizedDate"}
