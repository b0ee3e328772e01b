"""One export under way: its row, plan, steps and task; and how its row looks when tarmac itself failed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from textual.worker import Worker

from tarmac.terms.errors import TarmacError

if TYPE_CHECKING:
    from tarmac.services.exports.chain import Chain
    from tarmac.services.exports.progress import FollowedRun, StepDone
    from tarmac.services.plans.plan import Plan, Wish


@dataclass
class Steps:
    """How far applying has come: the steps that are done, the one that is being done (numbers in the plan)."""

    done: dict[int, StepDone] = field(default_factory=dict)
    doing: int | None = None


@dataclass
class Followed:
    """One export: the row to show, its wish, its plan, and its task. One of an earlier start has its chain of the ledger."""

    row: FollowedRun
    wish: Wish | None = None
    plan: Plan | None = None
    chain: Chain | None = None
    steps: Steps = field(default_factory=Steps)
    worker: Worker[None] | None = None
    is_applied: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more, and nobody works on it."""
        return self.row.state.is_final and (self.worker is None or self.worker.is_finished)

    @property
    def knows_wish(self) -> bool:
        """Whether it can be gone on with, or its wish be made again."""
        return self.wish is not None or (self.chain is not None and self.chain.wish_facts is not None)

    @property
    def is_idle(self) -> bool:
        """Whether it is an unfinished export of the ledger that no task of this app follows, nor followed."""
        return self.worker is None and self.chain is not None and self.chain.ended is None


def stopped(row: FollowedRun, error: TarmacError) -> FollowedRun:
    """Show that following ended with an error that is tarmac's own."""
    from tarmac.services.exports.progress import FollowState

    return replace(row, state=FollowState.CANCELLED, error=error, countdown_s=None, detail=error.message)


def unexpected(error: Exception, doing: str) -> TarmacError:
    """Return what a person is told of an error that nobody expected; the log has it whole."""
    return TarmacError(
        f"something unexpected went wrong in tarmac while {doing} ({type(error).__name__})",
        code="unexpected",
        meaning="What was sent to the platform is in the ledger; nothing is lost.",
        next_step="Try again; if it happens again, the log has the details.",
    )
