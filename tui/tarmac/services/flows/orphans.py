"""Connections that no flow uses: found, told apart by who made them, and deleted as a reviewed plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tarmac.platform import requests
from tarmac.platform.models import Connection, SourceConnection, TargetConnection
from tarmac.platform.reading import moment, text
from tarmac.services.flows.changes import FlowAction, FlowItem, FlowPlan
from tarmac.services.flows.flow_list import FlowListing, platform_of
from tarmac.services.flows.items import calls
from tarmac.services.plans.guards import production_guard, sandbox_of
from tarmac.services.plans.marker import read_marker
from tarmac.services.plans.plan import Action, Check, Noun, PlanStep, Verdict
from tarmac.services.plans.steps import short_id
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import kind_of_connection_spec
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Somebody may be in the middle of making a flow of it.
_STILL_NEW = timedelta(hours=1)
_COLLECTIONS = {
    Noun.TARGET: requests.TARGET_CONNECTIONS,
    Noun.SOURCE: requests.SOURCE_CONNECTIONS,
    Noun.BASE: requests.CONNECTIONS,
}


@dataclass(frozen=True)
class Orphan:
    """A connection that nothing uses; its texts are to be made safe where they are shown.

    `is_ours`: tarmac made it; `is_new`: made within the last hour.
    """

    id: str
    name: str
    noun: Noun
    sandbox: str
    kind: str
    owner: str
    is_ours: bool
    is_new: bool
    created_at: datetime | None


def find_orphans(listing: FlowListing, ours: frozenset[str] = frozenset()) -> tuple[Orphan, ...]:
    """Return the connections of a sandbox that no flow of any kind uses, in the order in which they can be deleted.

    `ours` are ids that the ledger knows as made here. Of targets and bases only the six dataset destinations are looked at,
    of sources only those of the data lake: other connections belong to other features. A base connection on which only
    orphaned targets hang is an orphan itself.
    """
    inventory = listing.inventory
    targets = [
        each
        for each in inventory.targets.values()
        if kind_of_connection_spec(each.spec_id) is not None and not inventory.users_of_target(each.id)
    ]
    sources = [each for each in inventory.sources.values() if not inventory.users_of_source(each.id)]
    gone = frozenset(each.id for each in targets)
    bases = [
        each
        for each in inventory.bases.values()
        if each.kind is not None and not inventory.is_base_used(each.id, apart_from=gone)
    ]
    found: list[Orphan] = []
    groups: tuple[tuple[Noun, Sequence[TargetConnection | SourceConnection | Connection]], ...] = (
        (Noun.TARGET, targets),
        (Noun.SOURCE, sources),
        (Noun.BASE, bases),
    )
    for noun, connections in groups:
        found += [_orphan(each, noun, listing, ours) for each in connections]
    return tuple(found)


async def made_here(ws: Workspace) -> frozenset[str]:
    """Return the ids of everything that the ledger says was created by this profile."""
    return frozenset(id_ for chain in await ws.ledger.chains() for id_ in chain.created_ids())


async def plan_cleanup(
    ws: Workspace,
    listings: Sequence[FlowListing],
    *,
    others: bool = False,
    keep: frozenset[str] = frozenset(),
    planned: frozenset[str] = frozenset(),
) -> FlowPlan:
    """Plan to delete orphans: what tarmac made, and with `others` what anybody made.

    What is new stays unless the ledger says that it is a leftover of ours: somebody may be about to use it. `keep` are ids
    that an interrupted export will go on with, `planned` are ids that are deleted by something else than this plan.
    """
    ours = await made_here(ws)
    items: list[FlowItem] = []
    checks: list[Check] = []
    left = needed = 0
    for listing in listings:
        platform = await platform_of(ws, listing.sandbox)
        chosen = []
        for orphan in find_orphans(listing, ours):
            if orphan.id in planned:
                continue
            is_wanted = orphan.is_ours or others
            if is_wanted and orphan.id not in keep and (not orphan.is_new or orphan.id in ours):
                chosen.append(orphan)
            elif orphan.id in keep:
                needed += 1
            else:
                left += 1
        items += [clean_item(platform, orphan) for orphan in _deletable(chosen, listing)]
        if chosen:
            guard = production_guard(listing.sandbox, await sandbox_of(await ws.platform(), listing.sandbox))
            checks += [] if guard is None else [guard]
    if left:
        takes_in = "" if others else "tarmac cleanup --others takes in what others made."
        checks.append(Check(Verdict.OK, f"{_stay(left)}: made by others, or less than an hour ago", "", takes_in))
    checks += _needed(needed)
    return FlowPlan(FlowAction.CLEAN, tuple(items), ws.now(), tuple(checks))


async def unfinished_ids(ws: Workspace) -> frozenset[str]:
    """Return the ids of what exports made that were interrupted, or are under way: they go on with it."""
    return frozenset(id_ for chain in await ws.ledger.unfinished() for id_ in chain.created_ids())


def _needed(count: int) -> list[Check]:
    if not count:
        return []
    ends_it = "The same export goes on with them; tarmac cleanup --unfinished takes them away instead."
    return [Check(Verdict.OK, f"{_stay(count)}: needed by an export that was interrupted", "", ends_it)]


def _stay(count: int) -> str:
    return "1 orphaned connection stays" if count == 1 else f"{count} orphaned connections stay"


async def plan_chosen(ws: Workspace, listings: Sequence[FlowListing], ids: frozenset[str]) -> FlowPlan:
    """Plan to delete the orphans that a person chose, in the right order.

    A base stays that another orphan needs, and everything that an unfinished export will go on with.
    """
    ours, keep = await made_here(ws), await unfinished_ids(ws)
    items: list[FlowItem] = []
    checks: list[Check] = []
    needed = 0
    for listing in listings:
        wanted = [each for each in find_orphans(listing, ours) if each.id in ids]
        chosen = [each for each in wanted if each.id not in keep]
        needed += len(wanted) - len(chosen)
        platform = await platform_of(ws, listing.sandbox)
        items += [clean_item(platform, orphan) for orphan in _deletable(chosen, listing)]
        if chosen:
            guard = production_guard(listing.sandbox, await sandbox_of(await ws.platform(), listing.sandbox))
            checks += [] if guard is None else [guard]
    checks += _needed(needed)
    return FlowPlan(FlowAction.CLEAN, tuple(items), ws.now(), tuple(checks))


def clean_item(platform: Platform, orphan: Orphan) -> FlowItem:
    """Return the item that deletes one orphan."""
    age = "" if orphan.created_at is None else f", made {orphan.created_at:%Y-%m-%d %H:%M} UTC"
    step = PlanStep(
        orphan.noun,
        Action.DELETE,
        f'"{plain(orphan.name, 80)}" ({short_id(orphan.id)})',
        (f"{orphan.kind}, by {plain(orphan.owner, 80)}{age}",),
        orphan.id,
        calls=calls(platform, requests.delete_request(_COLLECTIONS[orphan.noun], orphan.id)),
    )
    return FlowItem(orphan.id, orphan.name, orphan.sandbox, FlowAction.CLEAN, (step,))


def _deletable(chosen: Sequence[Orphan], listing: FlowListing) -> list[Orphan]:
    """Leave out base connections on which an orphan hangs that is not to be deleted."""
    going = frozenset(each.id for each in chosen)
    return [
        each
        for each in chosen
        if each.noun is not Noun.BASE or not listing.inventory.is_base_used(each.id, apart_from=going)
    ]


def _orphan(
    connection: TargetConnection | SourceConnection | Connection, noun: Noun, listing: FlowListing, ours: frozenset[str]
) -> Orphan:
    created = moment(connection.raw.get("createdAt"))
    is_ours = connection.id in ours or read_marker(connection.name) is not None
    kind = kind_of_connection_spec(connection.spec_id)
    return Orphan(
        id=connection.id,
        name=connection.name or connection.id,
        noun=noun,
        sandbox=listing.sandbox,
        kind="data lake" if noun is Noun.SOURCE else "another storage" if kind is None else kind.spec.title,
        owner="tarmac" if is_ours else text(connection.raw.get("createdBy")) or "somebody else",
        is_ours=is_ours,
        is_new=created is not None and listing.read_at - created < _STILL_NEW,
        created_at=created,
    )
