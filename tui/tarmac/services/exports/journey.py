"""One export under way: its phases in order, each in the ledger before it begins, and what is known of it so far."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, aclosing, suppress
from pathlib import Path

from tarmac.platform.models import Dataset, Run, RunPhase
from tarmac.services.errors import MadeTwice, Mismatch, StillRunning
from tarmac.services.exports.applying import apply, begin_chain
from tarmac.services.exports.chain import LEFT, TAKEN_UP, TIMED_OUT, Chain, Kind
from tarmac.services.exports.continuing import chain_to_continue, read_held
from tarmac.services.exports.counting import Counted, count
from tarmac.services.exports.firing import Patience, fire
from tarmac.services.exports.ledger_file import LedgerError
from tarmac.services.exports.leftovers import chain_ended
from tarmac.services.exports.progress import (
    Counting,
    ExportEvent,
    ExportResult,
    Outcome,
    Planned,
    RunFired,
    StepDone,
    WaitingForReady,
)
from tarmac.services.exports.triggering import await_scheduled, known_runs
from tarmac.services.landed.receipt import Receipt
from tarmac.services.plans.guards import require_words
from tarmac.services.plans.plan import Action, Noun, Plan, Wish
from tarmac.services.plans.planning import plan_within, refuse_if_blocked
from tarmac.services.runs.watching import run_failure, watch
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.text import plain

# Once more where another machine made the same dataflow at the same moment.
_PLANS = 2


class Journey:
    """What happens, as `events`; then how it ended, as `result`; `close` writes the end down. `held` is entered around all.

    Without `wait` it ends as soon as the run is fired, or with the first "not ready".
    """

    def __init__(
        self,
        ws: Workspace,
        wish: Wish,
        plan: Plan | None,
        wait: bool,
        patience: Patience,
        verify: bool,
        chain: Chain | None = None,
        confirm: Collection[str] = (),
    ) -> None:
        self._ws = ws
        self._confirm = confirm
        self._wish = wish
        self._plan = plan
        self._wait = wait
        self._verify = verify
        self._chain = chain
        self._chain_id: str | None = None  # once its lock is held: who does not hold a chain does not end it either
        self._patience = patience
        self._dataset: Dataset | None = None
        self._catalog_rows: int | None = None
        self._flow_id: str | None = None
        self._run_id: str | None = None
        self._run: Run | None = None
        self._receipt: Receipt | None = None
        self._receipt_file: Path | None = None
        self._sent = False
        self._created: list[str] = []
        self._reused: list[str] = []
        self.outcome = Outcome.RUNNING
        # Shows every other tarmac that the chain is alive, until the end.
        self.held = AsyncExitStack()

    async def events(self) -> AsyncGenerator[ExportEvent, None]:
        """Yield what happens up to the end. Raises TarmacError."""
        self._ws.require_write(f"run the export {self._wish.export.name}")
        if self._chain is not None:
            await self._take_up(self._chain)
        if self._chain is None or self._chain.last(Kind.WAITING) is None:
            async with aclosing(self._planned_and_applied()) as applying:
                async for event in applying:
                    yield event
        else:
            await self._remembered(self._chain)
        async with aclosing(self._fired()) as firing:
            async for event in firing:
                yield event
        if self._run_id is None:
            return
        if not self._wait:
            return
        looks = watch(self._ws, self._run_id, deadline_s=self._patience.left_s(self._ws.clock), flow_id=self._flow_id)
        async with aclosing(looks):
            async for seen in looks:
                self._run = seen.run
                yield seen
        if self._run is None or self._run.phase is RunPhase.FAILED:
            raise run_failure(self._run or Run(self._run_id, self._flow_id, RunPhase.FAILED, ""))
        if not self._verify:
            self._unverified(self._run)
            return
        async with aclosing(self._counted(self._run)) as counting:
            async for event in counting:
                yield event

    async def _planned_and_applied(self) -> AsyncGenerator[ExportEvent, None]:
        for plans_left in reversed(range(_PLANS)):
            plan = self._plan
            if plan is None:
                plan = await plan_within(self._ws, self._wish, self._patience.left_s(self._ws.clock))
                yield Planned(plan)
            try:
                async with aclosing(self._applied(plan)) as applying:
                    async for event in applying:
                        yield event
            except MadeTwice:
                # The other machine's objects are there now: a new plan finds and uses them.
                if not plans_left:
                    raise
                self._plan = None
                self._created.clear()
                self._reused.clear()
            else:
                return

    async def _applied(self, plan: Plan) -> AsyncGenerator[ExportEvent, None]:
        refuse_if_blocked(plan)
        require_words(plan.guards, self._confirm)
        self._plan, self._dataset, self._catalog_rows = plan, plan.dataset, plan.dataset.rows
        if self._chain_id is None:
            await self._hold_a_chain(plan)
        earlier = set() if self._chain is None else set(self._chain.created_ids())
        async with aclosing(apply(self._ws, plan, chain=self._chain_id, confirm=self._confirm)) as steps:
            async for event in steps:
                if isinstance(event, StepDone):
                    self._sent = self._sent or event.step.action is not Action.REUSE
                    is_ours = event.created or event.id in earlier
                    (self._created if is_ours else self._reused).append(event.id)
                    if event.step.noun is Noun.FLOW and self._flow_id is None:
                        self._flow_id = event.id
                yield event

    async def _take_up(self, chain: Chain) -> None:
        """Hold a chain that was given. Raises UsageError (`chain-ended`): another tarmac has ended it meanwhile."""
        await self.held.enter_async_context(self._ws.ledger.working_on(chain.id))
        self._chain = await self._read_held(chain)
        if self._chain is None:
            raise chain_ended(self._wish.export.name)
        self._chain_id, self._sent = chain.id, True

    async def _hold_a_chain(self, plan: Plan) -> None:
        """Go on with an unfinished chain of the wish, or begin one; either way hold its lock."""
        ledger, chain = self._ws.ledger, await chain_to_continue(self._ws, plan)
        if chain is not None:
            async with AsyncExitStack() as held:
                await held.enter_async_context(ledger.working_on(chain.id))
                self._chain = await self._read_held(chain)
                if self._chain is not None:
                    self._chain_id = chain.id
                    await self.held.enter_async_context(held.pop_all())
                    return
        self._chain_id = await begin_chain(self._ws, plan)
        await self.held.enter_async_context(ledger.working_on(self._chain_id))

    async def _read_held(self, chain: Chain) -> Chain | None:
        """Read it anew, with its lock held: None when it has ended. Going on with what a person stopped lifts that."""
        now = await read_held(self._ws, chain)
        if now is not None and now.is_set_aside:
            await self._ws.ledger.add(Kind.NOTE, chain.id, about=TAKEN_UP)
        return now

    async def _remembered(self, chain: Chain) -> None:
        """Take up a chain whose objects all exist: nothing has to be planned."""
        platform = await self._ws.platform()
        begun, waiting = chain.begun, chain.last(Kind.WAITING)
        dataset_id = (begun.text("dataset_id") if begun is not None else None) or self._wish.export.dataset
        self._dataset = await platform.catalog.get(dataset_id)
        rows = None if waiting is None else waiting.facts.get("catalog_rows")
        self._catalog_rows = rows if isinstance(rows, int) else None
        self._flow_id = chain.flow_id
        self._created = list(chain.created_ids())

    async def _fired(self) -> AsyncGenerator[WaitingForReady | RunFired, None]:
        ws, flow_id, chain_id = self._ws, self._flow_id, self._chain_id
        if flow_id is None or chain_id is None or self._dataset is None:
            raise AssertionError("a flow is known before a run is fired")
        run_id = None if self._chain is None else self._chain.run_id
        if run_id is not None:
            self._run_id = run_id
            yield RunFired(flow_id, run_id)
            return
        waiting = None if self._chain is None else self._chain.last(Kind.WAITING)
        if waiting is None:
            is_scheduled = self._plan is not None and all(step.noun is not Noun.RUN for step in self._plan.steps)
            known = frozenset() if flow_id in self._created else await known_runs(ws, flow_id)
            facts = {"scheduled": is_scheduled, "known": sorted(known), "catalog_rows": self._catalog_rows}
            await ws.ledger.add(Kind.WAITING, chain_id, flow_id=flow_id, **facts)
            already_s = 0.0
        else:
            is_scheduled = waiting.facts.get("scheduled") is True
            known = frozenset(each for each in waiting.facts.get("known") or () if isinstance(each, str))
            already_s = max(0.0, (ws.clock.now() - waiting.at).total_seconds())
        if is_scheduled and not self._wait:
            return
        self._sent = True
        if is_scheduled:
            asked = await_scheduled(ws, flow_id, deadline_s=self._patience.left_s(ws.clock), known=known)
        else:
            look_first, dataset_id = waiting is not None, self._dataset.id
            asked = fire(
                ws, flow_id, dataset_id, self._patience, known=known, already_s=already_s, look_first=look_first
            )
        with ws.throttle.watching():
            async with aclosing(asked):
                async for event in asked:
                    if isinstance(event, RunFired):
                        self._run_id = event.run_id
                        await ws.ledger.add(Kind.FIRED, chain_id, flow_id=flow_id, run_id=event.run_id)
                    yield event

    async def _counted(self, run: Run) -> AsyncGenerator[Counting, None]:
        from tarmac.services.landed.verdicts import first_disagreement, in_words, outcome_of

        if self._dataset is None or self._flow_id is None:
            raise AssertionError("dataset and flow are known before rows are counted")
        counting = count(self._ws, run, self._wish, self._dataset, self._flow_id, self._catalog_rows)
        async with aclosing(counting) as events:
            async for event in events:
                if isinstance(event, Counted):
                    self._receipt, self._receipt_file = event.receipt, event.file
                else:
                    yield event
        if self._receipt is None:
            raise AssertionError("counting ends with a receipt")
        if outcome_of(self._receipt) is not False:
            self.outcome = Outcome.LANDED
            return
        wrong = first_disagreement(self._receipt)
        raise Mismatch(
            f"it landed, but the numbers do not agree: {'' if wrong is None else in_words(wrong)}",
            meaning="" if wrong is None else wrong.explanation,
            next_step=f"Look at {self._receipt_file} for every comparison; export again before training on this.",
        )

    def _unverified(self, run: Run) -> None:
        if run.phase is not RunPhase.SUCCEEDED:
            raise Mismatch(
                f"run {run.id} ended as {plain(run.status_word, 40)}: some rows were left out",
                next_step=f"Count what landed with `tarmac verify {run.id}`.",
            )
        self.outcome = Outcome.LANDED

    def outcome_of(self, error: TarmacError) -> Outcome:
        """Return the outcome that an error means; "refused" only while nothing was sent."""
        if isinstance(error, StillRunning):
            return Outcome.RUNNING
        if isinstance(error, Mismatch):
            return Outcome.MISMATCH
        return Outcome.REFUSED if isinstance(error, UsageError) and not self._sent else Outcome.FAILED

    def result(self, outcome: Outcome, error: TarmacError | None) -> ExportResult:
        """Return all that is known now; what was not counted is taken from the run, and `verified` stays None."""
        receipt, run = self._receipt, self._run
        return ExportResult(
            outcome=outcome,
            export=self._wish.export.name,
            dataset_id=None if self._dataset is None else self._dataset.id,
            flow_id=self._flow_id,
            run_id=self._run_id,
            destination=self._wish.destination.kind.value,
            folder=None if receipt is None else receipt.folder,
            rows=receipt.rows if receipt is not None else None if run is None else run.output_rows,
            bytes=receipt.bytes if receipt is not None else None if run is None else run.output_bytes,
            files=len(receipt.files) if receipt is not None else None if run is None else run.output_files,
            verified=None if receipt is None else False if outcome is Outcome.MISMATCH else receipt.verified or None,
            receipt=self._receipt_file,
            reused=tuple(self._reused),
            created=tuple(self._created),
            error=error,
        )

    async def close(self, result: ExportResult) -> None:
        """Write the end into the ledger; where the chain should be gone on with, that we do not any more."""
        if self._chain_id is None:
            return
        error = result.error
        # If even this cannot be written, the next start looks at the run again: nothing is lost.
        with suppress(LedgerError):
            if not result.is_over:
                left = result.run_id is not None and not self._wait
                await self._ws.ledger.add(Kind.NOTE, self._chain_id, about=LEFT if left else TIMED_OUT)
                return
            await self._ws.ledger.add(
                Kind.ENDED,
                self._chain_id,
                outcome=result.outcome.value,
                rows=result.rows,
                bytes=result.bytes,
                files=result.files,
                took_s=None if self._run is None else self._run.took_s,
                verified=result.verified,
                receipt=None if result.receipt is None else str(result.receipt),
                error=None if error is None else error.as_json(),
            )
