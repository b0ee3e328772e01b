"""What is shown while the terminal is smaller than 80×24; the screen comes back by itself when it is large enough."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.binding import BindingsMap
from textual.content import Content
from textual.dom import DOMNode
from textual.geometry import Size
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from tarmac.widgets.key_line import key_words

# One line less than the 80×24 that is promised: tmux takes a line of it for its status.
MIN_WIDTH, MIN_HEIGHT = 80, 23
# All that can be done to what cannot be seen.
_STILL_DONE = frozenset({"quit", "redraw"})


class MindsSize(Screen[ScreenResultType]):
    """A screen or box that steps aside while the terminal is too small, and keeps the keys where they were.

    Nobody sees what a key would do to it then: only leaving and drawing again work, in boxes too, and nothing is typed.
    """

    _focused_before: Widget | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small, and come back when it is not."""
        small = _is_small(event.size)
        if small and not self.is_modal and not self.query(TooSmall):
            self.mount(TooSmall())
        if small and self.focused is not None:
            self._focused_before = self.focused  # what is hidden loses the keyboard
            super().set_focus(None)
        self.set_class(small, "-too-small")
        if not small and self._focused_before is not None:
            self.set_focus(self._focused_before)
            self._focused_before = None
        # The app may have been smaller for a moment, which this screen was not told of: what works is looked at again.
        self.refresh_bindings()

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Give a widget the keys; while the screen is hidden it gets them when the screen comes back."""
        if widget is not None and self.has_class("-too-small"):
            self._focused_before = widget
        else:
            super().set_focus(widget, scroll_visible, from_app_focus)

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        if not self.has_class("-too-small") and not _is_small(self.app.size):
            return chain
        node, bindings = chain[-1]  # the app's own; a box does not stand before them now
        for key, bound in list(bindings.key_to_bindings.items()):
            if not any(binding.action in _STILL_DONE for binding in bound):
                del bindings.key_to_bindings[key]
        return [(node, bindings)]


class TooSmall(Widget):
    """Covers the screen; says what it needs."""

    def render(self) -> RenderResult:
        """Draw the words for the size as it is."""
        width, height = self.app.size
        leave = "ctrl+q"
        for key, active in self.screen.active_bindings.items():
            if active.binding.id == "app.quit":
                leave = key_words(self.app, active.binding, key)
                break
        return Content(
            f"tarmac needs 80×24.\nThis terminal has {width}×{height}.\n\n"
            f"Make it larger: the screen comes back by itself.\n{leave} leaves."
        )


def _is_small(size: Size) -> bool:
    return size.width < MIN_WIDTH or size.height < MIN_HEIGHT
