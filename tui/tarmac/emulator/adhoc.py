"""The ad-hoc run of a dataset flow (§4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError, refused_message
from tarmac.emulator.exporter import Exporter, RunOrder
from tarmac.emulator.flows import flow_datasets
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import FLOW_SERVICE
from tarmac.emulator.state import Entity
from tarmac.emulator.wire import Caller, answer, caller_of, json_object
from tarmac.terms.destinations import kind_of_flow_spec
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.times import from_millis

ADHOC_PATH = "/data/core/activation/disflowprovider/adhocrun"
DATASET_ACCEPT = "application/vnd.adobe.adhoc.dataset.activation+json"
_AUDIENCE_ACCEPT = "application/vnd.adobe.adhoc.activation+json"
_NOT_READY = (
    "Invalid parameter: Following order ID(s) are not ready for dataset export, please wait for 10 minutes and retry."
)


@dataclass(frozen=True)
class _Wish:
    """One entry of `activationInfo.destinations`."""

    flow: Entity
    datasets: tuple[str, ...]


class AdhocRuns:
    """`POST /data/core/activation/disflowprovider/adhocrun`."""

    def __init__(self, platform: Platform, exporter: Exporter) -> None:
        self._platform = platform
        self._exporter = exporter

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [Route(ADHOC_PATH, self.start, methods=["POST"])]

    async def start(self, request: Request) -> Response:
        """POST; the HTTP status of a refusal is not known (§12.1)."""
        try:
            return await self._started(request)
        except ApiError as error:
            if error.status != 400:
                raise
            raise ApiError(self._platform.options.strictness.adhoc_status, error.body) from error

    async def _started(self, request: Request) -> Response:
        """The Accept header selects the API; only the one for datasets works on dataset flows."""
        accept, _, parameters = request.headers.get("accept", "").partition(";")
        body = await json_object(request)
        if accept.strip().lower() != DATASET_ACCEPT:
            kind = (
                "audience" if accept.strip().lower() in {_AUDIENCE_ACCEPT, "application/json", "*/*", ""} else "unknown"
            )
            raise refused_message(f"Invalid parameter: the body is not valid for the {kind} activation API.")
        if parameters.replace(" ", "") not in {"", "version=1"}:
            raise refused_message(f"Invalid parameter: the API version [{parameters.strip()}] is not supported.")
        wishes = [self._wish(entry, caller_of(request)) for entry in _entries(body)]
        for wish in wishes:
            self._check(wish.flow)
        return answer({"destinations": [self._start(wish) for wish in wishes]})

    def _wish(self, entry: Any, caller: Caller) -> _Wish:
        flow_id = entry.get("flowId") if isinstance(entry, dict) else None
        flow = self._platform.state.flows.get(flow_id) if isinstance(flow_id, str) else None
        if flow is None or flow.wire["sandboxName"] != caller.sandbox_name:
            raise refused_message(f"Invalid parameter: Flow for id {flow_id} is incorrect. Error is [Flow not found.")
        asked = entry.get("datasets")
        ids = [item.get("id") if isinstance(item, dict) else None for item in asked] if isinstance(asked, list) else []
        if not ids:
            raise refused_message("Invalid parameter: datasets must name at least one dataset.")
        known = flow_datasets(self._platform, flow)
        for dataset_id in ids:
            if dataset_id not in known:
                raise refused_message(f"Invalid parameter: Datasets {dataset_id} are not part of this dataflow.")
        return _Wish(flow, tuple(dict.fromkeys(str(dataset_id) for dataset_id in ids)))

    def _check(self, flow: Entity) -> None:
        spec_id = flow.wire["flowSpec"]["id"]
        kind = kind_of_flow_spec(spec_id)
        if kind is None or kind in self._platform.options.not_allow_listed:
            raise refused_message(
                f"Invalid parameter: Flow for id {flow.id} is incorrect. "
                f"Error is [Adhoc run can not be executed for Flow spec={spec_id}."
            )
        if flow.wire["state"] != "enabled":
            raise refused_message(f"Invalid parameter: Flow for id {flow.id} is incorrect. Error is [Flow is disabled.")
        ready_at = from_millis(flow.wire["createdAt"]) + timedelta(seconds=self._platform.options.ready_after)
        if self._platform.faults.never_ready or self._platform.now() < ready_at:
            raise refused_message(_NOT_READY)
        running = self._exporter.running(flow.id)
        if running is not None:
            raise refused_message(
                f"Invalid parameter: Run already going on for order {flow.id} with run id {running.id}. "
                "A run already exists."
            )
        params = ScheduleParams.from_wire(flow.wire.get("scheduleParams") or {})
        never_open = params.start is not None and params.end is not None and params.end <= params.start
        if never_open and self._platform.options.strictness.adhoc_needs_open_schedule:
            raise refused_message(f"Datasets of dataflow {flow.id} are out of schedule range!")

    def _start(self, wish: _Wish) -> dict[str, Any]:
        run = self._exporter.start(wish.flow, RunOrder(wish.datasets), self._platform.now())
        status_url = f"{self._platform.base_url}{FLOW_SERVICE}/runs/{run.id}"
        return {
            "datasets": [{"id": dataset, "statusURL": status_url, "flowId": wish.flow.id} for dataset in wish.datasets]
        }


def _entries(body: dict[str, Any]) -> list[Any]:
    info = body.get("activationInfo")
    entries = info.get("destinations") if isinstance(info, dict) else None
    if not isinstance(entries, list) or not entries:
        raise refused_message("Invalid parameter: activationInfo.destinations must name at least one dataflow.")
    return entries
