"""The exports that are under way or were followed since the start: one row each, whichever screen is in front.

Each runs as a task of the app; leaving a screen, or coming back, changes nothing for it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from textual.worker import Worker

from tarmac.terms.errors import TarmacError
from tarmac.widgets.messages import ApplyChanged
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.ledger import Chain
    from tarmac.services.plan import Plan, Wish
    from tarmac.services.progress import ExportEvent, FollowedRun, StepDone


@dataclass
class Steps:
    """How far applying has come: the steps that are done, the one that is being done (numbers in the plan)."""

    done: dict[int, StepDone] = field(default_factory=dict)
    doing: int | None = None


@dataclass
class Followed:
    """One export under way: the row to show, its plan, and its task."""

    row: FollowedRun
    plan: Plan | None = None
    chain: Chain | None = None
    steps: Steps = field(default_factory=Steps)
    worker: Worker[None] | None = None
    is_applied: bool = False


class Follows:
    """What the Runs screen lists. `selected` is the row to put the cursor on when it comes to the front."""

    def __init__(self, app: TarmacApp) -> None:
        self._app = app
        self._all: dict[str, Followed] = {}
        self._number = 0
        self.selected: str | None = None

    @property
    def rows(self) -> tuple[FollowedRun, ...]:
        """All rows, the newest first."""
        return tuple(each.row for each in reversed(self._all.values()))

    def row(self, key: str | None) -> FollowedRun | None:
        """Return one row."""
        found = self._all.get(key or "")
        return None if found is None else found.row

    def can_start_again(self, key: str | None) -> bool:
        """Whether the wish of a row is known, or can be read from the ledger."""
        found = self._all.get(key or "")
        return found is not None and found.row.state.is_final and (found.plan is not None or found.chain is not None)

    def steps(self, key: str | None) -> Steps:
        """Return how far applying has come."""
        found = self._all.get(key or "")
        return Steps() if found is None else found.steps

    async def open(self) -> None:
        """Forget what another profile followed; list what this one's ledger knows, and follow on what was fired."""
        from tarmac.services.following import finished_rows, unfinished_rows

        self.forget_all()
        workspace = self._app.session.workspace
        try:
            ended, going_on = await finished_rows(workspace), await unfinished_rows(workspace)
        except TarmacError as error:
            self._app.say(f"{error.message} {error.next_step}".strip(), Tone.WARN)
            return
        if not self._app.session.is_open or workspace is not self._app.session.workspace:
            return
        started = dict(self._all)
        self._all.clear()
        for row in reversed(ended):
            self._all[row.key] = Followed(row)
        for each in reversed(going_on):
            self._all[each.row.key] = followed = Followed(_interrupted(each.row), chain=each.chain, is_applied=True)
            if each.row.run_id is not None:
                followed.row = each.row
                self._take_up(followed)
        self._all.update(started)
        for row in self.rows[:1]:
            self._app.follow_changed(row)

    def start(self, plan: Plan) -> str:
        """Apply the plan, fire the run, watch it, count its rows. Returns the row's key at once."""
        return self._begin(plan, plan)

    def start_again(self, key: str) -> str | None:
        """Make the wish of a row again, or go on with one that was interrupted. Returns the key of its row at once."""
        found = self._all.get(key)
        if found is None or not self.can_start_again(key):
            return None
        if found.plan is not None:
            return self._begin(found.plan, found.plan.wish)
        self._take_up(found)
        return key

    def cancel(self, key: str) -> None:
        """Stop our waiting; what goes on at the platform goes on."""
        from tarmac.services.progress import FollowState

        followed = self._all.get(key)
        if followed is None or followed.row.state.is_final or followed.worker is None:
            return
        followed.worker.cancel()
        followed.row = replace(followed.row, state=FollowState.CANCELLED, countdown_s=None, detail="")
        self._app.follow_changed(followed.row)

    def forget_all(self) -> None:
        """Stop following everything: another profile is opened."""
        for followed in self._all.values():
            if followed.worker is not None:
                followed.worker.cancel()
        self._all.clear()
        self.selected = None

    def _begin(self, plan: Plan, wish: Wish | Plan) -> str:
        from tarmac.services.exporting import export
        from tarmac.services.follow_rows import new_row

        workspace = self._app.session.workspace
        self._number += 1
        key = f"{plan.marker}-{self._number}"
        followed = self._all[key] = Followed(new_row(key, plan, workspace.clock.now()), plan)
        self._run(followed, export(workspace, wish))
        return key

    def _take_up(self, followed: Followed) -> None:
        from tarmac.services.exporting import resume

        if followed.chain is not None:
            self._run(followed, resume(self._app.session.workspace, followed.chain))

    def _run(self, followed: Followed, events: AsyncGenerator[ExportEvent, None]) -> None:
        from tarmac.services.alerts import with_alerts

        told = with_alerts(self._app.session.workspace, followed.row.export, events)
        followed.worker = self._app.work_on(self._follow(followed, told), f"follow-{followed.row.key}")
        self._app.follow_changed(followed.row)

    async def _follow(self, followed: Followed, events: AsyncGenerator[ExportEvent, None]) -> None:
        from tarmac.services.follow_rows import row_after

        session = self._app.session
        workspace = session.workspace
        try:
            async with aclosing(events) as stream:
                async for event in stream:
                    followed.row = row_after(followed.row, event, workspace.clock.now())
                    self._note_step(followed, event)
                    if _is_answer(event):
                        session.answered(workspace.now())
                    self._app.follow_changed(followed.row)
        except Exception as error:
            # The app logs and names it; the row must not look as if it went on.
            failure, was_applied = unexpected(error, "following it"), followed.is_applied
            followed.row, followed.is_applied = _stopped(followed.row, failure), True
            self._app.follow_changed(followed.row)
            if not was_applied:
                key = followed.row.key
                self._app.broadcast(lambda: ApplyChanged(key, True, failure))
            raise

    def _note_step(self, followed: Followed, event: ExportEvent) -> None:
        from tarmac.services.progress import Finished, StepDone, StepStarted

        if followed.is_applied:
            return
        steps, key, plan = followed.steps, followed.row.key, followed.plan
        error = None
        match event:
            case StepStarted(step=step):
                steps.doing = plan.steps.index(step) if plan is not None and step in plan.steps else None
            case StepDone(step=step):
                if plan is not None and step in plan.steps:
                    steps.done[plan.steps.index(step)] = event
                steps.doing = None
            case Finished(result=result):
                followed.is_applied, error = True, result.error
            case _:
                followed.is_applied = True
        over, failed = followed.is_applied, error
        self._app.broadcast(lambda: ApplyChanged(key, over, failed))


def _interrupted(row: FollowedRun) -> FollowedRun:
    """Show what tarmac's end interrupted; it is taken up when a person says so, because that may create or fire something."""
    from tarmac.services.progress import FollowState

    return replace(row, state=FollowState.CANCELLED, detail="tarmac ended while this was under way; t goes on with it")


def _is_answer(event: ExportEvent) -> bool:
    """Whether an event means that the platform has just answered."""
    from tarmac.services.progress import RunFired, RunSeen, StepDone

    return isinstance(event, RunFired | StepDone) or (isinstance(event, RunSeen) and not event.stale_s)


def unexpected(error: Exception, doing: str) -> TarmacError:
    """Return what a person is told of an error that nobody expected; the log has it whole."""
    return TarmacError(
        f"something unexpected went wrong in tarmac while {doing} ({type(error).__name__})",
        code="unexpected",
        meaning="What was sent to the platform is in the ledger; nothing is lost.",
        next_step="Try again; if it happens again, the log has the details.",
    )


def _stopped(row: FollowedRun, error: TarmacError) -> FollowedRun:
    from tarmac.services.progress import FollowState

    return replace(row, state=FollowState.CANCELLED, error=error, countdown_s=None, detail=error.message)
