"""What is inside one dataset, for the details of the Datasets screen: schema, tags, freshness, limits, some rows."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Dataset, DatasetSchema
from tarmac.services.catalogue.guardrails import dataset_guardrails, freshness, last_batch
from tarmac.services.plans.plan import Check
from tarmac.services.together import together
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.formats import Compression, FileFormat

Piece = TypeVar("Piece")


@dataclass(frozen=True)
class DatasetDetail:
    """Each part on its own: where the platform refuses one, its error stands in its place."""

    dataset: Dataset
    freshness: str
    verdicts: tuple[Check, ...]
    schema: DatasetSchema | TarmacError | None
    sample: tuple[Mapping[str, Any], ...] | TarmacError


async def describe_dataset(ws: Workspace, dataset_id: str) -> DatasetDetail:
    """Read one dataset from the catalog (§2.3), then schema and preview at once. Raises what the catalog call raises.

    The verdicts are those for Parquet with gzip, the format an export has unless it is given another.
    """
    platform = await ws.platform()
    dataset = await platform.catalog.get(dataset_id)
    async with together() as group:
        schema = group.create_task(_or_error(_schema(ws, dataset)))
        sample = group.create_task(_or_error(platform.catalog.preview(dataset_id)))
    return DatasetDetail(
        dataset,
        freshness(dataset, ws.now()),
        (last_batch(dataset), *dataset_guardrails(dataset, FileFormat.PARQUET, Compression.GZIP)),
        schema.result(),
        sample.result(),
    )


async def _schema(ws: Workspace, dataset: Dataset) -> DatasetSchema | None:
    platform = await ws.platform()
    return None if dataset.schema_id is None else await platform.schemas.get(dataset.schema_id)


async def _or_error(piece: Awaitable[Piece]) -> Piece | PlatformError:
    try:
        return await piece
    except PlatformError as error:
        return error
