"""What is shown while the terminal is smaller than 80×24; the screen comes back by itself when it is large enough."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

# One line less than the 80×24 that is promised: tmux takes a line of it for its status.
MIN_WIDTH, MIN_HEIGHT = 80, 23


class MindsSize(Screen[ScreenResultType]):
    """A screen or box that steps aside while the terminal is too small, and keeps the keys where they were."""

    _focused_before: Widget | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small, and come back when it is not."""
        small = event.size.width < MIN_WIDTH or event.size.height < MIN_HEIGHT
        if small and not self.is_modal and not self.query(TooSmall):
            self.mount(TooSmall())
        if small and self.focused is not None:
            self._focused_before = self.focused  # what is hidden loses the keyboard
        self.set_class(small, "-too-small")
        if not small and self._focused_before is not None:
            self.set_focus(self._focused_before)
            self._focused_before = None


class TooSmall(Widget):
    """Covers the screen; says what it needs."""

    def render(self) -> RenderResult:
        """Draw the words for the size as it is."""
        width, height = self.app.size
        return Content(
            f"tarmac needs 80×24.\nThis terminal has {width}×{height}.\n\n"
            "Make it larger: the screen comes back by itself.\nq leaves."
        )
