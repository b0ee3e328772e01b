"""Connections that no flow uses: looked at first, then some or all deleted in the right order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tarmac.screens.fitted_box import FittedBox
from tarmac.terms.quantities import moment_words
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone

if TYPE_CHECKING:
    from tarmac.services.flows.orphans import Orphan

_COLUMNS = (
    Column("name", "NAME", min_width=16, weight=2, middle=True),
    Column("noun", "CONNECTION", width=10),
    Column("kind", "KIND", width=20, min_width=9, drop=2, fits=True),
    Column("owner", "OWNER", width=24, min_width=12, drop=1, fits=True),
    Column("made", "MADE (UTC)", width=20, min_width=16, fits=True),
)
_NONE = "Every connection is used by a flow."


class OrphansScreen(FittedBox[tuple[str, ...]]):
    """Answers with the ids that are to be deleted, or nothing."""

    WIDE = True
    MAIN: ClassVar[str] = "LineTable"
    CSS = "OrphansScreen #box #orphans-words { padding: 0 1 1 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D", "delete", "delete what is marked", id="orphans.delete"),
        Binding("a", "all", "mark all", id="orphans.all"),
        Binding("y", "copy_command", "copy command", id="orphans.copy"),
    ]
    KEY_WORDS: ClassVar[dict[str, str]] = {
        "table.mark": "mark",
        "orphans.all": "mark all",
        "orphans.delete": "delete what is marked",
        "orphans.copy": "copy command",
    }

    def __init__(self, orphans: tuple[Orphan, ...], words: str, *, command: str) -> None:
        super().__init__("Connections that no flow uses", command=command)
        self._orphans = orphans
        self._words = words

    def content(self) -> ComposeResult:
        """What it means, and the list."""
        yield Static(self._words, id="orphans-words", markup=False)
        yield LineTable(_COLUMNS, can_mark=True, can_choose=False, empty=_NONE, id="orphans")

    def on_mount(self) -> None:
        """Show them; those that tarmac made are marked, as they can go without a second thought."""
        super().on_mount()
        table = self.query_one("#orphans", LineTable)
        table.show(RowList(_row(each) for each in self._orphans))
        table.mark_only(tuple(each.id for each in self._orphans if each.is_ours and not each.is_new))
        self._count()
        table.focus()

    def on_line_table_marked(self, message: LineTable.Marked) -> None:
        """Count what is marked."""
        message.stop()
        self._count()

    def _count(self) -> None:
        marked = len(self.query_one("#orphans", LineTable).marked)
        words = f"{marked} of {len(self._orphans)} marked" if marked else "nothing marked: D takes the row with the ▸"
        self.query_one("#orphans", LineTable).say(words if self._orphans else "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There may be nothing to mark or to delete."""
        if action in {"delete", "all"}:
            return bool(self._orphans)
        return super().check_action(action, parameters)

    def action_all(self) -> None:
        """Mark all, or none when all are."""
        table = self.query_one("#orphans", LineTable)
        every = tuple(each.id for each in self._orphans)
        table.mark_only(() if len(table.marked) == len(every) else every)

    def action_delete(self) -> None:
        """Answer with what is marked, or with the row under the cursor."""
        chosen = self.query_one("#orphans", LineTable).chosen_keys
        if chosen:
            self.dismiss(chosen)


def _row(orphan: Orphan) -> Row:
    made = Cell(
        f"{moment_words(orphan.created_at)}" + (" new" if orphan.is_new else ""),
        Tone.WARN if orphan.is_new else Tone.PLAIN,
    )
    return Row(
        orphan.id,
        (orphan.name, orphan.noun.value.removesuffix(" connection"), orphan.kind, orphan.owner, made),
    )
