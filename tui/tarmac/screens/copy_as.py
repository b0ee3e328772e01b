"""The plan as something else to run: a command, a Python program, a shell script. `enter` copies it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult

from tarmac.screens.fitted_box import FittedBox
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column, Row, RowList


@dataclass(frozen=True)
class Wording:
    """One way to write it: its name, a word on it, what makes the text, and from when on it works (empty: now)."""

    name: str
    about: str
    text: Callable[[], str]
    works: str = ""


class CopyAs(FittedBox[Wording]):
    """Answers with the way that was chosen."""

    MAIN: ClassVar[str] = "LineTable"
    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "copy"}

    def __init__(self, wordings: list[Wording]) -> None:
        super().__init__("Copy as")
        self._wordings = {each.name: each for each in wordings}

    def content(self) -> ComposeResult:
        """The ways there are."""
        yield LineTable((Column("name", "AS", width=12), Column("about", "WHAT IT IS", min_width=30)))

    def on_mount(self) -> None:
        """Show them."""
        super().on_mount()
        table = self.query_one(LineTable)
        table.show(RowList(Row(each.name, (each.name, each.about)) for each in self._wordings.values()))
        each = "Each" if "destination" not in self._wordings else "Each but the first"
        table.say(f"{each} does the same as applying the plan here.")
        table.focus()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Close with the one chosen."""
        message.stop()
        self.dismiss(self._wordings[message.keys[0]])
