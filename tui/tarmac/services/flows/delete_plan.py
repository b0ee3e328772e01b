"""The plan that deletes flows, each with those of its connections that nobody else uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tarmac.platform import requests
from tarmac.services.flows.change_plan import plan_of
from tarmac.services.flows.changes import FlowAction, FlowItem, FlowPlan
from tarmac.services.flows.flow_list import FlowListing, FlowRow
from tarmac.services.flows.items import CHANGEABLE, busy, calls, named
from tarmac.services.plans.plan import Action, Noun, PlanStep
from tarmac.services.plans.steps import short_id
from tarmac.services.workspace import Workspace
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform


async def plan_delete(ws: Workspace, rows: Sequence[FlowRow], listings: Sequence[FlowListing]) -> FlowPlan:
    """Plan to delete flows, each with those of its connections that nobody else uses: target, source, base, in this order."""
    by_sandbox = {listing.sandbox: listing for listing in listings}
    chosen = frozenset(row.id for row in rows)

    def make(platform: Platform, row: FlowRow) -> FlowItem:
        return _delete(platform, row, by_sandbox[row.sandbox], chosen)

    return await plan_of(ws, rows, FlowAction.DELETE, make)


def _delete(platform: Platform, row: FlowRow, listing: FlowListing, chosen: frozenset[str]) -> FlowItem:
    inventory, flow = listing.inventory, row.flow
    bare = FlowItem(row.id, row.name, row.sandbox, FlowAction.DELETE, flow=flow)
    if row.state not in CHANGEABLE:
        return replace(bare, refused=busy(row))
    notes = (f"it exports {row.dataset_words} to {row.kind}", "files that have landed stay where they are")
    steps = [
        PlanStep(
            Noun.FLOW,
            Action.DELETE,
            named(row),
            notes,
            row.id,
            calls=calls(platform, requests.delete_request(requests.FLOWS, row.id)),
        )
    ]
    gone: set[str] = set(chosen)
    kept = []
    for noun, ids, users, collection in (
        (Noun.TARGET, flow.target_connection_ids, inventory.users_of_target, requests.TARGET_CONNECTIONS),
        (Noun.SOURCE, flow.source_connection_ids, inventory.users_of_source, requests.SOURCE_CONNECTIONS),
    ):
        known = inventory.targets if noun is Noun.TARGET else inventory.sources
        for object_id in ids:
            if object_id not in known:
                continue
            others = [each for each in users(object_id) if each.id not in chosen]
            if others:
                kept.append(f"{noun.value} {short_id(object_id)} stays: {len(others)} other flows use it")
                continue
            gone.add(object_id)
            name = plain(known[object_id].name, 80)
            call = calls(platform, requests.delete_request(collection, object_id))
            steps.append(PlanStep(noun, Action.DELETE, f'"{name}" ({short_id(object_id)})', (), object_id, calls=call))
    base = inventory.base_of(flow)
    if base is not None:
        # Several flows of one plan may share it: it goes with the last of them, when nothing hangs on it any more.
        shared = {each for other in inventory.flows if other.id in chosen for each in other.target_connection_ids}
        removable = {each for each in shared if all(user.id in chosen for user in inventory.users_of_target(each))}
        if inventory.is_base_used(base.id, apart_from=frozenset(gone | removable)):
            kept.append(f"base connection {short_id(base.id)} stays: something else uses it")
        else:
            call = calls(platform, requests.delete_request(requests.CONNECTIONS, base.id))
            name = f'"{plain(base.name, 80)}" ({short_id(base.id)})'
            steps.append(PlanStep(Noun.BASE, Action.DELETE, name, (), base.id, calls=call))
    return replace(bare, steps=tuple(steps), notes=tuple(kept))
