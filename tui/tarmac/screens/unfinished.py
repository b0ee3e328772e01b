"""Exports that an earlier tarmac began and did not end: what exists of each, and the three ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.confirm import ConfirmScreen
from tarmac.screens.fitted_box import FittedBox
from tarmac.terms.errors import TarmacError
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.exports.findings import Findings
    from tarmac.services.exports.leftovers import Leftover
    from tarmac.services.flows.changes import ItemResult
    from tarmac.services.workspace import Workspace

_COLUMNS = (
    Column("export", "EXPORT", min_width=12),
    Column("stopped", "STOPPED (UTC)", width=16),
    Column("how_far", "HOW FAR", min_width=30, weight=1),
)
_NONE = "Nothing is unfinished:\nevery export that was begun here has ended or is under way."
_WAYS: tuple[tuple[str, str], ...] = (
    ("c", "goes on with it"),
    ("a", "keeps what exists and ends it"),
    ("d", "deletes what it made and nobody uses"),
)
# What changes something at the platform is the app's work: leaving the box must not stop it half-way.
_CHANGE = "unfinished change"


class UnfinishedScreen(FittedBox[str]):
    """Opened with `u`. Answers the id of the chain to go on with, or nothing."""

    WIDE = True
    CSS = "UnfinishedScreen #box LineTable { max-height: 8; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "continue", "continue", id="unfinished.continue"),
        Binding("a", "adopt", "adopt", id="unfinished.adopt"),
        Binding("d", "delete", "clean up", id="unfinished.delete"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("Exports that were not finished")
        self._workspace = workspace
        self._left: dict[str, Leftover] = {}
        self._found: dict[str, Findings] = {}
        self._said: Line = ""

    def content(self) -> ComposeResult:
        """The list, and what exists of the selected one."""
        yield LineTable(_COLUMNS, can_choose=False, empty="Reading the ledger…")
        yield TextPane(id="exists")

    def on_mount(self) -> None:
        """Read the ledger."""
        super().on_mount()
        self.query_one(LineTable).focus()
        self.run_worker(self._read(), group="read", exclusive=True, exit_on_error=False)

    @property
    def _leftover(self) -> Leftover | None:
        return self._left.get(self.query_one(LineTable).cursor_key or "") if self.is_mounted else None

    async def _read(self) -> None:
        from tarmac.services.exports.leftovers import leftovers

        table = self.query_one(LineTable)
        try:
            found = await leftovers(self._workspace)
        except TarmacError as error:
            self._tell(error)
            return
        self._left = {each.chain.id: each for each in found}
        table.say_empty(_NONE)
        table.show(RowList(_row(each) for each in found))
        self.refresh_bindings()
        self._show()
        self._look()

    def on_line_table_moved(self, message: LineTable.Moved) -> None:
        """Look what exists of this one."""
        message.stop()
        self._show()
        self._look()

    def _look(self) -> None:
        left = self._leftover
        if left is not None and left.chain.id not in self._found:
            self.run_worker(self._examine(left), group="look", exclusive=True, exit_on_error=False)

    async def _examine(self, left: Leftover) -> None:
        from tarmac.services.exports.findings import examine

        try:
            self._found[left.chain.id] = await examine(self._workspace, left)
        except TarmacError as error:
            self._tell(error)
            return
        self._show()

    def _show(self) -> None:
        self.query_one("#exists", TextPane).show(self._lines())

    def _lines(self) -> list[Line]:
        left = self._leftover
        if left is None:
            return [self._said] if self._said else []
        lines: list[Line] = ["", Cell(f"{left.export}: stopped {left.words}", Tone.WARN)]
        found = self._found.get(left.chain.id)
        if found is None:
            lines.append(Cell("Asking the platform what exists…", Tone.DIM))
        else:
            lines += [Cell(f"  {piece.words}") for piece in found.pieces] or ["  nothing was made"]
            if found.run is not None:
                lines.append(Cell(f"  run {found.run.id}: {found.run.status_word or 'no status yet'}"))
        ways: list[Line] = [(Cell(f"{key} ", Tone.ACCENT), words) for key, words in _WAYS]
        return [*lines, "", *ways, *(["", self._said] if self._said else [])]

    def _tell(self, error: TarmacError) -> None:
        self._say(Cell(f"{error.message} {error.meaning} {error.next_step}".strip(), Tone.BAD))

    def _say(self, words: Cell) -> None:
        """Say it here, or where the person is by now."""
        if not self.is_attached:
            self.tarmac.say(words.text, words.tone)
            return
        self._said = words
        self._show()

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with the selected one."""
        left = self._leftover
        match action:
            case "continue":
                return left is not None and left.can_continue and not self._workspace.read_only
            case "adopt":
                return left is not None
            case "delete":
                return left is not None and left.can_clean_up and not self._workspace.read_only
            case _:
                return super().check_action(action, parameters)

    def action_continue(self) -> None:
        """Go on with it."""
        left = self._leftover
        if left is not None:
            self.dismiss(left.chain.id)

    def action_adopt(self) -> None:
        """Keep what exists and call it over."""
        left = self._leftover
        if left is not None:
            self.tarmac.work_on(self._adopt(left), _CHANGE, exclusive=False)

    def action_delete(self) -> None:
        """Ask, then delete what it made."""
        left = self._leftover
        if left is None:
            return
        found = self._found.get(left.chain.id)

        def answered(yes: bool | None) -> None:
            if yes:
                self.tarmac.work_on(self._clean_up(left), _CHANGE, exclusive=False)

        pieces = [] if found is None else [f"  {piece.words}" for piece in found.ours]
        self.app.push_screen(
            ConfirmScreen(
                f"Delete what {left.export} had made?",
                [
                    *pieces,
                    "The dataflow goes first, then its target and source connection, the base connection last.",
                    "What others use, and what was there before, stays. Files that have landed stay, too.",
                ],
            ),
            answered,
        )

    async def _adopt(self, left: Leftover) -> None:
        from tarmac.services.exports.recovery import adopt

        try:
            await adopt(self._workspace, left)
        except TarmacError as error:
            self._tell(error)
            return
        self._say(Cell(f"{left.export} is over; what exists is kept, and the same export reuses it.", Tone.GOOD))
        await self._look_again(left)

    async def _clean_up(self, left: Leftover) -> None:
        from tarmac.services.exports.recovery import clean_up

        try:
            result = await clean_up(self._workspace, left)
        except TarmacError as error:
            self._tell(error)
            return
        self._say(_outcome(left, result))
        await self._look_again(left)

    async def _look_again(self, left: Leftover) -> None:
        self._found.pop(left.chain.id, None)
        if self.is_attached:
            await self._read()
        else:
            await self.tarmac.follows.drop_ended()  # otherwise done when the box is left


def _row(left: Leftover) -> Row:
    return Row(left.chain.id, (left.export, f"{left.stopped_at:%Y-%m-%d %H:%M}", left.words))


def _outcome(left: Leftover, result: ItemResult) -> Cell:
    words = f"{left.export}: {len(result.deleted)} deleted"
    if result.kept:
        words += f", {len(result.kept)} kept ({'; '.join(result.kept)})"
    if result.error is not None:
        return Cell(f"{words}; then {result.error.message} {result.error.next_step}", Tone.BAD)
    return Cell(f"{words}.", Tone.GOOD)
