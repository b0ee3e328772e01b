"""Two lines that ask for a text, such as a name; a third says what is wrong with it. Hidden while there is nothing to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

Complaint = Callable[[str], str | None]


class _AskInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "ok", id="ask.ok"),
        Binding("escape", "leave", "not now", id="ask.leave"),
    ]

    def action_leave(self) -> None:
        self.post_message(AskLine.Left())


class AskLine(Vertical):
    """Sends `Answered` with the text once it is right, or `Left`."""

    DEFAULT_CSS = """
    AskLine { height: auto; background: $panel; display: none; }
    AskLine Static { width: 1fr; height: auto; padding: 0 1; color: $accent; text-style: bold; }
    AskLine .wrong { color: $text-error; text-style: none; }
    AskLine Input { width: 1fr; height: 1; border: none; padding: 0; margin: 0 1; background: $panel; }
    AskLine Input:focus { border: none; }
    """

    @dataclass
    class Answered(Message):
        """The person typed it."""

        text: str

    @dataclass
    class Left(Message):
        """The person does not want to after all."""

    def __init__(self) -> None:
        super().__init__()
        self._words = Static("", markup=False)
        self._wrong = Static("", classes="wrong", markup=False)
        self._complaint: Complaint | None = None
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """The words, the input, and what is wrong with it."""
        yield self._words
        entry = _AskInput(compact=True, select_on_focus=False)
        entry.cursor_blink = False
        yield entry
        yield self._wrong

    def ask(self, words: str, text: str, complaint: Complaint | None = None) -> None:
        """Ask; `text` is filled in already, `complaint` says what is wrong with an answer."""
        if not self.display:
            self._before = self.screen.focused
        self._complaint = complaint
        self._words.update(words)
        self._complain(None)
        self.display = True
        entry = self.query_one(_AskInput)
        entry.value = text
        entry.cursor_position = len(text)
        entry.focus()

    def _complain(self, said: str | None) -> None:
        self._wrong.update(f"! {said}" if said else "")
        self._wrong.display = said is not None

    def _close(self) -> None:
        self.display = False
        if self._before is not None and self._before.is_attached:
            self._before.focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Check and answer."""
        message.stop()
        text = message.value.strip()
        said = None if self._complaint is None else self._complaint(text)
        if said is not None:
            self._complain(said)
            return
        self._close()
        self.post_message(self.Answered(text))

    def on_input_changed(self, message: Input.Changed) -> None:
        """Keep what is being typed to ourselves; what was wrong is being mended."""
        message.stop()
        self._complain(None)

    def on_ask_line_left(self) -> None:
        """Disappear and give the keys back."""
        self._close()
