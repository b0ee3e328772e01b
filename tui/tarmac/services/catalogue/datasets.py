"""Datasets that can be exported: the list as it arrives, one by id or name, and what is worth knowing about one."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tarmac.platform.errors import BadAnswer, NotFound
from tarmac.platform.models import Dataset
from tarmac.services.together import together
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.near_names import near_names
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.specs import Specs

# Pages that are asked for at the same time.
_AT_ONCE = 4
_ID = re.compile(r"[0-9a-f]{24}")
# How many datasets are read to suggest a name; a wrong name should not cost a walk through a huge catalogue.
_SUGGEST_AMONG = 500


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One line of the Datasets screen. Texts are the platform's own, to be made safe where they are shown; numbers that nobody
    knows are None.
    """

    id: str
    name: str
    rows: int | None = None
    size_bytes: int | None = None
    updated_at: datetime | None = None
    last_batch_status: str | None = None
    behavior: str | None = None


@dataclass(frozen=True)
class DatasetPage:
    """Some rows, in the platform's order. `is_last` says that the list is complete."""

    rows: tuple[DatasetRow, ...]
    is_last: bool = False


@dataclass(frozen=True)
class Facts:
    """Catalog facts for rows that were sent before, by dataset id; whole rows to put in their place."""

    rows: Mapping[str, DatasetRow]


@dataclass(frozen=True)
class ExportedBy:
    """Which flows export which dataset: flow names by dataset id. Arrives once, after the rows."""

    flows: Mapping[str, tuple[str, ...]]


DatasetUpdate = DatasetPage | Facts | ExportedBy


def row_of(dataset: Dataset) -> DatasetRow:
    """Return what the list shows of a dataset."""
    return DatasetRow(
        id=dataset.id,
        name=dataset.name or dataset.id,
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
        updated_at=dataset.updated_at,
        last_batch_status=None if dataset.last_batch_status is None else _word(dataset.last_batch_status),
        behavior=None if dataset.behavior is None else _word(dataset.behavior),
    )


def _word(text: str) -> str:
    """Return one of few words: ten thousand rows that say "success" share one text."""
    return sys.intern(text)


async def exportable(ws: Workspace) -> AsyncGenerator[DatasetUpdate, None]:
    """Yield what can be exported, by the platform's own word (§2.1), page by page as it comes.

    After the last page come the catalog's facts for rows without a row count, in pages of the catalog's own list, and at
    last which flows export what. Raises what the platform raises.
    """
    platform = await ws.platform()
    thin: set[str] = set()
    async with aclosing(_exportable_pages(platform.specs)) as pages:
        async for rows in pages:
            thin.update(row.id for row in rows if row.rows is None and row.updated_at is None)
            yield DatasetPage(rows)
    yield DatasetPage((), is_last=True)
    if thin:
        async for facts in platform.catalog.pages():
            known = {dataset.id: row_of(dataset) for dataset in facts if dataset.id in thin}
            thin -= known.keys()
            if known:
                yield Facts(known)
            if not thin:
                break
    yield ExportedBy(await exported_by(ws))


@dataclass(frozen=True)
class _ReadPage:
    """One page of the platform's, of which only the rows are kept: `count` items came, `total` are said to exist."""

    rows: tuple[DatasetRow, ...]
    count: int
    total: int | None
    has_more: bool


async def _read_page(specs: Specs, start: int) -> _ReadPage:
    # Here, not where pages are put together: several whole answers at once would be most of what a long list takes.
    page = await specs.exportable_page(start)
    return _ReadPage(tuple(map(row_of, page.datasets)), page.count, page.total, page.has_more)


async def _exportable_pages(specs: Specs) -> AsyncGenerator[tuple[DatasetRow, ...], None]:
    """Yield the pages in order: the first alone, so that it is there in one request's time, then several at a time."""
    page = await _read_page(specs, 0)
    step, read, seen = page.count, page.count, {row.id for row in page.rows}
    yield page.rows
    while page.has_more:
        if step == 0:
            raise _endless()
        left = (page.total or 0) - read
        ahead = max(1, min(_AT_ONCE, -(-left // step)))
        async with together() as group:
            tasks = [group.create_task(_read_page(specs, read + step * number)) for number in range(ahead)]
        before = len(seen)
        for task in tasks:
            page = task.result()
            fresh = tuple(row for row in page.rows if row.id not in seen)
            seen.update(row.id for row in fresh)
            read += page.count
            yield fresh
            if page.count != step:
                # The list is shorter than it said, or the server gives what it likes: go on from here, step by step.
                break
        if len(seen) == before and page.has_more:
            raise _endless()


def _endless() -> BadAnswer:
    return BadAnswer(
        "The list of exportable datasets does not end: a page brings nothing new.",
        meaning="The platform's paging is broken just now; reading on would never come to an end.",
        next_step="Try again in a few minutes.",
    )


async def exported_by(ws: Workspace) -> dict[str, tuple[str, ...]]:
    """Return the names of the flows that export each dataset: two lists, whatever the number of datasets."""
    platform = await ws.platform()
    async with together() as group:
        flows = group.create_task(platform.flows.all())
        sources = group.create_task(platform.source_connections.all())
    datasets = {source.id: source.dataset_ids for source in sources.result()}
    found: dict[str, list[str]] = {}
    for flow in flows.result():
        for source_id in flow.source_connection_ids:
            for dataset_id in datasets.get(source_id, ()):
                found.setdefault(dataset_id, []).append(flow.name)
    return {dataset_id: tuple(names) for dataset_id, names in found.items()}


async def find_dataset(ws: Workspace, wanted: str) -> Dataset:
    """Return the dataset of this id or unique name.

    Raises UsageError: unknown (with a near name, if there is one), or a name that several datasets have (with their ids).
    """
    platform = await ws.platform()
    text = wanted.strip()
    if _ID.fullmatch(text):
        try:
            return await platform.catalog.get(text)
        except NotFound:
            pass  # a name may look like an id
    found = await platform.catalog.named(text)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(dataset.id for dataset in found[:10])
        raise UsageError(
            f"{len(found)} datasets are named {plain(text, 80)!r}: {ids}",
            code="ambiguous-dataset",
            next_step="Give the id of the one you mean.",
        )
    raise UsageError(
        f"there is no dataset {plain(text, 80)!r} in the sandbox {ws.profile.platform.sandbox}",
        code="unknown-dataset",
        meaning=near_names(text, await _some_names(ws), "Nothing was sent or changed."),
        next_step="Look for it with `tarmac datasets --find TEXT`; names are case-sensitive.",
    )


async def is_exportable(ws: Workspace, dataset: Dataset) -> bool:
    """Ask whether the platform exports this dataset. Reads the whole list only where the answer is no (§2.1)."""
    platform = await ws.platform()
    async for page in platform.specs.exportable_pages(named=dataset.name):
        if any(each.id == dataset.id for each in page):
            return True
    # A server that does not know the filter would have answered with everything, one that misreads it with nothing:
    # only the unfiltered list can say no.
    async for page in platform.specs.exportable_pages():
        if any(each.id == dataset.id for each in page):
            return True
    return False


async def _some_names(ws: Workspace) -> list[str]:
    platform = await ws.platform()
    names: list[str] = []
    async for page in platform.catalog.pages():
        names += [dataset.name for dataset in page]
        if len(names) >= _SUGGEST_AMONG:
            break
    return names
