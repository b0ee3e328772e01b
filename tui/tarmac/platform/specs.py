"""Live specs: what the platform itself says can be exported, where and how often (platform-api §2.1, §3.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from tarmac.platform import answers, catalog_answers
from tarmac.platform.flow_service import Collection
from tarmac.platform.messages import PlannedRequest, with_query
from tarmac.platform.models import ConnectionSpec, Dataset, FlowSpec
from tarmac.platform.paging import PAGE_SIZE, Sender, by_offset, says_more
from tarmac.platform.reading import array, at, text, whole
from tarmac.platform.requests import FLOW_SERVICE
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID

_CONNECTION_SPECS = f"{FLOW_SERVICE}/connectionSpecs"
_CONFIGS = f"{_CONNECTION_SPECS}/{DATA_LAKE_SPEC_ID}/configs"
_EXPORTABLE = (("outputType", "activationDatasets"), ("outputField", "datasets"))


@dataclass(frozen=True)
class ExportablePage:
    """One page: `count` items came, `total` are said to exist (None: it does not say), `has_more` after this one."""

    datasets: tuple[Dataset, ...]
    count: int
    total: int | None
    has_more: bool


class Specs:
    """`/connectionSpecs` and `/flowSpecs`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._connection_specs = Collection(sender, _CONNECTION_SPECS, "connection spec", answers.connection_spec)
        self._flow_specs = Collection(sender, f"{FLOW_SERVICE}/flowSpecs", "flow spec", answers.flow_spec)

    async def connection_spec(self, spec_id: str) -> ConnectionSpec:
        """Return one connection spec. Raises NotFound if the sandbox has no such destination."""
        return await self._connection_specs.get(spec_id)

    async def flow_spec(self, spec_id: str) -> FlowSpec:
        """Return one flow spec. Raises NotFound."""
        return await self._flow_specs.get(spec_id)

    async def exportable_pages(self, *, named: str | None = None) -> AsyncIterator[tuple[Dataset, ...]]:
        """Yield the datasets that can be exported, by the platform's own word, up to 100 a page.

        With `named` only those of one name are asked for; a platform that does not know the filter answers with all.
        """
        filters = _EXPORTABLE if named is None else (*_EXPORTABLE, ("name", named))
        async for page in by_offset(self._sender, _CONFIGS, filters, _item_ids, has_page_info=True):
            yield catalog_answers.listed_datasets(page)

    async def exportable_page(self, start: int) -> ExportablePage:
        """Return one page of that list from offset `start`: with `total` known, others can be asked for at the same time."""
        pairs = (*_EXPORTABLE, ("start", str(start)), ("limit", str(PAGE_SIZE)))
        request = PlannedRequest("GET", with_query(_CONFIGS, *pairs), {"Accept": "application/json"})
        page = (await self._sender.send(request)).json()
        total = whole(at(page, "pageInfo", "total"))
        count = len(_item_ids(page))
        return ExportablePage(catalog_answers.listed_datasets(page), count, total, says_more(page, start + count))


def _item_ids(page: Any) -> tuple[str, ...]:
    # An item without an id is counted all the same, by its place; parsing it will say what is wrong with it.
    items = page if isinstance(page, list) else array(at(page, "items"))
    return tuple(text(at(item, "id")) or f"#{index}" for index, item in enumerate(items))
