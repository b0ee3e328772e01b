"""What the nouns of Flow Service have in common: list, read, create, patch, delete (§3.2, §3.8)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import bad_request, flow_error, not_found, version_mismatch
from tarmac.emulator.ids import new_etag, new_id
from tarmac.emulator.listing import select
from tarmac.emulator.patching import apply_patch, parse_patch
from tarmac.emulator.platform import Platform
from tarmac.emulator.state import Collection, Entity
from tarmac.emulator.wire import Caller, answer, caller_of, json_body, json_object, text_of

FLOW_SERVICE = "/data/foundation/flowservice"


class Resource:
    """One noun below `/data/foundation/flowservice`; the nouns say what a body must hold and what may change."""

    noun: str
    patchable: frozenset[str] = frozenset({"name", "description"})

    def __init__(self, platform: Platform, collection: Collection) -> None:
        self.platform = platform
        self.collection = collection

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the noun."""
        one = f"{FLOW_SERVICE}/{self.noun}/{{entity_id}}"
        return [
            Route(f"{FLOW_SERVICE}/{self.noun}", self.list, methods=["GET"]),
            Route(f"{FLOW_SERVICE}/{self.noun}", self.create, methods=["POST"]),
            Route(one, self.read, methods=["GET"]),
            Route(one, self.patch, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    # What a noun adds.

    def build(self, body: dict[str, Any], caller: Caller) -> Entity:
        """Check the body of a create; return what it adds to the common fields. Raises ApiError."""
        raise NotImplementedError

    def rebuild(self, entity: Entity, changed: dict[str, Any], _caller: Caller) -> Entity:
        """Check a patched document; return the entity to store. Raises ApiError."""
        return Entity(entity.id, changed, entity.hidden)

    def editable(self, entity: Entity) -> dict[str, Any]:
        """Return the document that a PATCH works on."""
        return entity.wire

    def refuse_delete(self, entity: Entity) -> None:
        """Raise ApiError when something still uses the entity."""

    def show(self, entity: Entity) -> dict[str, Any]:
        """Return what a GET shows."""
        return entity.wire

    # What all nouns do.

    def owned(self, caller: Caller) -> list[Entity]:
        """Return the entities of the caller's sandbox, oldest first."""
        return [entity for entity in self.collection if entity.wire["sandboxName"] == caller.sandbox_name]

    def find(self, entity_id: str, caller: Caller) -> Entity:
        """Return one entity of the caller's sandbox. Raises ApiError 404."""
        entity = self.collection.get(entity_id)
        if entity is None or entity.wire["sandboxName"] != caller.sandbox_name:
            raise not_found(self.noun, entity_id)
        return entity

    async def list(self, request: Request) -> Response:
        """GET the collection."""
        shown = [Entity(entity.id, self.show(entity)) for entity in self.owned(caller_of(request))]
        repeat = self.platform.options.strictness.links_repeat_filters
        return answer(select(shown, request.query_params, f"/{self.noun}", links_repeat_filters=repeat))

    async def read(self, request: Request) -> Response:
        """GET one; the answer is a list of one (§3.2)."""
        entity = self.find(request.path_params["entity_id"], caller_of(request))
        return answer({"items": [self.show(entity)]})

    async def create(self, request: Request) -> Response:
        """POST: 201 with id and etag only, and a Location."""
        body, caller = await json_object(request), caller_of(request)
        if "state" in body:
            raise flow_error("1410-400", "The state cannot be set while creating an entity.")
        if text_of(body, "name") is None:
            raise bad_request("The field [name] is required.")
        entity = self.build(body, caller)
        now, etag = self.platform.now_ms(), new_etag(self.platform.now())
        identity = self.platform.sign_in.identity
        common = {
            "id": entity.id,
            "createdAt": now,
            "updatedAt": now,
            "createdBy": identity.technical_account,
            "updatedBy": identity.technical_account,
            "createdClient": identity.client_id,
            "updatedClient": identity.client_id,
            "sandboxId": caller.sandbox_id,
            "sandboxName": caller.sandbox_name,
            "imsOrgId": identity.org_id,
            "name": body["name"],
            "description": str(body.get("description") or ""),
        }
        wire = {**common, **entity.wire, "state": "enabled", "version": etag, "etag": etag}
        self.collection.save(Entity(entity.id, wire, entity.hidden))
        self.changed()
        response = answer({"id": entity.id, "etag": etag}, 201)
        response.headers["location"] = f"{FLOW_SERVICE}/{self.noun}/{entity.id}"
        return response

    async def patch(self, request: Request) -> Response:
        """PATCH with If-Match."""
        # The body is read before anything is looked up: between the look at the etag and the write nobody else gets a turn.
        await request.body()
        caller = caller_of(request)
        entity = self.find(request.path_params["entity_id"], caller)
        self.check_etag(request, entity)
        operations = parse_patch(await json_body(request))
        changed = apply_patch(
            self.editable(entity),
            operations,
            self.patchable,
            replaces=self.platform.options.strictness.patch_replaces,
        )
        if text_of(changed, "name") is None:
            raise bad_request("The field [name] cannot be empty.")
        return answer(self.store(self.rebuild(entity, changed, caller)))

    async def delete(self, request: Request) -> Response:
        """DELETE: 202 or 204 and no body (C8)."""
        entity = self.find(request.path_params["entity_id"], caller_of(request))
        if "if-match" in request.headers:
            self.check_etag(request, entity)
        self.refuse_delete(entity)
        self.collection.remove(entity.id)
        self.changed()
        return Response(status_code=self.platform.options.strictness.delete_status)

    def store(self, entity: Entity) -> dict[str, str]:
        """Save a changed entity under a new etag; return the answer."""
        etag = new_etag(self.platform.now())
        stamped = {
            "updatedAt": self.platform.now_ms(),
            "updatedBy": self.platform.sign_in.identity.technical_account,
            "updatedClient": self.platform.sign_in.identity.client_id,
            "version": etag,
            "etag": etag,
        }
        self.collection.save(Entity(entity.id, {**entity.wire, **stamped}, entity.hidden))
        self.changed()
        return {"id": entity.id, "etag": etag}

    def changed(self) -> None:
        """Tell whoever follows this noun that something was written."""

    def check_etag(self, request: Request, entity: Entity) -> None:
        """Compare If-Match, quotes included. Raises ApiError 400 or 412."""
        supplied = request.headers.get("if-match")
        if not supplied:
            raise flow_error("1403-400", "The If-Match header is missing.")
        if supplied != entity.wire["etag"]:
            raise version_mismatch(supplied, entity.id)


def spec_reference(body: dict[str, Any], key: str = "connectionSpec") -> str:
    """Return the id of a `connectionSpec` or `flowSpec`. Raises ApiError 400."""
    reference = body.get(key)
    spec_id = reference.get("id") if isinstance(reference, dict) else None
    if not isinstance(spec_id, str) or not spec_id:
        raise bad_request(f"The field [{key}.id] is required.")
    return spec_id


def draft(wire: dict[str, Any], hidden: dict[str, Any] | None = None) -> Entity:
    """Return an entity under a new id."""
    return Entity(new_id(), wire, hidden or {})
