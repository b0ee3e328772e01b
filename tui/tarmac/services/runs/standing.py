"""Who is at work on the unfinished exports of the ledger: by the disk alone, nothing is asked of the platform.

Several tarmacs may be open on the same state. What one of them carries on is, to the others, neither interrupted nor theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tarmac.services.exports.chain import Chain, chains_of
from tarmac.services.exports.progress import FollowedRun, FollowState
from tarmac.services.runs.following import chain_row
from tarmac.services.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """One chain as it stands. `is_here`: a task of this process carries it on; `is_elsewhere`: another tarmac works on it."""

    chain: Chain
    is_here: bool
    is_elsewhere: bool

    @property
    def is_free(self) -> bool:
        """Whether it can be gone on with and nobody does."""
        return self.chain.ended is None and not self.is_here and not self.is_elsewhere

    @property
    def is_to_be_followed(self) -> bool:
        """Whether it may be followed here, too: its run is fired, so that this only reads, and no person stopped it."""
        return self.chain.ended is None and self.chain.run_id is not None and not self.chain.is_set_aside

    def row(self, ws: Workspace) -> FollowedRun | None:
        """Return its row while no task of this app follows it; None where the ledger has nothing to show of it.

        An export that was adopted, cleaned up or begun anew has nothing to show.
        """
        row = chain_row(ws, self.chain, ws.clock.now())
        if row is None:
            return None
        if self.chain.ended is not None:
            return None if row.state is FollowState.CANCELLED else row
        if self.is_elsewhere:
            return replace(row, state=FollowState.ELSEWHERE, detail="another tarmac is at work on it")
        way = "u has the ways out" if self.chain.wish_facts is None else "t goes on with it"
        return replace(row, state=FollowState.CANCELLED, detail=f"tarmac ended while this was under way; {way}")


async def standings(ws: Workspace, ids: Collection[str]) -> dict[str, Standing]:
    """Return how these chains stand; one that was put away since is missing. Raises LedgerError."""
    # The locks first: what ends in between has its end in the ledger by then, and is not taken for interrupted.
    elsewhere = {each for each in ids if await ws.ledger.is_worked_on_elsewhere(each)}
    entries = await ws.ledger.entries()
    return {
        chain.id: Standing(chain, ws.ledger.is_carried_on_here(chain.id), chain.id in elsewhere)
        for chain in chains_of(entry for entry in entries if entry.chain in ids)
    }
