"""Dataflows (platform-api §3.7, §3.8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Collection as Ids
from typing import Any

from tarmac.platform import answers
from tarmac.platform.flow_service import Collection, named, where
from tarmac.platform.models import Created, Flow
from tarmac.platform.paging import Sender
from tarmac.platform.requests import (
    FLOWS,
    change_flow_request,
    create_flow_request,
    switch_flow_request,
)
from tarmac.terms.destinations import SPECS
from tarmac.terms.schedules import ScheduleParams

DATASET_FLOW_SPECS = frozenset(spec.flow_spec_id for spec in SPECS.values())
_IS_DESTINATION = where("inheritedAttributes.properties.isDestinationFlow", "true")


class Flows:
    """`/flows`."""

    def __init__(self, sender: Sender) -> None:
        self._items = Collection(sender, FLOWS, "dataflow", answers.flow)

    async def pages(self, *, flow_spec_ids: Ids[str] = DATASET_FLOW_SPECS) -> AsyncIterator[tuple[Flow, ...]]:
        """Yield the destination flows of these flow specs page by page: by default all dataset flows of the six kinds.

        The server picks the destinations, we pick the specs, so that an unknown filter cannot hide a flow.
        """
        async for page in self._items.pages(_IS_DESTINATION):
            yield tuple(item for item in page if item.flow_spec_id in flow_spec_ids)

    async def all(self, *, flow_spec_ids: Ids[str] = DATASET_FLOW_SPECS) -> tuple[Flow, ...]:
        """Return the dataset flows of the sandbox, made by whomever."""
        return tuple([item async for page in self.pages(flow_spec_ids=flow_spec_ids) for item in page])

    async def everything(self) -> tuple[Flow, ...]:
        """Return every flow of the sandbox, of sources and destinations of whatever kind: who else uses a connection."""
        return await self._items.all()

    async def named(self, name: str) -> tuple[Flow, ...]:
        """Return every flow of exactly this name, of whatever kind."""
        return await named(self._items, name)

    async def get(self, flow_id: str) -> Flow:
        """Return one flow with its present etag. Raises NotFound."""
        return await self._items.get(flow_id)

    async def create(
        self,
        name: str,
        flow_spec_id: str,
        source_connection_ids: Sequence[str],
        target_connection_ids: Sequence[str],
        schedule: ScheduleParams,
        description: str = "",
    ) -> Created:
        """Create a flow; it is enabled at once (§3.9). Not idempotent: look before repeating."""
        return await self._items.write(
            create_flow_request(name, flow_spec_id, source_connection_ids, target_connection_ids, schedule, description)
        )

    async def change(self, flow_id: str, etag: str, changes: Sequence[Mapping[str, Any]]) -> Created:
        """Apply JSON Patch operations with whole values. Raises StaleEtag."""
        return await self._items.write(change_flow_request(flow_id, etag, changes), flow_id)

    async def enable(self, flow_id: str) -> Created:
        """Enable it. Raises InvalidRequest (`1422-400`) if its state does not allow that."""
        return await self._items.write(switch_flow_request(flow_id, enable=True), flow_id)

    async def disable(self, flow_id: str) -> Created:
        """Disable it. Raises InvalidRequest (`1422-400`) if its state does not allow that."""
        return await self._items.write(switch_flow_request(flow_id, enable=False), flow_id)

    async def delete(self, flow_id: str) -> None:
        """Delete it; its connections stay."""
        await self._items.delete(flow_id)
