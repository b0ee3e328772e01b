"""One whole export: plan, apply, fire, watch, count, receipt; as a stream of events that always ends in one `Finished`.

Every phase is in the ledger before it begins. Whoever asks for the same wish again after a crash or a timeout goes on where
the last one stopped: it waits for the same readiness, follows the same run.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

from tarmac.services.exports.chain import Chain
from tarmac.services.exports.continuing import export_of, wish_of_chain
from tarmac.services.exports.firing import Patience
from tarmac.services.exports.journey import Journey
from tarmac.services.exports.progress import ExportEvent, ExportResult, Finished, Outcome
from tarmac.services.plans.plan import Plan, Wish
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError, UsageError

DEFAULT_TIMEOUT_S = 7200.0


async def export(
    ws: Workspace,
    wish: Wish | Plan,
    *,
    wait: bool = True,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    ready_timeout_s: float = math.inf,
    verify: bool = True,
    confirm: Collection[str] = (),
) -> AsyncGenerator[ExportEvent, None]:
    """Carry a wish (or a plan made for it) through to counted rows, within `timeout_s` seconds.

    The first event is the plan, where none was given. Errors do not leave as exceptions: the last event is a `Finished` whose
    result says what happened. Without `wait` it ends as soon as the run is fired, or with the first "not ready". `confirm`
    holds the words typed for the plan's guards. `ready_timeout_s` bounds the wait for a run to be accepted, where less than
    the whole time is meant for that. Cancelling stops our waiting, not the platform.
    """
    patience = Patience(ws.clock.monotonic() + timeout_s, ready_timeout_s if wait else 0.0)
    plan = wish if isinstance(wish, Plan) else None
    journey = Journey(ws, wish.wish if isinstance(wish, Plan) else wish, plan, wait, patience, verify, confirm=confirm)
    async with aclosing(_to_the_end(journey)) as events:
        async for event in events:
            yield event


async def resume(
    ws: Workspace,
    chain: Chain,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    ready_timeout_s: float = math.inf,
    verify: bool = True,
) -> AsyncGenerator[ExportEvent, None]:
    """Go on with an unfinished chain of the ledger, as `export` does."""
    try:
        wish = wish_of_chain(ws, chain)
    except UsageError as error:
        yield Finished(ExportResult(Outcome.REFUSED, export_of(chain), error=error))
        return
    patience = Patience(ws.clock.monotonic() + timeout_s, ready_timeout_s)
    async with aclosing(_to_the_end(Journey(ws, wish, None, True, patience, verify, chain))) as events:
        async for event in events:
            yield event


async def _to_the_end(journey: Journey) -> AsyncGenerator[ExportEvent, None]:
    outcome, failure = Outcome.RUNNING, None
    async with journey.held:
        try:
            async with aclosing(journey.events()) as events:
                async for event in events:
                    yield event
            outcome = journey.outcome
        except TarmacError as error:
            outcome, failure = journey.outcome_of(error), error
        result = journey.result(outcome, failure)
        await journey.close(result)
    yield Finished(result)
