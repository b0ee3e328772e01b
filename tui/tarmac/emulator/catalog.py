"""Catalog and Data Access: datasets, batches, preview (§2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError, problem
from tarmac.emulator.catalog_query import Item, chosen, find, page_bounds
from tarmac.emulator.contracts import ExportFailed
from tarmac.emulator.dataset_wire import batch_id, batch_wire, dataset_wire, grown_wire
from tarmac.emulator.lake import is_exportable
from tarmac.emulator.platform import Platform
from tarmac.emulator.resource import FLOW_SERVICE
from tarmac.emulator.wire import Caller, answer, caller_of
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID, DestinationKind

CATALOG = "/data/foundation/catalog"
DATA_ACCESS = "/data/foundation/export"
PREVIEW_ROWS = 100


class Catalog:
    """The listings of the lake; the entries are made once; only those of datasets that grow change."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        identity = platform.sign_in.identity
        sandbox_id = platform.sandboxes()[platform.options.sandbox]
        self._items: list[Item] = [
            (
                dataset.id,
                dataset_wire(dataset, identity.org_id, sandbox_id, identity.technical_account, identity.client_id),
            )
            for dataset in platform.datasets.values()
        ]
        self._exportable = [item for item in self._items if is_exportable(platform.datasets[item[0]])]
        self._by_id = dict(self._items)
        self._growing = [each for each in platform.datasets.values() if platform.growth.grows(each)]

    def routes(self) -> list[BaseRoute]:
        """Return the routes of Catalog, Data Access, and the list of what may be exported."""
        return [
            Route(f"{CATALOG}/dataSets", self.datasets, methods=["GET"]),
            Route(f"{CATALOG}/dataSets/{{dataset_id}}", self.dataset, methods=["GET"]),
            Route(f"{CATALOG}/batches", self.batches, methods=["GET"]),
            Route(f"{DATA_ACCESS}/datasets/{{dataset_id}}/preview", self.preview, methods=["GET"]),
            Route(f"{FLOW_SERVICE}/connectionSpecs/{{spec_id}}/configs", self.exportable, methods=["GET"]),
        ]

    async def datasets(self, request: Request) -> Response:
        """GET dataSets: an object keyed by dataset id; `{}` past the end."""
        start, limit = page_bounds(request.query_params)
        items = self._now(self._items) if self._platform.has_lake(caller_of(request)) else []
        found = find(items, request.query_params)[start : start + limit]
        return answer({dataset_id: self._chosen(wire, request.query_params) for dataset_id, wire in found})

    async def dataset(self, request: Request) -> Response:
        """GET dataSets/{id}: the same shape with one key."""
        if "," in request.path_params["dataset_id"]:
            return self._several(request)
        dataset_id = self._known(request)
        return answer({dataset_id: self._chosen(self._wire(dataset_id), request.query_params)})

    async def batches(self, request: Request) -> Response:
        """GET batches?dataSet=: each dataset has the one batch that holds it."""
        start, limit = page_bounds(request.query_params)
        wanted = request.query_params.get("dataSet")
        datasets = self._platform.datasets.values() if self._platform.has_lake(caller_of(request)) else ()
        org_id = self._platform.sign_in.identity.org_id
        items: list[Item] = [
            (batch_id(dataset), batch_wire(dataset, org_id)) for dataset in datasets if wanted in {None, dataset.id}
        ]
        found = find(items, request.query_params)[start : start + limit]
        return answer({key: chosen(wire, request.query_params) for key, wire in found})

    async def preview(self, request: Request) -> Response:
        """GET the first rows of a dataset."""
        dataset = self._platform.datasets[self._known(request)]
        try:
            rows = await self._platform.engine.preview(dataset.files, PREVIEW_ROWS) if dataset.files else []
        except ExportFailed as error:
            raise problem(500, "Internal Server Error", f"The preview failed: {error.message}") from error
        return answer({"data": rows})

    async def exportable(self, request: Request) -> Response:
        """GET connectionSpecs/{id}/configs?outputType=activationDatasets (EDA, DST; aepp asks the landing-zone spec, C16)."""
        query = request.query_params
        allowed = {DATA_LAKE_SPEC_ID, DestinationKind.DATA_LANDING_ZONE.spec.connection_spec_id}
        if request.path_params["spec_id"] not in allowed:
            raise ApiError(400, {"message": "Please provide a valid spec id"})
        if query.get("outputType") != "activationDatasets":
            raise ApiError(400, {"message": f"The outputType [{query.get('outputType')}] is not supported"})
        start, limit = page_bounds(query)
        items = self._now(self._exportable) if self._platform.has_lake(caller_of(request)) else []
        found = find(items, query)
        page = [{**self._chosen(wire, query), "id": dataset_id} for dataset_id, wire in found[start : start + limit]]
        end = start + len(page) - 1 if page else start
        info: dict[str, Any] = {
            "start": start,
            "end": end,
            "total": len(found),
            "hasNext": start + len(page) < len(found),
        }
        has_info = self._platform.options.strictness.page_info
        return answer({"items": page, "pageInfo": info} if has_info else {"items": page})

    def _chosen(self, wire: Mapping[str, Any], query: QueryParams) -> dict[str, Any]:
        if not self._platform.options.strictness.row_counts:
            wire = {name: value for name, value in wire.items() if name != "extensions"}
        return chosen(wire, query)

    def _now(self, items: list[Item]) -> list[Item]:
        """Return the items as they are now: of those that grow, rows and time of the last change are told anew."""
        if not self._growing:
            return items
        growing = {dataset.id for dataset in self._growing}
        return [(key, self._wire(key)) if key in growing else (key, wire) for key, wire in items]

    def _wire(self, dataset_id: str) -> Mapping[str, Any]:
        wire = self._by_id[dataset_id]
        dataset = next((each for each in self._growing if each.id == dataset_id), None)
        if dataset is None:
            return wire
        growth, now = self._platform.growth, self._platform.now()
        return grown_wire(wire, dataset, growth.rows(dataset, now), now if now > growth.start else None)

    def _several(self, request: Request) -> Response:
        """GET dataSets/{id},{id}: those that are there (CATM)."""
        has_lake = self._platform.has_lake(caller_of(request))
        ids = request.path_params["dataset_id"].split(",") if has_lake else []
        found = {each: self._chosen(self._wire(each), request.query_params) for each in ids if each in self._by_id}
        return answer(found)

    def _known(self, request: Request) -> str:
        dataset_id: str = request.path_params["dataset_id"]
        caller: Caller = caller_of(request)
        if dataset_id not in self._by_id or not self._platform.has_lake(caller):
            raise problem(404, "NotFound", f"The dataset [{dataset_id}] was not found.")
        return dataset_id
