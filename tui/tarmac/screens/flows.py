"""Flows: all dataset flows of the sandbox, made by whomever, those that end soon first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.terms.errors import TarmacError
from tarmac.widgets.filter_line import FilterLine
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.quantities import moment_words
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone

if TYPE_CHECKING:
    from tarmac.services.flow_list import FlowLine
    from tarmac.services.workspace import Workspace

_COLUMNS = (
    Column("name", "NAME", min_width=18, weight=1),
    Column("state", "STATE", width=10),
    Column("kind", "DESTINATION", width=20, drop=3),
    Column("schedule", "SCHEDULE", width=11),
    Column("next", "NEXT (UTC)", width=16, drop=1),
    Column("last", "LAST (UTC)", width=16, drop=4),
    Column("end", "ENDS (UTC)", width=18),
    Column("by", "CREATED BY", width=16, drop=5),
)
_LOADING = "Reading the dataset flows of the sandbox…"


class FlowsScreen(TarmacScreen):
    """Every dataset flow of the sandbox."""

    MODE: ClassVar[str] = "flows"
    TITLE_TEXT: ClassVar[str] = "Flows"
    HELP_TEXT: ClassVar[str] = """\
All dataset flows of the sandbox, whoever made them. Those that end within 30 days come first and carry a !: the platform
stops a flow at its end without a word, six months after its creation if it was given none.

enter shows the flow as the platform stores it. r reads the list again. / finds one by any text of its line."""

    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "raw object"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reload", "reload", id="flows.reload"),
        Binding("slash", "find", "find", id="flows.find"),
        Binding("y", "copy_id", "copy id", show=False, id="flows.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, FlowLine] = {}
        self._rows = RowList()
        self._loaded_from: Workspace | None = None

    def body(self) -> ComposeResult:
        """The table and the line to find."""
        yield LineTable(_COLUMNS, empty=_LOADING, id="flows")
        yield FilterLine()

    @property
    def _table(self) -> LineTable:
        return self.query_one("#flows", LineTable)

    def arrived(self) -> None:
        """Read the flows the first time, and after another profile was opened."""
        self._table.focus()
        if not self.session.is_open:
            self._table.say_empty("No connection profile is open yet.")
        elif self._loaded_from is not self.session.workspace:
            self.action_reload()

    def session_changed(self) -> None:
        """Another profile: its flows."""
        if self.is_current:
            self.arrived()

    def action_reload(self) -> None:
        """Read the list again; what is there stays until the answer has come."""
        if not self.session.is_open:
            return
        if self._loaded_from is not self.session.workspace:
            self._show(())
        self._loaded_from = self.session.workspace
        self._table.say_empty(_LOADING)
        self._table.say(f"reading again… {len(self._rows)} shown" if len(self._rows) else "reading…")
        self.tarmac.work_on(self._load(self.session.workspace), "flows")

    async def _load(self, workspace: Workspace) -> None:
        from tarmac.services.flow_list import dataset_flows

        try:
            lines = await dataset_flows(workspace)
        except TarmacError as error:
            self._table.say("not up to date · r: read again" if len(self._rows) else "")
            self._table.say_empty(f"{error.message}\n{error.next_step}\n\nr reads again.")
            self.report(error)
            return
        if workspace is not self._loaded_from:
            return
        self.session.answered(workspace.now())
        self._show(lines)
        soon = sum(1 for line in lines if line.ends_soon)
        ending = f" · ! {soon} end within 30 days" if soon else ""
        self._table.say(
            f"{len(lines)} dataset flow{'' if len(lines) == 1 else 's'}{ending} · as of {workspace.now():%H:%M:%S} UTC"
        )
        self._table.say_empty("This sandbox has no dataset flow yet.\n\nApply a plan under 3 Review to make one.")

    def _show(self, lines: tuple[FlowLine, ...]) -> None:
        self._lines = {line.flow.id: line for line in lines}
        self._rows = RowList(_row(line) for line in lines)
        self._filter(self.query_one(FilterLine).text)

    def _filter(self, text: str) -> None:
        self._table.show(self._rows.containing(text) if text else self._rows)

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        """Show what contains the text."""
        message.stop()
        self._filter(message.text)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """Back to the list."""
        message.stop()
        self._table.focus()

    def action_find(self) -> None:
        """Find by text."""
        self.query_one(FilterLine).open()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Show the stored object."""
        message.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the stored object."""
        from tarmac.screens.show_text import ShowText
        from tarmac.services.run_actions import raw_text

        line = self._lines.get(self._table.cursor_key or "")
        if line is not None:
            self.app.push_screen(ShowText(line.name, list(raw_text(line.flow.raw).split("\n")), wrap=False))

    async def action_copy_id(self) -> None:
        """Copy the flow's id."""
        if self._table.cursor_key is not None:
            await self.tarmac.copy_text(self._table.cursor_key, "flow id")

    def remember(self) -> tuple[str | None, str | None]:
        """Be on the same row at the next start."""
        return self.query_one(FilterLine).text or None, self._table.cursor_key


def _row(line: FlowLine) -> Row:
    tones = {"enabled": Tone.GOOD, "disabled": Tone.DIM}
    end = Cell(f"! {moment_words(line.end)}", Tone.WARN) if line.ends_soon else f"  {moment_words(line.end)}"
    return Row(
        line.flow.id,
        (
            line.name,
            Cell(line.state, tones.get(line.state, Tone.WARN)),
            line.kind,
            line.schedule,
            moment_words(line.next_run),
            moment_words(line.last_run),
            end,
            line.created_by,
        ),
    )
