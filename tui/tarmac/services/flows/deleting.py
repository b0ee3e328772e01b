"""Deleting flows and connections in the order that the platform accepts: flow, target, source, base; never what is in use.

What is in use is read again before the first deletion of a plan, and kept up with every one that is done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import InvalidRequest, NotFound, PlatformError
from tarmac.platform.models import Flow
from tarmac.services.exports.chain import Kind
from tarmac.services.flows.changes import FlowAction, FlowItem, ItemOutcome, ItemResult
from tarmac.services.flows.inventory import Inventory, read_inventory
from tarmac.services.flows.meanwhile import changed_meanwhile
from tarmac.services.plans.plan import Noun, PlanStep
from tarmac.services.plans.steps import short_id
from tarmac.services.workspace import Workspace

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

_TRIES = 3


class Deleter:
    """Deletes the items of one plan in one sandbox."""

    def __init__(self, ws: Workspace, platform: Platform, chain: str, inventory: Inventory) -> None:
        self._ws = ws
        self._platform = platform
        self._chain = chain
        self._inventory = inventory

    @classmethod
    async def begin(cls, ws: Workspace, platform: Platform, sandbox: str, chain: str) -> Deleter:
        """Read what is in use now. Raises what the platform raises."""
        return cls(ws, platform, chain, await read_inventory(platform, sandbox, with_datasets=False))

    async def carry_out(self, item: FlowItem) -> ItemResult:
        """Delete one item; stop at the first thing that cannot be deleted."""
        deleted: list[str] = []
        kept: list[str] = []
        try:
            if item.action is FlowAction.DELETE and item.flow is not None:
                conflict = await self._changed(item, item.flow)
                if conflict is not None:
                    return conflict
            for step in item.steps:
                object_id = step.existing_id or ""
                is_used = self._is_used(step.noun, object_id)
                is_ours = None if is_used else await self._delete(item, step, object_id)
                if is_ours is None:
                    kept.append(f"{step.noun.value} {short_id(object_id)} stays: something uses it now")
                elif is_ours:
                    deleted.append(object_id)
        except PlatformError as error:
            return ItemResult(item, ItemOutcome.FAILED, (), tuple(deleted), tuple(kept), error)
        outcome = ItemOutcome.DONE if deleted else ItemOutcome.UNCHANGED
        return ItemResult(item, outcome, (), tuple(deleted), tuple(kept))

    async def _changed(self, item: FlowItem, seen: Flow) -> ItemResult | None:
        try:
            now = await self._platform.flows.get(item.id)
        except NotFound:
            return None  # gone already; its connections may still be there
        differences = changed_meanwhile(seen, now, whole=True)
        return ItemResult(item, ItemOutcome.CONFLICT, differences) if differences else None

    async def _delete(self, item: FlowItem, step: PlanStep, object_id: str) -> bool | None:
        """Delete one object; False when it was gone already, None when somebody took it into use since it was read."""
        await self._note(Kind.INTENT, item, step, id=object_id)
        try:
            is_ours = await self._sent(item, step, object_id)
        except InvalidRequest:
            sandbox = self._inventory.sandbox
            self._inventory = await read_inventory(self._platform, sandbox, with_datasets=False)
            if self._is_used(step.noun, object_id):
                return None
            raise
        await self._note(Kind.RESULT, item, step, id=object_id, found=None if is_ours else False)
        self._forget(step.noun, object_id)
        return is_ours

    async def _sent(self, item: FlowItem, step: PlanStep, object_id: str) -> bool:
        sent = False
        for attempt in range(1, _TRIES + 1):
            try:
                await self._send(step.noun, object_id)
            except NotFound:
                return sent
            except InvalidRequest as error:
                await self._note(Kind.REFUSED, item, step, code=error.code)
                raise
            except PlatformError as error:
                if not error.maybe_done or attempt == _TRIES:
                    raise
                sent = True
            else:
                return True
        raise AssertionError("unreachable")  # pragma: no cover - the last try returns or raises

    async def _send(self, noun: Noun, object_id: str) -> None:
        platform = self._platform
        match noun:
            case Noun.FLOW:
                await platform.flows.delete(object_id)
            case Noun.TARGET:
                await platform.target_connections.delete(object_id)
            case Noun.SOURCE:
                await platform.source_connections.delete(object_id)
            case Noun.BASE:
                await platform.connections.delete(object_id)
            case Noun.RUN:
                raise AssertionError("runs are not deleted")

    def _is_used(self, noun: Noun, object_id: str) -> bool:
        inventory = self._inventory
        match noun:
            case Noun.TARGET:
                return bool(inventory.users_of_target(object_id))
            case Noun.SOURCE:
                return bool(inventory.users_of_source(object_id))
            case Noun.BASE:
                return inventory.is_base_used(object_id)
            case _:
                return False

    def _forget(self, noun: Noun, object_id: str) -> None:
        inventory = self._inventory
        match noun:
            case Noun.FLOW:
                left = tuple(flow for flow in inventory.flows if flow.id != object_id)
                self._inventory = replace(inventory, flows=left)
            case Noun.TARGET:
                inventory.targets.pop(object_id, None)
            case Noun.SOURCE:
                inventory.sources.pop(object_id, None)
            case Noun.BASE:
                inventory.bases.pop(object_id, None)
            case Noun.RUN:
                pass

    async def _note(self, kind: Kind, item: FlowItem, step: PlanStep, **facts: Any) -> None:
        await self._ws.ledger.add(
            kind,
            self._chain,
            step=f"delete {step.existing_id}",
            noun=step.noun.value,
            action="delete",
            sandbox=item.sandbox,
            **facts,
        )
