"""The line that appears with `/`: type to find, `enter` keeps what was found, `esc` shows everything again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class _FilterInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", "show all", id="filter.clear"),
        Binding("enter,down", "keep_filter", "keep what was found", key_display="enter", id="filter.keep"),
    ]

    def action_clear_filter(self) -> None:
        self.value = ""
        self.post_message(FilterLine.Left(keeps=False))

    def action_keep_filter(self) -> None:
        self.post_message(FilterLine.Left(keeps=True))


class FilterLine(Horizontal):
    """One line with an input; hidden while there is no filter. Sends `Changed` at each key and `Left` at the end.

    The input is made when it is first needed: most starts never need it.
    """

    @dataclass
    class Changed(Message):
        """The text to find is another."""

        text: str

    @dataclass
    class Left(Message):
        """The person is done typing, and `keeps` what was found or not: give the keys back to the list."""

        keeps: bool

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.display = False

    def open(self, text: str | None = None) -> None:
        """Show the line and give it the keys; with `text` only fill it in."""
        entry = next(iter(self.query(_FilterInput)), None)
        if text is not None:
            self._change(text)
        self.display = text is None or bool(text)
        if entry is None:
            if self.display:
                self._make(takes_keys=text is None)
        elif text is None:
            entry.focus()
        else:
            entry.value = text

    def on_input_changed(self, message: Input.Changed) -> None:
        """Tell the screen."""
        message.stop()
        self._change(message.value.strip())

    def on_filter_line_left(self) -> None:
        """Disappear when nothing is looked for."""
        self.display = bool(self.text)

    def _change(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.post_message(self.Changed(text))

    def _make(self, *, takes_keys: bool) -> None:
        entry = _FilterInput(self.text, compact=True, select_on_focus=False)
        entry.cursor_blink = False
        self.mount(Static("/", markup=False), entry)
        if takes_keys:
            entry.focus()
