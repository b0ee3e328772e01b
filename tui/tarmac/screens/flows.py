"""Flows: all dataset flows of the sandbox, made by whomever, what needs a look first; and changing several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.screens.flow_asking import FlowAsking
from tarmac.screens.flow_rows import COLUMNS, detail_lines
from tarmac.screens.listed_flows import ListedFlows, Said
from tarmac.screens.waiting import Waiting
from tarmac.terms.errors import TarmacError
from tarmac.trouble import in_full, in_short
from tarmac.widgets.ask_line import AskLine
from tarmac.widgets.filter_line import FilterLine
from tarmac.widgets.finding import Finding
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.services.flows.flow_list import FlowListing, FlowRow
    from tarmac.services.workspace import Workspace

_PLACE = 11  # cells of the status line that say which row of how many
_LOADING = "Reading the dataset flows of the sandbox…"
_LIST = "list"  # what its notices are about


class FlowsScreen(TarmacScreen):
    """Every dataset flow of the sandbox, or of all sandboxes."""

    MODE: ClassVar[str] = "flows"
    TITLE_TEXT: ClassVar[str] = "Flows"
    HELP_TEXT: ClassVar[str] = """\
All dataset flows of the sandbox, whoever made them. Those with something under NOTICE come first: what fails, what ends
within 30 days, what does nothing any more. The platform stops a flow at its end without a word, six months after its
creation if it was given none.

space marks a flow, w marks all that end soon. What you press then is done to all marked ones as one plan, which you see
before anything is sent, with the command that does the same (ctrl+y copies it): e enables, d disables, t gives another
schedule, x a later end, D deletes with the connections that nobody else uses. a adopts a flow of somebody else as an export
of yours.
Each flow is read again before it is written. Where somebody else changed the same thing meanwhile, that flow is left alone
and the difference is shown.

enter shows everything about a flow, o what the platform stores. n shows the connections that no flow uses. b shows the flows
of every sandbox. s sorts, / finds, r reads the list again."""

    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "details", "table.mark": "mark"}
    NEED_A_ROW: ClassVar[frozenset[str]] = frozenset(
        {"extend", "reschedule", "enable", "disable", "adopt", "delete", "raw", "copy_id"}
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "extend", "extend", id="flows.extend"),
        Binding("t", "reschedule", "schedule", id="flows.reschedule"),
        Binding("e", "enable", "enable", id="flows.enable"),
        Binding("d", "disable", "disable", id="flows.disable"),
        Binding("a", "adopt", "adopt", id="flows.adopt"),
        Binding("D", "delete", "delete", id="flows.delete"),
        Binding("n", "orphans", "orphans", id="flows.orphans"),
        Binding("slash", "find", "find", id="flows.find"),
        Binding("w", "mark_ending", "mark ending", show=False, id="flows.mark_ending"),
        Binding("s", "sort", "sort", show=False, id="flows.sort"),
        Binding("b", "sandboxes", "all sandboxes", show=False, id="flows.sandboxes"),
        Binding("o", "raw", "raw object", show=False, id="flows.raw"),
        Binding("r", "reload", "reload", show=False, id="flows.reload"),
        Binding("Y", "copy_id", "copy id", show=False, id="flows.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.flows = ListedFlows()
        self._asking = FlowAsking(self)
        self._everywhere = False
        self._loaded_from: Workspace | None = None
        self._empty = _LOADING
        self._is_stale = False
        self._finding = Finding()
        self._waiting: Waiting | None = None
        self._row_of_last_time: str | None = None

    def body(self) -> ComposeResult:
        """The table, the line to find and the line that asks."""
        yield LineTable(COLUMNS, can_mark=True, empty=_LOADING, id="flows")
        yield FilterLine()
        yield AskLine()

    @property
    def table(self) -> LineTable:
        """The list."""
        return self.query_one("#flows", LineTable)

    @property
    def row(self) -> FlowRow | None:
        """The flow under the cursor; None where there is none."""
        return self.flows.get(self.table.cursor_key)

    @property
    def is_everywhere(self) -> bool:
        """Whether the flows of every sandbox are listed."""
        return self._everywhere

    # reading

    def on_mount(self) -> None:
        """Be where one was at the last end."""
        super().on_mount()
        text, self._row_of_last_time = self.place_of_last_time()
        if text:
            self._finding.text = text
            self.query_one(FilterLine).open(text)

    def arrived(self) -> None:
        """Read the flows the first time, and after another profile was opened."""
        if not self.query_one(AskLine).display:
            self.table.focus()
        if not self.session.is_open:
            self._empty = "No connection profile is open yet."
            self._show()
        elif self._loaded_from is not self.session.workspace:
            self.action_reload()

    def session_changed(self) -> None:
        """Another profile: its flows."""
        if self.is_current:
            self.arrived()

    def on_resize(self, event: events.Resize) -> None:
        """Say as much above the list as there is room for."""
        super().on_resize(event)
        self.call_after_refresh(self._show)

    def remember(self) -> tuple[str | None, str | None]:
        """Be on the same row at the next start."""
        return self.query_one(FilterLine).text or None, self.table.cursor_key

    def action_reload(self) -> None:
        """Read the list again; what is there stays until the answer has come."""
        if not self.session.is_open:
            return
        if self._loaded_from is not self.session.workspace:
            self._everywhere = False
            self._take(())
        self._loaded_from = workspace = self.session.workspace
        self._empty, self._is_stale = _LOADING, False
        self._waiting = waiting = Waiting(workspace, self._show)
        waiting.worker = self.tarmac.work_on(self._load(workspace, waiting), "flows")
        self._show()

    async def _load(self, workspace: Workspace, waiting: Waiting) -> None:
        from tarmac.services.flows.flow_list import list_everywhere, list_flows

        everywhere = self._everywhere

        async def read() -> tuple[FlowListing, ...]:
            return await list_everywhere(workspace) if everywhere else (await list_flows(workspace),)

        try:
            listings = await waiting.run(read())
        except TarmacError as error:
            self.session.failed(error)
            self._fail(error)
            return
        if workspace is not self._loaded_from or everywhere != self._everywhere:
            return
        self.session.answered(workspace.now())
        self._waiting = None
        whose = "No sandbox has a dataset flow yet." if everywhere else "This sandbox has no dataset flow yet."
        self._empty = f"{whose}\n\nApply a plan under 3 Review to make one."
        self._take(listings)
        self.settled(_LIST)
        unread = next((each.unread for each in listings if each.unread is not None), None)
        if unread is not None:
            self.say(f"Last runs were not read. {in_short(unread)}", Tone.WARN, _LIST)
        if self._row_of_last_time is not None:
            self.table.go_to(self._row_of_last_time)
            self._row_of_last_time = None

    def _fail(self, error: TarmacError) -> None:
        """Keep what is there with its age; the cause is said below it, or in its place where there is nothing."""
        self._waiting, self._is_stale, self._empty = None, True, in_full(error)
        if self.flows:
            self.say(in_short(error), Tone.BAD, _LIST)
        self._show()

    def _take(self, listings: tuple[FlowListing, ...]) -> None:
        self.flows.take(listings, is_everywhere=self._everywhere)
        if self.table.columns != self.flows.columns:
            self.table.set_columns(self.flows.columns)
        self.table.mark_only(tuple(row.id for row in self.flows.of(self.table.marked)))
        self._show()

    # showing

    def _show(self) -> None:
        text = self.query_one(FilterLine).text
        found = self.flows.rows(text)
        is_found = found or not self.flows
        self.table.say_empty(self._empty if is_found else f"No flow has {text!r} in its line.\nesc shows all again.")
        self.table.show(found)
        going = ("not up to date" if self.flows.listings else "not read") if self._is_stale else ""
        if self._waiting is not None:
            going = f"reading… {self._waiting.words}".rstrip()
        said = Said(len(found), text, len(self.table.marked), going=going)
        self.table.say(self.flows.status(said, self.size.width - _PLACE) if self.flows.listings else going)

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        """Show what contains the text."""
        message.stop()
        self._finding.look_for(message.text, self.table, self._show)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """Back to the list."""
        message.stop()
        if message.keeps:
            self._finding.keep()
        self.table.focus()

    def on_line_table_marked(self, message: LineTable.Marked) -> None:
        """Count what is marked."""
        message.stop()
        self._show()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Show everything about the flow."""
        message.stop()
        from tarmac.screens.show_text import ShowText

        row = self.flows.get(message.key)
        if row is not None:
            self.app.push_screen(ShowText(row.label, detail_lines(row)))

    def action_back(self) -> None:
        """Stop a reading that lasts; close the filter, then the marks."""
        line = self.query_one(FilterLine)
        if self._waiting is not None and self._waiting.words:
            self._fail(self._waiting.stop())
        elif line.text:
            line.open("")
            self.table.focus()
        elif self.table.marked:
            self.table.mark_only(())
        else:
            super().action_back()

    def action_find(self) -> None:
        """Find by text."""
        self.query_one(FilterLine).open()

    def action_sort(self) -> None:
        """Sort by the next thing."""
        self.flows.order = self.flows.order.next()
        self._show()

    def action_sandboxes(self) -> None:
        """Show the flows of every sandbox, or of this one again."""
        self._everywhere = not self._everywhere
        self.action_reload()

    def action_mark_ending(self) -> None:
        """Mark every flow that ends soon."""
        ending = tuple(row.id for row in self.flows.ending())
        self.table.mark_only(ending)
        if not ending:
            self.say("No flow ends within 30 days.")

    def action_raw(self) -> None:
        """Show the stored object."""
        from tarmac.screens.show_text import ShowText
        from tarmac.services.runs.run_actions import raw_text

        row = self.row
        if row is not None:
            self.app.push_screen(ShowText(row.label, list(raw_text(row.flow.raw).split("\n"))))

    def as_command(self) -> list[str]:
        """The same list: with what is looked for, and of all sandboxes where it shows those."""
        text = self.query_one(FilterLine).text
        return ["flows", *(["--all-sandboxes"] if self._everywhere else []), *(["--find", text] if text else [])]

    async def action_copy_id(self) -> None:
        """Copy the flow's id."""
        if self.table.cursor_key is not None:
            await self.tarmac.copy_text(self.table.cursor_key, "flow id")

    # changing

    def action_enable(self) -> None:
        """Enable what is marked."""
        self._asking.switch(enable=True)

    def action_disable(self) -> None:
        """Disable what is marked."""
        self._asking.switch(enable=False)

    def action_delete(self) -> None:
        """Delete what is marked."""
        self._asking.delete()

    def action_reschedule(self) -> None:
        """Give what is marked another schedule."""
        self._asking.reschedule()

    def action_extend(self) -> None:
        """Give what is marked a later end."""
        self._asking.extend()

    def action_adopt(self) -> None:
        """Make a flow an export of one's own."""
        self._asking.adopt()

    def action_orphans(self) -> None:
        """Look at the connections that no flow uses."""
        self._asking.clean()

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        """Go on with what was typed."""
        message.stop()
        self._asking.answered(message.text)
