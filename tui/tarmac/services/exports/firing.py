"""One run for a flow: fired on demand by one tarmac at a time, or waited for where the flow's own schedule fires it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass

from tarmac.services.exports.ledger_file import LedgerError
from tarmac.services.exports.progress import RunFired, WaitingForReady
from tarmac.services.exports.triggering import trigger
from tarmac.services.workspace import Workspace
from tarmac.terms.times import Clock

_BUSY_PAUSE_S = 2.0


@dataclass(frozen=True)
class Patience:
    """How long is waited: for everything until `until_s` (monotonic seconds), for a run to be accepted `ready_s` seconds."""

    until_s: float
    ready_s: float

    def left_s(self, clock: Clock) -> float:
        """Return the seconds that are left for everything."""
        return max(0.0, self.until_s - clock.monotonic())

    def ready_left_s(self, clock: Clock, already_s: float) -> float:
        """Return the seconds that are left for a run to be accepted, after `already_s` seconds of waiting for it."""
        return min(self.left_s(clock), max(0.0, self.ready_s - already_s))


async def fire(
    ws: Workspace,
    flow_id: str,
    dataset_id: str,
    patience: Patience,
    *,
    known: Collection[str],
    already_s: float,
    look_first: bool,
) -> AsyncGenerator[WaitingForReady | RunFired, None]:
    """Ask for a run as `trigger` does; while another tarmac on this machine asks for this flow, wait, and follow its run.

    Raises what `trigger` raises, and LedgerError (`export-busy`) when the other one takes longer than `patience`.
    """
    while True:
        left_s = patience.ready_left_s(ws.clock, already_s)
        try:
            # Two at a time would fire two runs; the second waits, and then follows the run of the first.
            async with ws.ledger.only_one(f"run-{flow_id}", wait_s=0):
                events = trigger(
                    ws,
                    flow_id,
                    dataset_id,
                    deadline_s=already_s + left_s,
                    known=known,
                    already_s=already_s,
                    look_first=look_first,
                )
                async with aclosing(events) as probing:
                    async for event in probing:
                        yield event
            return
        except LedgerError as error:
            if error.code != "export-busy" or left_s <= _BUSY_PAUSE_S:
                raise
        look_first = True
        yield WaitingForReady(already_s, _BUSY_PAUSE_S, already_s + left_s, 0)
        await ws.clock.sleep(_BUSY_PAUSE_S)
        already_s += _BUSY_PAUSE_S
