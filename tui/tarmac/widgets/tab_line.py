"""A line of tabs; the screen that holds it turns them by keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tarmac.widgets.key_line import with_arrows


class TabLine(Widget):
    """Draws the names with the chosen one marked by brackets; a call that changes nothing draws nothing."""

    DEFAULT_CSS = "TabLine { height: 1; background: $panel; }"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.place = 0

    @property
    def name_shown(self) -> str:
        """The chosen tab."""
        return self.names[self.place]

    def turn(self, by: int) -> bool:
        """Choose the tab `by` places further, as far as there are; True if that is another one."""
        place = max(0, min(self.place + by, len(self.names) - 1))
        if place == self.place:
            return False
        self.place = place
        self.refresh()
        return True

    def render(self) -> RenderResult:
        """Draw the line."""
        parts: list[str | tuple[str, str]] = [" "]
        for at, name in enumerate(self.names):
            here = at == self.place
            parts.append((f"[{name}]" if here else f" {name} ", "bold $accent" if here else "$text-muted"))
        way = "← → turn"
        return Content.assemble(
            *parts, (f"   {way if with_arrows(self.app, way) == way else 'left/right'}", "$text-muted")
        )
