"""Schemas of datasets, from Schema Registry."""

from __future__ import annotations

from tarmac.platform.catalog_answers import schema
from tarmac.platform.errors import NotFound
from tarmac.platform.hosts import path_segment
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.models import DatasetSchema
from tarmac.platform.paging import Sender

_TENANT = "/data/foundation/schemaregistry/tenant/schemas"
_FULL = "application/vnd.adobe.xed-full+json; version=1"


class Schemas:
    """`/schemaregistry`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def get(self, schema_id: str) -> DatasetSchema | None:
        """Return the schema as a tree of fields; None where the registry does not know it."""
        path = f"{_TENANT}/{path_segment(schema_id)}"
        try:
            answer = await self._sender.send(PlannedRequest("GET", path, {"Accept": _FULL}))
        except NotFound:
            return None
        return schema(answer.json())
