"""A text to read or to select with the terminal's own mouse."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult

from tarmac.screens.fitted_box import FittedBox
from tarmac.widgets.text_pane import Line, TextPane

_SIDES = 4  # cells of the frame, and the blanks beside the text


class ShowText(FittedBox[None]):
    """Lines as they are; long ones are broken. `lines` may be made for the width there is.

    A text `to_select` has no frame at its sides, which a selection over several lines would take along.
    """

    WIDE = True

    def __init__(
        self,
        title: str,
        lines: list[Line] | Callable[[int], list[Line]],
        *,
        to_select: bool = False,
        command: str = "",
    ) -> None:
        super().__init__(title, command=command)
        self._lines = lines
        self._to_select = to_select

    def content(self) -> ComposeResult:
        """The text."""
        yield TextPane([] if callable(self._lines) else self._lines)

    def on_mount(self) -> None:
        """Open the sides of a text that is to be selected."""
        super().on_mount()
        self.query_one("#box").set_class(self._to_select, "-bare")

    def on_resize(self, event: events.Resize) -> None:
        """Make the lines for the width there is."""
        if callable(self._lines):
            widest = self.query_one("#box").styles.max_width
            limit = event.size.width if widest is None or widest.is_percent else int(widest.value)
            self.query_one(TextPane).show(self._lines(min(event.size.width, limit) - _SIDES))
        super().on_resize(event)
