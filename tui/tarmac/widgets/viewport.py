"""Which rows are in view and where the cursor is: plain arithmetic, no drawing."""

from __future__ import annotations


class Viewport:
    """`page` rows of `count` are in view from `top` on; the cursor is always among them.

    When the cursor leaves the view by less than a page, the view turns by half a page: over SSH one larger frame in many
    keys is cheaper than a scrolled screen for each.
    """

    def __init__(self) -> None:
        self.count = 0
        self.page = 0
        self.top = 0
        self.cursor = 0

    def move_to(self, place: int) -> bool:
        """Put the cursor on row `place`, or the nearest there is; True if other rows are in view now."""
        self.cursor = max(0, min(place, self.count - 1))
        return self._follow()

    def resize(self, page: int) -> None:
        """`page` rows fit from now on."""
        self.page = max(0, page)
        self._follow()

    def line_of(self, place: int) -> int | None:
        """Return the line of row `place` in the view; None if it is out of view."""
        line = place - self.top
        return line if 0 <= line < self.page else None

    def _follow(self) -> bool:
        before, page = self.top, self.page
        if page <= 0:
            return False
        if self.cursor < self.top:
            self.top = self.cursor - page // 2 if self.cursor >= self.top - page else self.cursor
        elif self.cursor >= self.top + page:
            near = self.cursor < self.top + 2 * page
            self.top = self.cursor - page // 2 if near else self.cursor - page + 1
        self.top = max(0, min(self.top, self.count - page))
        return self.top != before
