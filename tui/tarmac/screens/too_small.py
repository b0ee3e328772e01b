"""What is shown while the terminal is smaller than 80×24; the screen comes back by itself when it is large enough."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

# One line less than the 80×24 that is promised: tmux takes a line of it for its status.
MIN_WIDTH, MIN_HEIGHT = 80, 23


class TooSmall(Widget):
    """Covers the screen; says what it needs."""

    def render(self) -> RenderResult:
        """Draw the words for the size as it is."""
        width, height = self.app.size
        words = f"tarmac needs 80×24; this terminal has {width}×{height}. Make it larger; q leaves."
        return Content(words)
