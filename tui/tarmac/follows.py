"""The exports that are under way or were followed since the start: one row each, whichever screen is in front.

Each runs as a task of the app; leaving a screen, or coming back, changes nothing for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.worker import Worker

from tarmac.followed import Followed, Steps, stopped, unexpected
from tarmac.others import Others
from tarmac.terms.errors import TarmacError
from tarmac.widgets.messages import ApplyChanged, FollowChanged
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.exports.chain import Chain
    from tarmac.services.exports.progress import ExportEvent, FollowedRun
    from tarmac.services.plans.plan import Plan, Wish
    from tarmac.services.workspace import Workspace


# The app is left open to watch: a run is followed for this long, a dataflow asked for as long as a command would.
_FOLLOWED_S = 14 * 86_400.0
# As many as a start lists of what ended before it.
_KEPT = 100
# What was told to stop writes a line to the ledger at most.
_ENDING_S = 5.0


class Follows:
    """What the Runs screen lists. `selected` is the row to put the cursor on when it comes to the front."""

    def __init__(self, app: TarmacApp) -> None:
        self._app = app
        self._all: dict[str, Followed] = {}
        self._number = 0
        self._schedules: Worker[None] | None = None
        self._others = Others(app, self._all, self._take_up, self._drop)
        self._ending: set[Worker[None]] = set()  # of another profile: cancelled, and perhaps not over yet
        self._aside: set[Worker[None]] = set()  # what writes down that a person stopped waiting
        self._unheard: dict[str, None] = {}  # late runs that a person does not want to hear of any more
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
        return found is not None and found.row.state.is_final and found.knows_wish

    def can_cancel(self, key: str | None) -> bool:
        """Whether something is waited for here: not what another tarmac is at work on."""
        from tarmac.services.exports.progress import FollowState

        found = self._all.get(key or "")
        return found is not None and not found.row.state.is_final and found.row.state is not FollowState.ELSEWHERE

    def steps(self, key: str | None) -> Steps:
        """Return how far applying has come."""
        found = self._all.get(key or "")
        return Steps() if found is None else found.steps

    async def open(self) -> None:
        """List what the ledger of the profile knows, beside what was started meanwhile; follow on what was fired."""
        await asyncio.to_thread(_import_slow)  # so that keys are answered meanwhile
        await self.ended()  # where the same profile was opened again, its chains are free then
        from tarmac.services.exports.leftovers import goes_on_by_itself, in_words, leftovers
        from tarmac.services.runs.following import finished_rows, unfinished_rows
        from tarmac.services.runs.standing import standings

        workspace = self._app.session.workspace
        try:
            ended, going_on = await finished_rows(workspace), await unfinished_rows(workspace)
            alive = {each.chain.id for each in going_on if await goes_on_by_itself(workspace, each.chain)}
            standing = await standings(workspace, {each.chain.id for each in going_on})
            left = [each for each in await leftovers(workspace) if each.chain.id not in alive]
        except TarmacError as error:
            self._app.say(f"{error.message} {error.next_step}".strip(), Tone.WARN)
            return
        if not self._app.session.is_open or workspace is not self._app.session.workspace:
            return
        started = dict(self._all)
        self._all.clear()
        for each in reversed(ended):
            self._all[each.row.key] = Followed(each.row, chain=each.chain, is_applied=True)
        for each in reversed(going_on):
            chain = each.chain.id
            if chain not in standing or standing[chain].is_here:
                continue  # started here meanwhile: it has its row
            self._all[each.row.key] = followed = Followed(each.row, chain=each.chain, is_applied=True)
            if chain in alive:
                self._take_up(followed)
            else:
                self._others.show(followed, standing[chain])
        self._all.update(started)
        taken_up = [each.row.export for each in going_on if each.chain.id in alive and each.chain.run_id is None]
        words = [_going_on(taken_up)] if taken_up else []
        if left:
            words.append(f"{in_words(left)} 4 Runs, then u: continue, adopt or clean up.")
        if words:
            self._app.say(" ".join(words), Tone.WARN)
        for row in self.rows[:1]:
            self._app.follow_changed(row)
        self._schedules = self._app.work_on(self._watch_schedules(), "schedules")

    def start(self, plan: Plan, *, confirm: Collection[str] = ()) -> str:
        """Apply the plan, fire the run, watch it, count its rows. Returns the row's key at once.

        `confirm` holds the words that were typed for the plan's guards.
        """
        return self._begin(plan.wish, plan, confirm)

    def start_again(self, key: str) -> str | None:
        """Make the wish of a row again, or go on with one that was interrupted. Returns the key of its row at once.

        Raises UsageError: its destination is not in the profile any more.
        """
        from tarmac.services.exports.continuing import wish_of_chain
        from tarmac.services.exports.progress import FollowState

        found = self._all.get(key)
        if found is None or not self.can_start_again(key):
            return None
        if found.is_idle:
            self._app.work_on(self._others.go_on(found), f"go on-{key}")
            return key
        if found.chain is None or found.row.state is not FollowState.CANCELLED:
            wish = found.wish if found.chain is None else wish_of_chain(self._app.session.workspace, found.chain)
            return None if wish is None else self._begin(wish)
        self._take_up(found)
        return key

    async def go_on_with(self, chain_id: str) -> str | None:
        """Go on with an unfinished chain of the ledger. Returns the key of its row; None if it has ended meanwhile."""
        from tarmac.services.runs.following import unfinished_rows

        for each in await unfinished_rows(self._app.session.workspace):
            if each.chain.id == chain_id:
                await self._others.go_on(self._add(Followed(each.row, chain=each.chain, is_applied=True)))
                return each.row.key
        return None

    async def drop_ended(self) -> None:
        """Forget interrupted exports that were adopted or cleaned up."""
        known = {chain.id for chain in await self._app.session.workspace.ledger.unfinished()}
        for key, each in tuple(self._all.items()):
            if each.chain is not None and each.worker is None and each.chain.id not in known:
                self._drop(key)

    def cancel(self, key: str) -> None:
        """Stop our waiting; what goes on at the platform goes on."""
        from tarmac.services.exports.progress import FollowState

        followed = self._all.get(key)
        if followed is None or followed.row.state.is_final:
            return
        if followed.row.state is FollowState.LATE:
            self._unheard[key] = None
            for oldest in tuple(self._unheard)[:-_KEPT]:
                del self._unheard[oldest]
            self._drop(key)
            return
        if followed.worker is None:
            return
        followed.worker.cancel()
        noting = self._set_aside(self._app.session.workspace, followed)
        self._aside.add(self._app.work_on(noting, f"set-aside-{key}"))
        followed.row = replace(followed.row, state=FollowState.CANCELLED, countdown_s=None, detail="")
        self._app.follow_changed(followed.row)

    async def _set_aside(self, workspace: Workspace, followed: Followed) -> None:
        """Let no later start go on with it by itself."""
        from tarmac.services.exports.leftovers import set_aside

        chain = None if followed.chain is None else followed.chain.id
        marker = None if followed.plan is None else followed.plan.marker
        await set_aside(workspace, chain, marker)

    def forget_all(self) -> None:
        """Stop following everything: another profile is opened. `ended` says when it has stopped."""
        working = [self._schedules, self._others.worker, *(followed.worker for followed in self._all.values())]
        for worker in working:
            if worker is not None:
                worker.cancel()
                self._ending.add(worker)
        self._schedules = self._others.worker = None
        self._all.clear()
        self._unheard.clear()
        self._app.calls.forget()
        self.selected = None

    async def ended(self) -> None:
        """Return when nothing that `forget_all` stopped asks any more; in a few seconds whatever happens."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_S):
                await asyncio.gather(*(worker.wait() for worker in self._ending), return_exceptions=True)
        self._ending = {worker for worker in self._ending if not worker.is_finished}

    def _begin(self, wish: Wish, plan: Plan | None = None, confirm: Collection[str] = ()) -> str:
        from tarmac.services.exports.exporting import DEFAULT_TIMEOUT_S, export
        from tarmac.services.runs.follow_rows import new_row

        workspace = self._app.session.workspace
        self._number += 1
        key = f"export-{self._number}"
        flow_id = None if plan is None else plan.flow_id
        row = new_row(key, wish, workspace.clock.now(), workspace.now(), flow_id=flow_id)
        followed = self._add(Followed(row, wish, plan))
        events = export(
            workspace, plan or wish, timeout_s=_FOLLOWED_S, ready_timeout_s=DEFAULT_TIMEOUT_S, confirm=tuple(confirm)
        )
        self._run(followed, events)
        return key

    def _take_up(self, followed: Followed) -> None:
        from tarmac.services.exports.exporting import DEFAULT_TIMEOUT_S, resume
        from tarmac.services.runs.following import follow_run

        workspace, chain = self._app.session.workspace, followed.chain
        if chain is None:
            return
        if workspace.read_only and chain.run_id is not None:
            events = follow_run(workspace, chain.run_id, export=followed.row.export, timeout_s=_FOLLOWED_S)
        else:
            events = resume(workspace, chain, timeout_s=_FOLLOWED_S, ready_timeout_s=DEFAULT_TIMEOUT_S)
        self._run(followed, events)

    async def _watch_schedules(self) -> None:
        """Add runs that the platform starts by itself, and what says that one has not come."""
        from tarmac.services.runs.alerts import with_schedule_alerts
        from tarmac.services.runs.scheduled_runs import Appeared, Came, NotCome, Paused, scheduled_runs

        workspace = self._app.session.workspace
        async with aclosing(with_schedule_alerts(workspace, scheduled_runs(workspace))) as news:
            async for each in news:
                match each:
                    case Appeared(row=row, chain=chain):
                        self._take_up_scheduled(row, chain)
                    case NotCome(row=row, words=words):
                        self._show_overdue(row, words)
                    case Came(key=key):
                        self._drop(key)
                    case Paused(words=words):
                        self._app.say(words, Tone.WARN)

    def _take_up_scheduled(self, row: FollowedRun, chain: Chain | None) -> None:
        from tarmac.services.runs.following import follow_run

        followed = self._add(Followed(row, chain=chain, is_applied=True))
        if chain is not None:
            self._take_up(followed)
        elif row.run_id is not None:
            workspace = self._app.session.workspace
            self._run(followed, follow_run(workspace, row.run_id, export=row.export, timeout_s=_FOLLOWED_S))

    def _add(self, followed: Followed) -> Followed:
        """List it. Of the rows that have ended the oldest go, but for the one that is looked at: apps stay open for weeks."""
        self._all[followed.row.key] = followed
        ended = [key for key, each in self._all.items() if each.has_ended]
        for key in ended[:-_KEPT]:
            if key != self._app.calls.looked_at:
                self._drop(key)
        return followed

    def _drop(self, key: str) -> None:
        found = self._all.pop(key, None)
        if found is not None:
            self._app.calls.gone(key)
            self._app.broadcast(FollowChanged, found.row)

    def _show_overdue(self, row: FollowedRun, words: str) -> None:
        known = self._all.get(row.key)
        if row.key in self._unheard:
            return
        self._add(Followed(row, is_applied=True))
        if known is None or known.row.state is not row.state:
            self._app.say(f"{words}. 4 Runs shows it.", Tone.WARN)
        self._app.follow_changed(row)

    def _run(self, followed: Followed, events: AsyncGenerator[ExportEvent, None]) -> None:
        from tarmac.services.runs.alerts import with_alerts

        told = with_alerts(self._app.session.workspace, followed.row.export, events)
        followed.worker = self._app.work_on(self._follow(followed, told), f"follow-{followed.row.key}")
        self._app.follow_changed(followed.row)

    async def _follow(self, followed: Followed, events: AsyncGenerator[ExportEvent, None]) -> None:
        from tarmac.services.runs.follow_rows import row_after

        session = self._app.session
        workspace = session.workspace
        try:
            # Who goes on with it lifts the note that it was stopped, which a slow disk may not have yet.
            await asyncio.gather(*(each.wait() for each in self._aside), return_exceptions=True)
            self._aside = {each for each in self._aside if not each.is_finished}
            async with aclosing(events) as stream:
                async for event in stream:
                    if followed.chain is not None and _says_ended_elsewhere(event):
                        await self._others.show_end(followed)
                        continue
                    followed.row = row_after(followed.row, event, workspace.clock.now(), workspace.now())
                    self._note_step(followed, event)
                    if _is_answer(event):
                        session.answered(workspace.now())
                    self._app.follow_changed(followed.row)
        except Exception as error:
            # The app logs and names it; the row must not look as if it went on.
            failure, was_applied = unexpected(error, "following it"), followed.is_applied
            followed.row, followed.is_applied = stopped(followed.row, failure), True
            self._app.follow_changed(followed.row)
            if not was_applied:
                self._app.broadcast(ApplyChanged, followed.row.key, True, failure)
            raise

    def _note_step(self, followed: Followed, event: ExportEvent) -> None:
        from tarmac.services.exports.progress import Finished, Planned, StepDone, StepStarted

        if isinstance(event, Planned):
            followed.plan = event.plan
        if followed.is_applied or isinstance(event, Planned):
            return
        steps, plan = followed.steps, followed.plan
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
        self._app.broadcast(ApplyChanged, followed.row.key, followed.is_applied, error)


def _import_slow() -> None:
    import tarmac.services.exports.leftovers
    import tarmac.services.runs.scheduled_runs
    import tarmac.services.runs.standing  # noqa: F401 - for its effect: later imports find it


def _says_ended_elsewhere(event: ExportEvent) -> bool:
    """Whether another tarmac has ended the chain since it was read: the ledger says how."""
    from tarmac.services.exports.progress import Finished

    return isinstance(event, Finished) and event.result.error is not None and event.result.error.code == "chain-ended"


def _going_on(names: Sequence[str]) -> str:
    which = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return f"Going on with {which}, to fire the run when it is ready; 4, then x stops it."


def _is_answer(event: ExportEvent) -> bool:
    """Whether an event means that the platform has just answered."""
    from tarmac.services.exports.progress import RunFired, RunSeen, StepDone

    return isinstance(event, RunFired | StepDone) or (isinstance(event, RunSeen) and not event.stale_s)
