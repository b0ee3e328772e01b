"""Everything of Flow Service that dataset flows are made of, read in a handful of lists, and who uses what.

The number of requests depends on the number of pages, not of flows: hundreds of flows with their connections are read in
some ten requests. What is used is judged by *all* flows and connections of the sandbox, also those of sources and audiences.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tarmac.platform.errors import InvalidRequest, NotFound
from tarmac.platform.flows import DATASET_FLOW_SPECS
from tarmac.platform.models import Connection, Dataset, Flow, SourceConnection, TargetConnection
from tarmac.platform.reading import at
from tarmac.services.together import together

if TYPE_CHECKING:
    from tarmac.platform.client import Platform


@dataclass(frozen=True)
class Inventory:
    """One sandbox as it was read. `flows` are all of it; `datasets` holds None for a dataset that is not there any more.

    Source connections are those of the data lake; target and base connections are all, of whatever kind.
    """

    sandbox: str
    flows: tuple[Flow, ...] = ()
    sources: dict[str, SourceConnection] = field(default_factory=dict)
    targets: dict[str, TargetConnection] = field(default_factory=dict)
    bases: dict[str, Connection] = field(default_factory=dict)
    datasets: dict[str, Dataset | None] = field(default_factory=dict)

    @property
    def dataset_flows(self) -> tuple[Flow, ...]:
        """The flows that export datasets: of the six kinds, or of another kind with datasets of the lake as source."""
        return tuple(flow for flow in self.flows if self.exports_datasets(flow))

    @property
    def destination_flows(self) -> int:
        """How many flows count against the limit of a sandbox (platform-api §2.5)."""
        return sum(1 for flow in self.flows if is_destination(flow) or self.exports_datasets(flow))

    def exports_datasets(self, flow: Flow) -> bool:
        """Whether a flow exports datasets of the lake."""
        return flow.flow_spec_id in DATASET_FLOW_SPECS or bool(self.dataset_ids(flow))

    def dataset_ids(self, flow: Flow) -> tuple[str, ...]:
        """Return the datasets of a flow, as far as its source connections are known."""
        known = [self.sources[each] for each in flow.source_connection_ids if each in self.sources]
        return tuple(dict.fromkeys(dataset for source in known for dataset in source.dataset_ids))

    def base_of(self, flow: Flow) -> Connection | None:
        """Return the base connection of a flow."""
        ids = [*flow.base_connection_ids, *(self._base_id(each) for each in flow.target_connection_ids)]
        return next((self.bases[each] for each in ids if each in self.bases), None)

    def users_of_source(self, source_id: str) -> tuple[Flow, ...]:
        """Return every flow that reads from a source connection."""
        return tuple(flow for flow in self.flows if source_id in flow.source_connection_ids)

    def users_of_target(self, target_id: str) -> tuple[Flow, ...]:
        """Return every flow that writes to a target connection."""
        return tuple(flow for flow in self.flows if target_id in flow.target_connection_ids)

    def is_base_used(self, base_id: str, *, apart_from: frozenset[str] = frozenset()) -> bool:
        """Whether any flow or connection hangs on a base connection; `apart_from` are ids that will be gone."""
        by_target = any(
            each.base_connection_id == base_id for id_, each in self.targets.items() if id_ not in apart_from
        )
        by_source = any(at(each.raw, "baseConnectionId") == base_id for each in self.sources.values())
        by_flow = any(base_id in flow.base_connection_ids for flow in self.flows if flow.id not in apart_from)
        return by_target or by_source or by_flow

    def _base_id(self, target_id: str) -> str:
        target = self.targets.get(target_id)
        return "" if target is None or target.base_connection_id is None else target.base_connection_id


def is_destination(flow: Flow) -> bool:
    """Whether a flow goes to a destination, by the platform's own mark (§3.3)."""
    return at(flow.raw, "inheritedAttributes", "properties", "isDestinationFlow") is True


async def read_inventory(platform: Platform, sandbox: str, *, with_datasets: bool = True) -> Inventory:
    """Read a sandbox: four lists at the same time, then the datasets that its flows name, some dozens a request.

    Raises what the platform raises.
    """
    async with together() as group:
        flows = group.create_task(platform.flows.everything())
        sources = group.create_task(platform.source_connections.all())
        targets = group.create_task(platform.target_connections.all())
        bases = group.create_task(platform.connections.all())
    found = Inventory(
        sandbox,
        flows.result(),
        {each.id: each for each in sources.result()},
        {each.id: each for each in targets.result()},
        {each.id: each for each in bases.result()},
    )
    if with_datasets:
        counts = Counter(each for flow in found.dataset_flows for each in found.dataset_ids(flow))
        found.datasets.update(await _datasets(platform, list(counts)))
    return found


async def _datasets(platform: Platform, ids: list[str]) -> dict[str, Dataset | None]:
    """Look the datasets up; only the platform's own "not found" for the one dataset means that it is gone."""
    known: dict[str, Dataset | None] = {}
    try:
        known.update({each.id: each for each in await platform.catalog.several(ids)} if ids else {})
    except (NotFound, InvalidRequest):
        known.clear()
    for dataset_id in ids:
        if dataset_id not in known:
            known[dataset_id] = await _one(platform, dataset_id)
    return known


async def _one(platform: Platform, dataset_id: str) -> Dataset | None:
    try:
        return await platform.catalog.get(dataset_id)
    except NotFound:
        return None
