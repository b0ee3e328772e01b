"""What exists on the platform for a wish, found without any memory of our own: by the marked names (design §6.2, §6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tarmac.platform.errors import NotFound
from tarmac.platform.models import Connection, Flow, SourceConnection, TargetConnection
from tarmac.services.plans.compare import base_differences, source_differences, target_differences
from tarmac.services.plans.wanted import Wanted
from tarmac.services.together import together
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Flows of one name whose connections are looked at; more than one is the rest of a change that needed a new flow.
_CANDIDATES = 5


@dataclass(frozen=True)
class Existing:
    """The objects that carry out the wish now, or could.

    `retired` are enabled flows of this export that no change can bring to the wish (another kind or base connection).
    """

    base: Connection | None = None
    source: SourceConnection | None = None
    target: TargetConnection | None = None
    flow: Flow | None = None
    retired: tuple[Flow, ...] = ()
    flow_count: int | None = None


@dataclass(frozen=True)
class _Chain:
    """A flow with its two connections; either may be gone."""

    flow: Flow
    source: SourceConnection | None
    target: TargetConnection | None


async def look(platform: Platform, wanted: Wanted, adopted_flow_id: str | None = None) -> Existing:
    """Find flow, connections and base connection of the wish. `adopted_flow_id` is a flow made by somebody else.

    Raises UsageError when the destination names a base connection that is not there, and what the platform raises.
    """
    async with together() as group:
        named = group.create_task(platform.flows.named(wanted.name))
        every = group.create_task(platform.flows.all())
        bases = group.create_task(platform.connections.all(spec_id=wanted.spec.connection_spec_id))
    flows = list(named.result())
    flows += [flow for flow in every.result() if flow.id == adopted_flow_id and flow.id not in {f.id for f in flows}]
    chains = await _chains(platform, _of_kind(flows, wanted))
    fitting = [
        (chain, base)
        for chain in chains
        if chain.target is not None
        and (base := _base_of(chain, bases.result(), wanted, is_adopted=chain.flow.id == adopted_flow_id)) is not None
    ]
    if fitting:
        chain, base = min(fitting, key=lambda pair: _distance(pair[0], pair[1], wanted))
        source = chain.source
        if source is None or source_differences(source, wanted):
            source = await _spare_source(platform, wanted) or source
        return Existing(base, source, chain.target, chain.flow, _retired(flows, chain.flow), len(every.result()))
    new_base = choose_base(bases.result(), wanted)
    async with together() as group:
        spare_source = group.create_task(_spare_source(platform, wanted))
        spare_target = group.create_task(_spare_target(platform, wanted, new_base))
    return Existing(
        new_base, spare_source.result(), spare_target.result(), None, _retired(flows, None), len(every.result())
    )


def choose_base(bases: Sequence[Connection], wanted: Wanted) -> Connection | None:
    """Choose the base connection for a new flow: the one that is named, else ours, else for the landing zone any enabled.

    Raises UsageError when the named one is not there.
    """
    usable = [base for base in bases if base.state in {None, ObjectState.ENABLED}]
    named = wanted.wish.destination.base_connection
    if named is not None:
        found = [base for base in usable if named in {base.id, base.name}]
        if len(found) == 1:
            return found[0]
        raise UsageError(
            f"there {'is no' if not found else 'is more than one'} enabled {wanted.spec.title} base connection "
            f"{plain(named, 80)!r} in this sandbox",
            code="unknown-base-connection",
            meaning="The destination of the profile names it as base_connection.",
            next_step="Write the connection's id there, or leave base_connection out to have one made.",
        )
    ours = [base for base in usable if base.name == wanted.base_name]
    # The landing zone has no credentials: one base connection is as good as any other.
    pool = ours or (usable if wanted.spec.kind is DestinationKind.DATA_LANDING_ZONE else [])
    return min(pool, key=lambda base: (len(base_differences(base, wanted)), -_age(base), base.id), default=None)


def _of_kind(flows: Sequence[Flow], wanted: Wanted) -> list[Flow]:
    fitting = [flow for flow in flows if flow.flow_spec_id in {None, wanted.spec.flow_spec_id}]
    fitting.sort(
        key=lambda flow: (flow.state != ObjectState.ENABLED, -(flow.created_at.timestamp() if flow.created_at else 0))
    )
    return fitting[:_CANDIDATES]


async def _chains(platform: Platform, flows: Sequence[Flow]) -> list[_Chain]:
    async with together() as group:
        tasks = [group.create_task(_chain(platform, flow)) for flow in flows]
    return [task.result() for task in tasks]


async def _chain(platform: Platform, flow: Flow) -> _Chain:
    async with together() as group:
        source = group.create_task(_source(platform, flow))
        target = group.create_task(_target(platform, flow))
    return _Chain(flow, source.result(), target.result())


async def _source(platform: Platform, flow: Flow) -> SourceConnection | None:
    if len(flow.source_connection_ids) != 1:
        return None
    try:
        return await platform.source_connections.get(flow.source_connection_ids[0])
    except NotFound:
        return None


async def _target(platform: Platform, flow: Flow) -> TargetConnection | None:
    if len(flow.target_connection_ids) != 1:
        return None
    try:
        return await platform.target_connections.get(flow.target_connection_ids[0])
    except NotFound:
        return None


def _base_of(chain: _Chain, bases: Sequence[Connection], wanted: Wanted, *, is_adopted: bool) -> Connection | None:
    """Return the base connection of a flow if the wish can go on with it; a target cannot be moved to another (§3.5)."""
    target = chain.target
    if target is None or target.spec_id != wanted.spec.connection_spec_id:
        return None
    base = next((each for each in bases if each.id == target.base_connection_id), None)
    if base is None or base.state not in {None, ObjectState.ENABLED}:
        return None
    named = wanted.wish.destination.base_connection
    if named is not None:
        return base if named in {base.id, base.name} else None
    is_ours = base.name == wanted.base_name or wanted.spec.kind is DestinationKind.DATA_LANDING_ZONE
    return base if is_ours or is_adopted else None


def _distance(chain: _Chain, base: Connection, wanted: Wanted) -> tuple[bool, int]:
    assert chain.target is not None  # noqa: S101 - chains without one were left out
    count = len(target_differences(chain.target, wanted, base.id))
    count += 1 if chain.source is None else len(source_differences(chain.source, wanted))
    return chain.flow.state != ObjectState.ENABLED, count


async def _spare_source(platform: Platform, wanted: Wanted) -> SourceConnection | None:
    """Return a source connection of ours that holds the dataset: left by a crash, or by a change that was undone."""
    found = await platform.source_connections.named(wanted.name)
    return next((each for each in found if not source_differences(each, wanted)), None)


async def _spare_target(platform: Platform, wanted: Wanted, base: Connection | None) -> TargetConnection | None:
    """Return a target connection of ours on this base connection, the nearest one."""
    if base is None:
        return None
    found = [
        each
        for each in await platform.target_connections.named(wanted.name)
        if each.base_connection_id == base.id and each.spec_id == wanted.spec.connection_spec_id
    ]
    return min(found, key=lambda each: len(target_differences(each, wanted, base.id)), default=None)


def _retired(flows: Sequence[Flow], kept: Flow | None) -> tuple[Flow, ...]:
    return tuple(flow for flow in flows if flow.state == ObjectState.ENABLED and (kept is None or flow.id != kept.id))


def _age(base: Connection) -> float:
    return base.created_at.timestamp() if base.created_at is not None else 0.0
