"""Lines of text to read and scroll: details, help, raw answers, code. No wrapping unless asked; turned by pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tarmac.widgets.flowing import flowed
from tarmac.widgets.lines import fitted, strip_of
from tarmac.widgets.rows import Cell, Tone, safe

Line = str | Cell | tuple[Cell | str, ...]


class TextPane(Widget, can_focus=True):
    """Shows lines; each is a text, a cell, or several cells beside each other. Draws only lines that changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"text-pane--title", *(f"text-pane--{tone.value}" for tone in Tone)}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="text.up"),
        Binding("down,j", "scroll_by(1)", "down", show=False, id="text.down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="text.page_up"),
        Binding("pagedown,ctrl+f,space", "page(1)", "page down", show=False, id="text.page_down"),
        Binding("home,g", "edge(0)", "first line", show=False, id="text.first"),
        Binding("end,G", "edge(1)", "last line", show=False, id="text.last"),
    ]

    @dataclass
    class Placed(Message):
        """Other lines are in view; `words` are such as `1-10/30`, empty where all of them are."""

        pane: TextPane
        words: str

    def __init__(
        self,
        lines: Iterable[Line] = (),
        *,
        title: str = "",
        wrap: bool = True,
        id: str | None = None,  # noqa: A002 - the framework's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._given: tuple[Line, ...] = tuple(lines)
        self._title = title
        self._wrap = wrap
        self._lines: list[tuple[Cell, ...]] = []
        self._top = 0
        self._place = ""
        self._styles: dict[str, Style] = {}

    @property
    def text(self) -> str:
        """Everything it holds, as plain text."""
        return "\n".join("".join(cell.text for cell in _cells(line)) for line in self._given)

    def show(self, lines: Iterable[Line], title: str | None = None) -> None:
        """Show other lines; the place stays where it was as far as it can."""
        given = tuple(lines)
        if title is not None:
            self.rename(title)
        if given == self._given:
            return
        self._given = given
        self._lay_out()
        if self.styles.is_auto_height:
            self.refresh(layout=True)

    def rename(self, title: str) -> None:
        """Show another title above the same lines."""
        if title != self._title:
            self._title = title
            self.refresh(Region(0, 0, self.size.width, 1))

    def to_top(self) -> None:
        """Show the first line again."""
        self._turn_to(0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to turn the lines where not all of them are in view."""
        if action in {"scroll_by", "page", "edge"}:
            return len(self._lines) > self._page
        return super().check_action(action, parameters)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by lines."""
        self._turn_to(self._top + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self._turn_to(self._top + pages * max(1, self._page - 1))

    def action_edge(self, end: int) -> None:
        """Go to the first or last line."""
        self._turn_to(len(self._lines) if end else 0)

    @property
    def _head(self) -> int:
        return 1 if self._title else 0

    @property
    def _page(self) -> int:
        return max(0, self.size.height - self._head)

    def _turn_to(self, top: int) -> None:
        top = max(0, min(top, len(self._lines) - self._page))
        if top != self._top:
            self._top = top
            self.refresh()
            self._tell_place()

    def _place_words(self) -> str:
        last = min(len(self._lines), self._top + self._page)
        return f"{self._top + 1}-{last}/{len(self._lines)}" if len(self._lines) > self._page else ""

    def _tell_place(self) -> None:
        words = self._place_words()
        if words != self._place:
            is_new = not words or not self._place
            self._place = words
            if is_new:
                self.refresh_bindings()  # what turns the lines is offered where not all of them are in view
            self.post_message(self.Placed(self, words))

    def on_focus(self) -> None:
        """The title says how to get here; no more."""
        self.refresh(Region(0, 0, self.size.width, self._head))

    def on_blur(self) -> None:
        """The title says how to get here again."""
        self.refresh(Region(0, 0, self.size.width, self._head))

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew."""
        self._lay_out(event.size.width)

    def notify_style_update(self) -> None:
        """Forget colours when the theme changes."""
        super().notify_style_update()
        self._styles.clear()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Where the height is left open: as many lines as there are."""
        return self._head + sum(len(self._pieces(line, width - 2)) for line in self._given)

    def _lay_out(self, width: int | None = None) -> None:
        before, top = self._lines, self._top
        room = (self.size.width if width is None else width) - 2
        self._lines = [piece for line in self._given for piece in self._pieces(line, room)]
        self._top = max(0, min(top, len(self._lines) - self._page))
        self._tell_place()
        if width is not None or self._top != top or len(before) > self._page or len(self._lines) > self._page:
            self.refresh()
            return
        for y in range(self._page):
            old = before[y] if y < len(before) else None
            new = self._lines[y] if y < len(self._lines) else None
            if old != new:
                self.refresh(Region(0, y + self._head, self.size.width, 1))

    def _pieces(self, line: Line, room: int) -> Sequence[tuple[Cell, ...]]:
        cells = _cells(line)
        return flowed(cells, room) if self._wrap and room >= 20 else (cells,)

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self.rich_style + self.get_component_rich_style(f"text-pane--{name}", partial=True)
            self._styles[name] = style
        return style

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget."""
        width = self.size.width
        if y < self._head:
            place = self._place_words()
            if place:
                way = "tab: scroll here  " if self.can_focus and not self.has_focus else ""
                place = f" {way}{place} "
            style = self._style("title")
            title = f" {safe(self._title)} "
            return strip_of([(fitted(title, width - len(place)) + place, style)], width, style)
        at = self._top + y - self._head
        cells = self._lines[at] if at < len(self._lines) else ()
        runs = [(" ", self._style("plain"))]
        runs += [(safe(cell.text), self._style(cell.tone.value)) for cell in cells]
        return strip_of(runs, width, self._style("plain"))


def _cells(line: Line) -> tuple[Cell, ...]:
    parts = line if isinstance(line, tuple) else (line,)
    return tuple(part if isinstance(part, Cell) else Cell(part) for part in parts)
