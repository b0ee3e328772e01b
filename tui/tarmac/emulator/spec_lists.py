"""`/connectionSpecs` and `/flowSpecs` (§3.2)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import not_found
from tarmac.emulator.listing import select
from tarmac.emulator.resource import FLOW_SERVICE
from tarmac.emulator.specs import connection_specs, flow_specs
from tarmac.emulator.state import Entity
from tarmac.emulator.strictness import Strictness
from tarmac.emulator.wire import answer


class SpecList:
    """One of the two lists; specs are the same in every sandbox."""

    def __init__(self, noun: str, specs: list[Entity], *, links_repeat_filters: bool) -> None:
        self._noun = noun
        self._links_repeat_filters = links_repeat_filters
        # Lists are turned round by `select`, which shows the newest first.
        self._specs = specs[::-1]

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the list."""
        return [
            Route(f"{FLOW_SERVICE}/{self._noun}", self.list, methods=["GET"]),
            Route(f"{FLOW_SERVICE}/{self._noun}/{{spec_id}}", self.read, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """GET the specs."""
        repeat = self._links_repeat_filters
        return answer(select(self._specs, request.query_params, f"/{self._noun}", links_repeat_filters=repeat))

    async def read(self, request: Request) -> Response:
        """GET one spec."""
        spec_id = request.path_params["spec_id"]
        for spec in self._specs:
            if spec.id == spec_id:
                return answer({"items": [spec.wire]})
        raise not_found(self._noun, spec_id)


def spec_lists(strictness: Strictness) -> tuple[SpecList, SpecList]:
    """Return the connection specs and the flow specs."""
    connections, flows = connection_specs(), flow_specs(strictness.hour_steps.hours)
    return (_list("connectionSpecs", connections, strictness), _list("flowSpecs", flows, strictness))


def _list(noun: str, specs: list[dict[str, Any]], strictness: Strictness) -> SpecList:
    entities = [Entity(str(spec["id"]), spec) for spec in specs]
    return SpecList(noun, entities, links_repeat_filters=strictness.links_repeat_filters)
