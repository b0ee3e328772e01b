"""Exports that were interrupted: what they had made, and giving them up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tarmac.services.ledger import Chain, Kind
from tarmac.services.workspace import Workspace


@dataclass(frozen=True)
class UnfinishedExport:
    """An unfinished chain of the ledger with the ids of what it had created."""

    export: str
    chain: Chain
    ids: tuple[str, ...]


async def unfinished_exports(ws: Workspace) -> tuple[UnfinishedExport, ...]:
    """Return the exports that began and did not end, oldest first."""
    return tuple(
        UnfinishedExport((chain.begun and chain.begun.text("export")) or "an export", chain, chain.created_ids())
        for chain in await ws.ledger.unfinished()
    )


async def give_up(ws: Workspace, exports: Iterable[UnfinishedExport]) -> None:
    """Write that nobody will go on with them. Raises ReadOnly, LedgerError."""
    ws.require_write("give up exports that were interrupted")
    for each in exports:
        await ws.ledger.add(Kind.ENDED, each.chain.id, outcome="abandoned")
