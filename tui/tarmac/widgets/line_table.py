"""A table that draws one line at a time and repaints only what changed.

Moving the cursor repaints the marker and the first column of two rows; a changed cell repaints that cell. Rows come from a
`RowSource` and only those in view are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tarmac.widgets.lines import wrapped
from tarmac.widgets.placed_columns import EDGE, PlacedColumns
from tarmac.widgets.rows import Column, Row, RowList, RowSource, Tone, safe
from tarmac.widgets.table_painter import TablePainter, margin_of
from tarmac.widgets.viewport import Viewport

_HEAD = 2  # status line and column titles


class LineTable(Widget, can_focus=True):
    """Rows from a `RowSource` under a status line and column titles."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-table--head",
        "line-table--status",
        "line-table--cursor",
        "line-table--marked",
        *(f"line-table--{tone.value}" for tone in Tone),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "down", show=False, id="table.down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="table.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False, id="table.page_down"),
        Binding("home,g", "go(0)", "first row", show=False, id="table.first"),
        Binding("end,G", "go(-1)", "last row", show=False, id="table.last"),
        Binding("enter,l,right", "choose", "choose", show=False, id="table.choose"),
        Binding("h,left", "app.back_a_mode", "screen before", show=False, id="table.back"),
        Binding("space", "mark", "mark", show=False, id="table.mark"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row; `key` is None when the table is empty."""

        table: LineTable
        key: str | None

    @dataclass
    class Chosen(Message):
        """`enter` on a row. `keys` are the marked rows, or the one under the cursor."""

        table: LineTable
        key: str
        keys: tuple[str, ...]

    @dataclass
    class Marked(Message):
        """The set of marked rows changed."""

        table: LineTable
        keys: tuple[str, ...]

    def __init__(
        self,
        columns: tuple[Column, ...],
        *,
        empty: str = "Nothing here.",
        can_mark: bool = False,
        can_choose: bool = True,
        id: str | None = None,  # noqa: A002 - the framework's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.can_mark = can_mark
        self.can_choose = can_choose
        self._source: RowSource = RowList()
        self._view = Viewport()
        self._cursor_key: str | None = None
        self._marks: dict[str, None] = {}
        self._placed = PlacedColumns(columns, margin=margin_of(can_mark=can_mark))
        self._painter = TablePainter(self._style, can_mark=can_mark)
        self._empty = empty
        self._status = ""
        self._position = ""
        self._drawn: dict[int, Row] = {}  # line of the view -> the row drawn there
        self._styles: dict[tuple[str, ...], Style] = {}

    # what others ask and set

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns it was given; not all of them need to have room."""
        return self._placed.columns

    @property
    def source(self) -> RowSource:
        """The rows as they are now."""
        return self._source

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None in an empty table."""
        return self._cursor_key

    @property
    def marked(self) -> tuple[str, ...]:
        """The keys of the marked rows in the order of marking."""
        return tuple(self._marks)

    @property
    def chosen_keys(self) -> tuple[str, ...]:
        """The marked rows, or the one under the cursor, or none."""
        if self._marks:
            return tuple(self._marks)
        return () if self._cursor_key is None else (self._cursor_key,)

    @property
    def shows_from_top(self) -> bool:
        """Whether the first row is in view."""
        return self._view.top == 0

    @property
    def status(self) -> str:
        """The line above the column titles."""
        return self._status

    def show(self, source: RowSource) -> None:
        """Show other rows, or the same ones after they grew or changed; the cursor stays on its row by key.

        Only cells that look different are repainted.
        """
        was_empty, before, line = not self._view.count, self._cursor_key, self._view.line_of(self._view.cursor)
        self._source = source
        count = self._view.count = len(source)
        place = None if before is None else source.index(before)
        self._view.move_to(self._view.cursor if place is None else place)
        self._cursor_key = source.key(self._view.cursor) if count else None
        if was_empty != (not count):
            self.refresh_bindings()  # what is done to a row is offered where there is one
        if self._placed.grow(source, self.size.width) or was_empty != (not count):
            self._redraw()
        else:
            self._repaint_rows()
            if line != self._view.line_of(self._view.cursor):
                self._repaint_cursor(line)
                self._repaint_cursor(self._view.line_of(self._view.cursor))
        if self.styles.is_auto_height:
            self.refresh(layout=True)
        if self._cursor_key != before:
            self.post_message(self.Moved(self, self._cursor_key))

    def set_columns(self, columns: tuple[Column, ...]) -> None:
        """Show other columns, for example wider ones on a wider screen; rows have to be shown again."""
        self._placed.replace(columns, self.size.width)
        self._redraw()

    def update_row(self, key: str) -> None:
        """Ask the source for row `key` again and repaint the cells that changed."""
        place = self._source.index(key)
        line = None if place is None else self._view.line_of(place)
        if line is not None:
            self._repaint_row(line)

    def say(self, status: str) -> None:
        """Set the status line above the column titles (what is shown, how many, how old)."""
        if status != self._status:
            self._status = status
            self.refresh(Region(0, 0, self.size.width, 1))

    def say_empty(self, text: str) -> None:
        """Set the text shown instead of rows: what to do, or what is being loaded. May have several lines."""
        if text != self._empty:
            self._empty = text
            if not self._view.count:
                self.refresh(layout=self.styles.is_auto_height)

    def go_to(self, key: str) -> bool:
        """Put the cursor on row `key`; False if it is not there."""
        place = self._source.index(key)
        if place is not None:
            self._move_to(place)
        return place is not None

    def mark_only(self, keys: tuple[str, ...]) -> None:
        """Mark exactly these rows."""
        if keys != self.marked:
            self._marks = dict.fromkeys(keys)
            self._redraw()
            self.post_message(self.Marked(self, self.marked))

    # keys

    def action_move(self, rows: int) -> None:
        """Move the cursor by `rows`."""
        self._move_to(self._view.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move by whole pages."""
        self._move_to(self._view.cursor + pages * max(1, self._view.page - 1))

    def action_go(self, place: int) -> None:
        """Go to the first (0) or last (-1) row."""
        self._move_to(self._view.count - 1 if place < 0 else place)

    def action_choose(self) -> None:
        """Tell the screen that the row was chosen."""
        if self._cursor_key is not None:
            self.post_message(self.Chosen(self, self._cursor_key, self.chosen_keys))

    def action_mark(self) -> None:
        """Mark or unmark the row and go to the next."""
        key, line = self._cursor_key, self._view.line_of(self._view.cursor)
        if key is None:
            return
        if key in self._marks:
            del self._marks[key]
        else:
            self._marks[key] = None
        if line is not None:
            self.refresh(Region(0, line + _HEAD, self.size.width, 1))
        self.post_message(self.Marked(self, self.marked))
        self._move_to(self._view.cursor + 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done to a row where there is one, and choosing and marking only where that means something."""
        if action in {"choose", "mark"}:
            return self._cursor_key is not None and (self.can_choose if action == "choose" else self.can_mark)
        return super().check_action(action, parameters)

    def on_click(self, event: events.Click) -> None:
        """Where the mouse was asked for, a click puts the cursor there."""
        place = self._view.top + event.y - _HEAD
        if event.y >= _HEAD and place < self._view.count:
            self._move_to(place)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Where the height is left open: as many lines as there are rows, or words for none."""
        return _HEAD + (self._view.count or len(self._words(width)))

    # repainting

    def _move_to(self, place: int) -> None:
        before, line = self._cursor_key, self._view.line_of(self._view.cursor)
        if not self._view.count:
            return
        turned = self._view.move_to(place)
        self._cursor_key = self._source.key(self._view.cursor)
        if self._cursor_key == before and not turned:
            return
        if turned:
            self._repaint_rows()
        self._repaint_cursor(line)
        self._repaint_cursor(self._view.line_of(self._view.cursor))
        self._repaint_position()
        self.post_message(self.Moved(self, self._cursor_key))

    def _redraw(self) -> None:
        self._drawn.clear()
        self.refresh()

    def _repaint_cursor(self, line: int | None) -> None:
        """Repaint what shows the cursor in a row: the marker and the first column's text."""
        if line is not None and self._placed:
            self.refresh(Region(0, line + _HEAD, self._placed.first_text_end(self._drawn.get(line)), 1))

    def _repaint_row(self, line: int) -> None:
        """Repaint what changed in the row at `line` of the view."""
        place = self._view.top + line
        old = self._drawn.get(line)
        new = self._source.row(place) if place < self._view.count else None
        if old == new:
            return
        if old is None or new is None or old.key != new.key:
            self.refresh(Region(0, line + _HEAD, self.size.width, 1))
            return
        for each in self._placed:
            if old.cell(each.at) != new.cell(each.at):
                self.refresh(Region(each.x, line + _HEAD, each.cells, 1))

    def _repaint_rows(self) -> None:
        for line in range(self._view.page):
            self._repaint_row(line)
        self._repaint_position()

    def _repaint_position(self) -> None:
        text = self._position_text()
        if text != self._position:
            width = min(self.size.width, max(len(text), len(self._position)))
            self.refresh(Region(max(0, self.size.width - width - EDGE), 0, width, 1))

    def _position_text(self) -> str:
        return f"{self._view.cursor + 1:,}/{self._view.count:,}" if self._view.count else ""

    # drawing

    def notify_style_update(self) -> None:
        """Forget colours when the theme changes."""
        super().notify_style_update()
        self._styles.clear()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - its size is the one with the padding
        """Lay the columns out anew."""
        self._placed.lay_out(self.size.width)
        self._view.resize(self.size.height - _HEAD)
        self._redraw()

    def _style(self, *names: str) -> Style:
        style = self._styles.get(names)
        if style is None:
            style = self.rich_style
            for name in names:
                style += self.get_component_rich_style(f"line-table--{name}", partial=True)
            self._styles[names] = style
        return style

    def _words(self, width: int) -> list[str]:
        """Return the words that stand where no row is, broken to the room beside the margin."""
        room = max(1, width - self._placed.margin - EDGE)
        return [piece for line in self._empty.split("\n") for piece in wrapped(safe(line), room)]

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget."""
        width = self.size.width
        if y == 0:
            self._position = self._position_text()
            return self._painter.status(self._status, self._position, width)
        if y == 1:
            return self._painter.titles(self._placed, width)
        line = y - _HEAD
        place = self._view.top + line
        if place < self._view.count:
            row = self._drawn[line] = self._source.row(place)
            is_under, is_marked = place == self._view.cursor, row.key in self._marks
            return self._painter.row(row, self._placed, width, under_cursor=is_under, marked=is_marked)
        self._drawn.pop(line, None)
        words = [] if self._view.count else self._words(width)
        return self._painter.words(words[line] if line < len(words) else "", self._placed.margin, width)
