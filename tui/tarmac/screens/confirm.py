"""A question before something that cannot be taken back: `y`, or a word to type where it matters most."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tarmac.screens.fitted_box import FittedBox
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import TextField
from tarmac.widgets.text_pane import Line, TextPane


class ConfirmScreen(FittedBox[bool]):
    """Answers True only for a clear yes. With `word`, that word has to be typed (production sandboxes)."""

    KEY_WORDS: ClassVar[dict[str, str]] = {
        "submit": "do it",
        "confirm.more": "more",
        "confirm.yes": "yes",
        "confirm.no": "no",
        "box.copy": "copy command",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "yes", id="confirm.yes"),
        Binding("pagedown", "page(1)", "more", priority=True, id="confirm.more"),
        Binding("pageup", "page(-1)", "back", show=False, priority=True, id="confirm.back"),
        Binding("n,escape", "close", "no", id="confirm.no"),
    ]

    def __init__(self, question: str, details: list[Line], *, word: str | None = None, command: str = "") -> None:
        super().__init__(question, command=command)
        self._details = details
        self._word = word
        self._is_long = False

    def content(self) -> ComposeResult:
        """What will happen, and the word to type."""
        yield TextPane(self._details)
        if self._word is not None:
            word = self._word
            yield Static(f"Type {word} to go on", id="confirm-word", markup=False)
            yield Form(
                TextField(
                    "word",
                    "Type here",
                    complaint=lambda text: None if text == word else f"type {word} to do it, or esc to leave it",
                )
            )

    def on_mount(self) -> None:
        """Put the cursor into the field, if there is one."""
        super().on_mount()
        for form in self.query(Form):
            form.fields[0].focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`y` is not enough where a word has to be typed; pages are turned from the field, too."""
        if action == "page":
            return self._word is not None and self._is_long
        return self._word is None if action == "yes" else super().check_action(action, parameters)

    def on_text_pane_placed(self, message: TextPane.Placed) -> None:
        """Offer to turn what does not fit."""
        super().on_text_pane_placed(message)
        self._is_long = bool(message.words)
        self.refresh_bindings()

    def action_page(self, pages: int) -> None:
        """Turn what is to be read, with the cursor in the field."""
        self.query_one(TextPane).action_page(pages)

    def action_yes(self) -> None:
        """Yes."""
        self.dismiss(True)

    def action_close(self) -> None:
        """No."""
        self.dismiss(False)

    def on_form_done(self) -> None:
        """The word was typed."""
        self.dismiss(True)
