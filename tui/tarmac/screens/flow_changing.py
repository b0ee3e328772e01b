"""Changing flows from the screen: ask what is needed, plan, show the plan, carry it out, show what came of each flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tarmac.screens.flow_commands import adopt_command, change_command, command_lines
from tarmac.screens.flow_plan import FlowPlanScreen, plan_lines, plan_title, refused_title, result_lines, result_title
from tarmac.screens.plan_lines import schedule_option
from tarmac.screens.show_text import ShowText
from tarmac.terms.errors import TarmacError
from tarmac.terms.schedules import parse_schedule
from tarmac.terms.times import iso_z, parse_moment
from tarmac.widgets.rows import Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.screens.flows import FlowsScreen
    from tarmac.services.flows.changes import FlowPlan, ItemResult
    from tarmac.services.flows.flow_list import FlowListing, FlowRow
    from tarmac.services.workspace import Workspace

_DELETE_WORD = "delete"


class FlowChanging:
    """Carries one change from its key to its results; the screen is where it is asked and shown."""

    def __init__(self, screen: FlowsScreen, workspace: Workspace, listings: Sequence[FlowListing]) -> None:
        self._screen = screen
        self._workspace = workspace
        self._listings = tuple(listings)

    async def switch(self, rows: Sequence[FlowRow], *, enable: bool) -> None:
        """Enable or disable."""
        from tarmac.services.flows.change_plan import plan_switch

        await self._review(lambda: plan_switch(self._workspace, rows, enable=enable))

    async def reschedule(self, rows: Sequence[FlowRow], text: str) -> None:
        """Give them the schedule that was typed."""
        from tarmac.services.flows.change_plan import plan_reschedule

        schedule = parse_schedule(text)
        options = ["--schedule", schedule_option(schedule) or schedule.kind.value]
        await self._review(lambda: plan_reschedule(self._workspace, rows, schedule), options)

    async def extend(self, rows: Sequence[FlowRow], text: str) -> None:
        """Give them the end that was typed, or one that is made up."""
        from tarmac.services.flows.change_plan import plan_extend

        until = parse_moment(text) if text else None
        options = [] if until is None else ["--until", iso_z(until)]
        await self._review(lambda: plan_extend(self._workspace, rows, until=until), options)

    async def delete(self, rows: Sequence[FlowRow]) -> None:
        """Delete them with what only they use."""
        from tarmac.services.flows.delete_plan import plan_delete

        await self._review(lambda: plan_delete(self._workspace, rows, self._listings), word=_DELETE_WORD)

    async def clean(self, ids: Sequence[str]) -> None:
        """Delete orphaned connections."""
        from tarmac.services.flows.orphans import plan_chosen

        await self._review(lambda: plan_chosen(self._workspace, self._listings, frozenset(ids)), word=_DELETE_WORD)

    async def adopt(self, row: FlowRow, name: str) -> None:
        """Make a flow an export of ours."""
        from tarmac.services.flows.adopting import adopt, plan_adoption

        listing = next(each for each in self._listings if each.sandbox == row.sandbox)
        try:
            adoption = plan_adoption(self._workspace, row, listing, name)
            file = await adopt(self._workspace, adoption)
        except TarmacError as error:
            self._screen.report(error)
            return
        lines: list[Line] = [f"Saved as {file}", f"It goes to {adoption.destination.name}: {adoption.export.path}"]
        lines += [f"! {sentence}" for sentence in adoption.wrong]
        if adoption.toml is not None:
            profile = self._workspace.places.profile_file(self._workspace.profile.name)
            lines += ["", f"Add this to {profile}, then open the profile again:", "", *adoption.toml.splitlines()]
        command = adopt_command(self._workspace, row, adoption.export.name)
        lines += command_lines(command)
        self._screen.app.push_screen(ShowText(f"Adopted as {adoption.export.name}", lines, command=command))
        self._screen.action_reload()

    async def _review(
        self, make: Callable[[], Awaitable[FlowPlan]], options: Sequence[str] = (), *, word: str | None = None
    ) -> None:
        try:
            plan = await make()
        except TarmacError as error:
            self._screen.report(error)
            return
        if not plan.has_changes:
            self._screen.app.push_screen(ShowText(refused_title(plan), plan_lines(plan)))
            return
        # Awaited in a worker of the app: the answers come back here. Every guard asks for its own word.
        command = change_command(self._workspace, plan, options)
        lines = [*plan_lines(plan), *command_lines(command)]
        asks: list[str | None] = [guard.confirm for guard in plan.guards]
        for asked in asks or [word]:
            question = FlowPlanScreen(plan_title(plan), lines, word=asked, command=command)
            if not await self._screen.app.push_screen_wait(question):
                return
        await self._carry_out(plan)

    async def _carry_out(self, plan: FlowPlan) -> None:
        from contextlib import aclosing

        from tarmac.services.flows.change_applying import apply_changes

        results: list[ItemResult] = []
        what = plan.action.value
        words = frozenset(guard.confirm for guard in plan.guards)
        try:
            async with aclosing(apply_changes(self._workspace, plan, confirm=words)) as applying:
                async for result in applying:
                    results.append(result)
                    self._screen.say(f"{what}: {len(results)} of {len(plan.items)}")
        except TarmacError as error:
            self._screen.report(error)
        else:
            self._screen.say(f"{what}: {result_title(results)}", _tone(results))
        if results:
            self._screen.app.push_screen(
                ShowText(f"{what.capitalize()}: {result_title(results)}", result_lines(results))
            )
        self._screen.action_reload()


def schedule_complaint(text: str) -> str | None:
    """Say what is wrong with a schedule that was typed."""
    try:
        parse_schedule(text)
    except ValueError as error:
        return str(error)
    return None


def end_complaint(text: str, now: datetime) -> str | None:
    """Say what is wrong with an end that was typed; none at all is fine."""
    if not text:
        return None
    try:
        return None if parse_moment(text) > now else "that is in the past"
    except ValueError as error:
        return str(error)


def _tone(results: Sequence[ItemResult]) -> Tone:
    return Tone.GOOD if all(each.is_good for each in results) else Tone.BAD
