"""The plan as something else to run: a command, a Python program, a shell script. `enter` copies it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult

from tarmac.screens.modal import TarmacModal
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column, Row, RowList


@dataclass(frozen=True)
class Wording:
    """One way to write it: its name, a word on it, and what makes the text."""

    name: str
    about: str
    text: Callable[[], str]


class CopyAs(TarmacModal[Wording]):
    """Answers with the way that was chosen."""

    def __init__(self, wordings: list[Wording]) -> None:
        super().__init__("Copy as")
        self._wordings = {each.name: each for each in wordings}

    def content(self) -> ComposeResult:
        """The ways there are."""
        yield LineTable((Column("name", "AS", width=12), Column("about", "WHAT IT IS", min_width=30)))

    def on_mount(self) -> None:
        """Show them."""
        table = self.query_one(LineTable)
        table.show(RowList(Row(each.name, (each.name, each.about)) for each in self._wordings.values()))
        table.focus()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Close with the one chosen."""
        message.stop()
        self.dismiss(self._wordings[message.keys[0]])
