"""Datasets: all of them, one, a few of its rows (platform-api §2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tarmac.platform import catalog_answers
from tarmac.platform.errors import BadAnswer
from tarmac.platform.hosts import path_segment
from tarmac.platform.messages import PlannedRequest, with_query
from tarmac.platform.models import Dataset, Raw
from tarmac.platform.paging import Pair, Sender, by_offset
from tarmac.terms.text import plain

_CATALOG = "/data/foundation/catalog"
_DATASETS = f"{_CATALOG}/dataSets"
_EXPORT = "/data/foundation/export"
_ACCEPT = {"Accept": "application/json"}
# Whole objects can be large; these are what we show (§2.3).
_PROPERTIES = (
    "properties",
    "name,description,created,updated,schemaRef,tags,state,classification,lastBatchId,lastBatchStatus,extensions,dule",
)
# Ids in one path: about 1,000 characters of it.
_SEVERAL = 40
# In a simple filter a comma means "any of", `!` "none of" and `*` anything (§2.2).
_FILTER_SIGNS = frozenset(",!*\\~")


class Catalog:
    """`/catalog` and the preview of Data Access."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def pages(self, *filters: Pair) -> AsyncIterator[tuple[Dataset, ...]]:
        """Yield all datasets of the sandbox, newest change first, up to 100 a page; exportable or not."""
        pairs = (*filters, ("orderBy", "desc:updated"), _PROPERTIES)
        async for page in by_offset(self._sender, _DATASETS, pairs, _keyed_ids):
            yield catalog_answers.keyed_datasets(page)

    async def get(self, dataset_id: str) -> Dataset:
        """Return one dataset. Raises NotFound."""
        path = f"{_DATASETS}/{path_segment(dataset_id)}"
        answer = await self._sender.send(PlannedRequest("GET", path, _ACCEPT))
        body = answer.json()
        if isinstance(body, dict) and isinstance(body.get(dataset_id), dict):
            return catalog_answers.dataset(body[dataset_id], dataset_id)
        if isinstance(body, dict) and body.get("id") == dataset_id:
            return catalog_answers.dataset(body, dataset_id)
        raise BadAnswer(
            f"The answer about dataset {plain(dataset_id, 60)} is not about it.",
            meaning="Catalog answers with an object that has the dataset's id as its key; this one has not.",
            next_step="Check the id and the sandbox, then try again.",
        )

    async def several(self, dataset_ids: Sequence[str]) -> tuple[Dataset, ...]:
        """Return those of these datasets that are there, some dozens a request (CATM: ids joined by commas in the path).

        Raises InvalidRequest, NotFound where the platform answers for one missing dataset so; then ask for each.
        """
        found: list[Dataset] = []
        for start in range(0, len(dataset_ids), _SEVERAL):
            ids = ",".join(path_segment(each) for each in dataset_ids[start : start + _SEVERAL])
            path = with_query(f"{_DATASETS}/{ids}", _PROPERTIES)
            body = (await self._sender.send(PlannedRequest("GET", path, _ACCEPT))).json()
            found += catalog_answers.keyed_datasets(body)
        return tuple(found)

    async def named(self, name: str) -> tuple[Dataset, ...]:
        """Return every dataset of exactly this name, of which there may be several."""
        # A name with signs of the filter's own language cannot be asked for; then all are read.
        pairs: tuple[Pair, ...] = () if _FILTER_SIGNS & set(name) else (("name", name),)
        return tuple([item async for page in self.pages(*pairs) for item in page if item.name == name])

    async def preview(self, dataset_id: str) -> tuple[Raw, ...]:
        """Return some rows of a dataset. They are people's data: neither logged nor recorded."""
        path = f"{_EXPORT}/datasets/{path_segment(dataset_id)}/preview"
        answer = await self._sender.send(PlannedRequest("GET", path, _ACCEPT, holds_data=True))
        return catalog_answers.preview_rows(answer.json())


def _keyed_ids(page: object) -> tuple[str, ...]:
    return tuple(str(key) for key in page) if isinstance(page, dict) else ()
