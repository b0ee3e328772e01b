"""A text to read or to select with the terminal's own mouse."""

from __future__ import annotations

from textual.app import ComposeResult

from tarmac.screens.modal import TarmacModal
from tarmac.widgets.text_pane import Line, TextPane


class ShowText(TarmacModal[None]):
    """Lines as they are, not wrapped where `wrap` is off, so that a selection is the text itself."""

    WIDE = True

    def __init__(self, title: str, lines: list[Line], *, wrap: bool = True) -> None:
        super().__init__(title)
        self._lines = lines
        self._wrap = wrap

    def content(self) -> ComposeResult:
        """The text."""
        yield TextPane(self._lines, wrap=self._wrap)
