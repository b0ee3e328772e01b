"""A box as tall as what it holds, up to most of the screen; what is longer turns inside it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.widget import Widget

from tarmac.screens.modal import TarmacModal

Answer = TypeVar("Answer")
_AROUND = 4  # lines of the frame, and one above and below it


class FittedBox(TarmacModal[Answer]):
    """Base of the boxes that hold one text or one list; `MAIN` is the selector of the widget that turns."""

    MAIN: ClassVar[str] = "TextPane"

    def on_mount(self) -> None:
        """Leave open how tall it is."""
        self.query_one("#box").add_class("-fitted")

    def on_resize(self, event: events.Resize) -> None:
        """Give the widget that turns the lines that the others leave."""
        self._fit(event.size.height)
        # Words that are broken anew take other lines than before.
        self.call_after_refresh(self._fit, event.size.height)

    def _fit(self, height: int) -> None:
        main, box = self.query_one(self.MAIN, Widget), self.query_one("#box")
        others = sum(
            child.outer_size.height + child.styles.margin.height
            for child in box.children
            if child is not main and child.display
        )
        main.styles.max_height = max(3, height - _AROUND - max(others, 3))
