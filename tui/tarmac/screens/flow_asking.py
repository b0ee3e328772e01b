"""Before flows are changed: which ones, whether it may be done now, and the text that the change still needs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tarmac.screens.flow_rows import flows_words, schedule_now
from tarmac.widgets.ask_line import AskLine
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.screens.flow_changing import FlowChanging
    from tarmac.screens.flows import FlowsScreen
    from tarmac.services.flows.flow_list import FlowRow
    from tarmac.services.workspace import Workspace

_Change = Callable[["FlowChanging", tuple["FlowRow", ...]], Coroutine[Any, Any, None]]
_ChangeTo = Callable[["FlowChanging", tuple["FlowRow", ...], str], Coroutine[Any, Any, None]]


class FlowAsking:
    """Starts the changes of the Flows screen: one at a time, each of all marked flows or of the one under the cursor."""

    def __init__(self, screen: FlowsScreen) -> None:
        self._screen = screen
        self._go_on: Callable[[str], None] | None = None  # with what is typed on the line that asks
        self._is_busy = False

    def switch(self, *, enable: bool) -> None:
        """Enable or disable them."""
        self._change(lambda changing, rows: changing.switch(rows, enable=enable))

    def delete(self) -> None:
        """Delete them."""
        self._change(lambda changing, rows: changing.delete(rows))

    def reschedule(self) -> None:
        """Ask for a schedule."""
        from tarmac.screens.flow_changing import schedule_complaint

        rows = self._rows
        words = f"New schedule of {flows_words(rows)}: on demand, once, every day, or such as every 6h"
        self._ask(
            words, schedule_now(rows), schedule_complaint, lambda changing, rows, text: changing.reschedule(rows, text)
        )

    def extend(self) -> None:
        """Ask for an end; nothing typed means a year from now."""
        from tarmac.screens.flow_changing import end_complaint

        def complaint(text: str) -> str | None:
            return end_complaint(text, self._workspace.now())

        words = f"New end of {flows_words(self._rows)}: a day such as 2027-12-01; nothing for a year from now"
        self._ask(words, "", complaint, lambda changing, rows, text: changing.extend(rows, text))

    def adopt(self) -> None:
        """Ask for the name of the export that the flow under the cursor becomes."""
        from tarmac.services.flows.adopting import name_for
        from tarmac.services.values import name_complaint

        row = self._screen.row
        if row is None:
            return
        if row.is_ours:
            self._screen.say(f"It is an export of yours already: {row.export}", Tone.WARN)
            return
        self._ask(
            "Adopt as the export", name_for(row), name_complaint, lambda changing, _, text: changing.adopt(row, text)
        )

    def clean(self) -> None:
        """Show the connections that no flow uses, and delete those that are chosen there."""
        if self._screen.flows.listings and self._can_write():
            self._work(self._look_at_orphans(self._workspace))

    def answered(self, text: str) -> None:
        """Go on with what was typed."""
        go_on, self._go_on = self._go_on, None
        if go_on is not None:
            go_on(text)

    @property
    def _workspace(self) -> Workspace:
        return self._screen.session.workspace

    @property
    def _rows(self) -> tuple[FlowRow, ...]:
        return self._screen.flows.of(self._screen.table.chosen_keys)

    async def _look_at_orphans(self, workspace: Workspace) -> None:
        from tarmac.screens.flow_changing import FlowChanging
        from tarmac.screens.flow_commands import orphans_command
        from tarmac.screens.orphans import OrphansScreen
        from tarmac.services.flows.orphans import find_orphans, made_here

        ours = await made_here(workspace)
        orphans = tuple(orphan for listing in self._screen.flows.listings for orphan in find_orphans(listing, ours))
        words = "No flow of any kind uses these. Those that tarmac made are marked; look at the others before you delete them."
        command = orphans_command(workspace, everywhere=self._screen.is_everywhere)
        chosen = await self._screen.app.push_screen_wait(OrphansScreen(orphans, words, command=command))
        if chosen:
            await FlowChanging(self._screen, workspace, self._screen.flows.listings).clean(chosen)

    def _change(self, make: _Change) -> None:
        from tarmac.screens.flow_changing import FlowChanging

        rows = self._rows
        if rows and self._can_write():
            self._work(make(FlowChanging(self._screen, self._workspace, self._screen.flows.listings), rows))

    def _ask(self, words: str, text: str, complaint: Callable[[str], str | None], make: _ChangeTo) -> None:
        if self._screen.table.cursor_key is not None and self._can_write():
            self._go_on = lambda answer: self._change(lambda changing, rows: make(changing, rows, answer))
            self._screen.query_one(AskLine).ask(words, text, complaint)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do one change to its end; a second one waits for nobody, it is told to come back."""
        self._is_busy = True
        self._screen.tarmac.work_on(self._to_the_end(work), "flow change", exclusive=False)

    async def _to_the_end(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._is_busy = False

    def _can_write(self) -> bool:
        if self._is_busy:
            self._screen.say("One change at a time: the last one is still under way.", Tone.WARN)
            return False
        if self._workspace.read_only:
            self._screen.say("tarmac runs read-only: nothing can be changed. Start it without --read-only.", Tone.WARN)
            return False
        return True
