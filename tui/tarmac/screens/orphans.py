"""Connections that no flow uses: looked at first, then some or all deleted in the right order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tarmac.screens.modal import TarmacModal
from tarmac.terms.quantities import moment_words
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone

if TYPE_CHECKING:
    from tarmac.services.flows.orphans import Orphan

_COLUMNS = (
    Column("name", "NAME", min_width=16, weight=2),
    Column("noun", "CONNECTION", width=10),
    Column("kind", "KIND", width=20, drop=2),
    Column("owner", "OWNER", width=18, drop=1),
    Column("made", "MADE (UTC)", width=16),
)


class OrphansScreen(TarmacModal[tuple[str, ...]]):
    """Answers with the ids that are to be deleted, or nothing."""

    WIDE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D", "delete", "delete these", id="orphans.delete"),
        Binding("a", "all", "mark all", id="orphans.all"),
    ]
    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "", "table.mark": "mark"}

    def __init__(self, orphans: tuple[Orphan, ...], words: str) -> None:
        super().__init__("Connections that no flow uses")
        self._orphans = orphans
        self._words = words

    def content(self) -> ComposeResult:
        """What it means, and the list."""
        yield Static(self._words, markup=False)
        yield LineTable(_COLUMNS, can_mark=True, empty="Every connection is used by a flow.", id="orphans")

    def on_mount(self) -> None:
        """Show them; those that tarmac made are marked, as they can go without a second thought."""
        table = self.query_one("#orphans", LineTable)
        table.show(RowList(_row(each) for each in self._orphans))
        table.mark_only(tuple(each.id for each in self._orphans if each.is_ours and not each.is_new))
        table.focus()

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
