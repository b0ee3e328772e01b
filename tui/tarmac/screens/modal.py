"""A box above the screen: title, content, and its keys on the last line. `esc` closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tarmac.screens.too_small import MindsSize
from tarmac.widgets.key_line import KeyLine
from tarmac.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from tarmac.app import TarmacApp

Answer = TypeVar("Answer")


class TarmacModal(MindsSize[Answer], ModalScreen[Answer]):
    """Base of the boxes. Subclasses give `content`; `WIDE` ones take the whole width of an 80-column terminal.

    `command` is the headless command that does the same; where there is one, a key copies it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # No letter: in some boxes a word is typed.
        Binding("ctrl+y", "copy_command", "copy command", show=False, priority=True, id="box.copy"),
        Binding("escape", "close", "close", id="box.close"),
    ]
    WIDE: ClassVar[bool] = False
    # A text that is longer than the box says on the line of keys how to read on, one with a command how to copy it.
    KEY_WORDS: ClassVar[dict[str, str]] = {"text.page_down": "more", "box.copy": "copy command"}

    def __init__(self, title: str, *, command: str = "") -> None:
        super().__init__()
        self._box_title = title
        self.command = command

    @property
    def tarmac(self) -> TarmacApp:
        """The app, with its own type."""
        return cast("TarmacApp", self.app)

    def compose(self) -> ComposeResult:
        """Title, content, keys."""
        with Vertical(id="box", classes="-wide" if self.WIDE else ""):
            yield Static(self._box_title, id="box-title", markup=False)
            yield from self.content()
            yield KeyLine()

    def content(self) -> ComposeResult:
        """Yield what is between title and keys."""
        raise NotImplementedError

    def on_screen_suspend(self) -> None:
        """Another box is above this one: its keys are the ones that work."""
        self.query_one(KeyLine).rest(True)

    def on_screen_resume(self) -> None:
        """The keys work here again."""
        self.query_one(KeyLine).rest(False)

    def on_text_pane_placed(self, message: TextPane.Placed) -> None:
        """Say on the frame how much of a long text is in view."""
        message.stop()
        self.query_one("#box").border_subtitle = message.words or None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to copy the command where there is one."""
        return bool(self.command) if action == "copy_command" else super().check_action(action, parameters)

    async def action_copy_command(self) -> None:
        """Copy the headless command."""
        await self.tarmac.copy_text(self.command, "command")

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
