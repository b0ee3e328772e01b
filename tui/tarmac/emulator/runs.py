"""`/runs`: the record of what ran (§5)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import bad_request, flow_error, not_found
from tarmac.emulator.listing import select
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import FLOW_SERVICE
from tarmac.emulator.run_record import read_otherwise
from tarmac.emulator.state import Entity
from tarmac.emulator.wire import answer, caller_of


class Runs:
    """Read only: exports are started by a schedule or an ad-hoc call."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the noun."""
        return [
            Route(f"{FLOW_SERVICE}/runs", self.list, methods=["GET"]),
            Route(f"{FLOW_SERVICE}/runs", self.create, methods=["POST"]),
            Route(f"{FLOW_SERVICE}/runs/{{run_id}}", self.read, methods=["GET"]),
            Route(f"{FLOW_SERVICE}/runs/{{run_id}}/action", self.action, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """GET the runs of the sandbox."""
        sandbox = caller_of(request).sandbox_name
        owned = [run for run in self._platform.state.runs if run.wire["sandboxName"] == sandbox]
        shown = [Entity(run.id, self._shown(run)) for run in owned]
        repeat = self._platform.options.strictness.links_repeat_filters
        return answer(select(shown, request.query_params, "/runs", links_repeat_filters=repeat))

    async def read(self, request: Request) -> Response:
        """GET one run, in a list of one."""
        run = self._platform.state.runs.get(request.path_params["run_id"])
        if run is None or run.wire["sandboxName"] != caller_of(request).sandbox_name:
            raise not_found("runs", request.path_params["run_id"])
        return answer({"items": [self._shown(run)]})

    async def create(self, _request: Request) -> Response:
        """POST /runs is on-demand ingestion of sources; a destination flow is refused."""
        raise bad_request("On-demand runs are not supported for destination flows.")

    async def action(self, _request: Request) -> Response:
        """RE_TRIGGER is documented for sources only (§5.3)."""
        raise flow_error("1422-400", "The action is not allowed for runs of destination flows.")

    def _shown(self, run: Entity) -> dict[str, Any]:
        strictness = self._platform.options.strictness
        return read_otherwise(run.wire, stops=strictness.run_stops, upper=strictness.upper_status)
