"""The line that appears with `/`: type to find, `enter` keeps what was found, `esc` shows everything again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class _FilterInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", "show all", id="filter.clear"),
        Binding("enter,down", "keep_filter", "keep what was found", key_display="⏎", id="filter.keep"),
    ]

    def action_clear_filter(self) -> None:
        self.value = ""
        self.post_message(FilterLine.Left())

    def action_keep_filter(self) -> None:
        self.post_message(FilterLine.Left())


class FilterLine(Horizontal):
    """One line with an input; hidden while there is no filter. Sends `Changed` at each key and `Left` at the end."""

    @dataclass
    class Changed(Message):
        """The text to find is another."""

        text: str

    @dataclass
    class Left(Message):
        """The person is done typing: give the keys back to the list."""

    def compose(self) -> ComposeResult:
        """A slash and the input."""
        yield Static("/", markup=False)
        entry = _FilterInput(compact=True, select_on_focus=False)
        entry.cursor_blink = False
        yield entry

    def on_mount(self) -> None:
        """Hidden until asked for."""
        self.display = bool(self.text)

    @property
    def text(self) -> str:
        """What is looked for; empty: everything."""
        found = self.query(_FilterInput)
        return found.first().value.strip() if found else ""

    def open(self, text: str | None = None) -> None:
        """Show the line and give it the keys; with `text` only fill it in."""
        self.display = True
        entry = self.query_one(_FilterInput)
        if text is None:
            entry.focus()
        else:
            entry.value = text
            self.display = bool(text)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Tell the screen."""
        message.stop()
        self.post_message(self.Changed(message.value.strip()))

    def on_filter_line_left(self) -> None:
        """Disappear when nothing is looked for."""
        self.display = bool(self.text)
