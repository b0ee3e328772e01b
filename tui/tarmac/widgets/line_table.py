"""A table that draws one line at a time and repaints only what changed.

Moving the cursor repaints the marker and the first column of two rows; a changed cell repaints that cell. When the cursor
leaves the view the table turns by half a page instead of scrolling by one line, so a held key stays cheap over SSH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tarmac.widgets.rows import Cell, Column, Row, RowList, RowSource, Tone, laid_out, safe

_GAP = 2
_MARGIN = 3  # cursor marker, mark, space
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
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="table.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="table.page_down"),
        Binding("home,g", "go(0)", "first row", show=False, id="table.first"),
        Binding("end,G", "go(-1)", "last row", show=False, id="table.last"),
        Binding("enter,l,right", "choose", "choose", show=False, id="table.choose"),
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
        id: str | None = None,  # noqa: A002 - the framework's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = columns
        self.can_mark = can_mark
        self._source: RowSource = RowList()
        self._layout: list[tuple[int, Column, int]] = []
        self._top = 0
        self._cursor = 0
        self._cursor_key: str | None = None
        self._marks: dict[str, None] = {}
        self._empty = empty
        self._status = ""
        self._head_right = ""
        self._painted: dict[int, Row] = {}
        self._styles: dict[tuple[str, ...], Style] = {}

    # ------------------------------------------------------------------ what others ask and set

    @property
    def source(self) -> RowSource:
        """The rows as they are now."""
        return self._source

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None in an empty table."""
        return self._cursor_key

    @property
    def cursor_index(self) -> int:
        """The place of the cursor, 0 in an empty table."""
        return self._cursor

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

    def show(self, source: RowSource) -> None:
        """Show other rows, or the same ones after they grew or changed; the cursor stays on its row by key.

        Only lines that look different are repainted.
        """
        self._source = source
        before = self._cursor_key
        self._find_cursor()
        self._clamp_top()
        self._repaint_changes()
        if self._cursor_key != before:
            self.post_message(self.Moved(self, self._cursor_key))

    def update_row(self, key: str) -> None:
        """Ask the source for row `key` again and repaint the cells that changed."""
        place = self._source.index(key)
        if place is None:
            return
        y = place - self._top
        if not 0 <= y < self._page:
            return
        self._repaint_row(y)

    def say(self, status: str) -> None:
        """Set the status line above the column titles (what is shown, how many, how old)."""
        if status != self._status:
            self._status = status
            self._repaint_status()

    def say_empty(self, text: str) -> None:
        """Set the text shown instead of rows: what to do, or what is being loaded."""
        if text != self._empty:
            self._empty = text
            if not len(self._source):
                self.refresh()

    def go_to(self, key: str) -> bool:
        """Put the cursor on row `key`; False if it is not there."""
        place = self._source.index(key)
        if place is None:
            return False
        self._set_cursor(place)
        return True

    def mark_all(self, keys: tuple[str, ...]) -> None:
        """Mark exactly these rows."""
        self._marks = dict.fromkeys(keys)
        self._painted.clear()
        self.refresh()
        self.post_message(self.Marked(self, self.marked))

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        """Move the cursor by `rows`."""
        self._set_cursor(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move by whole pages."""
        self._set_cursor(self._cursor + pages * max(1, self._page - 1))

    def action_go(self, place: int) -> None:
        """Go to the first (0) or last (-1) row."""
        self._set_cursor(len(self._source) - 1 if place < 0 else place)

    def action_choose(self) -> None:
        """Tell the screen that the row was chosen."""
        if self._cursor_key is not None:
            self.post_message(self.Chosen(self, self._cursor_key, self.chosen_keys))

    def action_mark(self) -> None:
        """Mark or unmark the row and go to the next."""
        if self._cursor_key is None:
            return
        if self._cursor_key in self._marks:
            del self._marks[self._cursor_key]
        else:
            self._marks[self._cursor_key] = None
        self._repaint_row(self._cursor - self._top, whole=True)
        self.post_message(self.Marked(self, self.marked))
        self._set_cursor(self._cursor + 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer marking only where several rows can be chosen."""
        return self.can_mark if action == "mark" else super().check_action(action, parameters)

    # ------------------------------------------------------------------ place of cursor and view

    @property
    def _page(self) -> int:
        return max(0, self.size.height - _HEAD)

    def _find_cursor(self) -> None:
        count = len(self._source)
        if not count:
            self._cursor, self._cursor_key = 0, None
            return
        place = None if self._cursor_key is None else self._source.index(self._cursor_key)
        self._cursor = min(self._cursor, count - 1) if place is None else place
        self._cursor_key = self._source.key(self._cursor)

    def _clamp_top(self) -> bool:
        """Bring the cursor into view; True if the view moved. Leaving it by one row turns by half a page."""
        page, count = self._page, len(self._source)
        before = self._top
        if page <= 0:
            return False
        if self._cursor < self._top:
            self._top = self._cursor - page // 2 if self._cursor >= self._top - page else self._cursor
        elif self._cursor >= self._top + page:
            near = self._cursor < self._top + 2 * page
            self._top = self._cursor - page // 2 if near else self._cursor - page + 1
        self._top = max(0, min(self._top, count - page))
        return self._top != before

    def _set_cursor(self, place: int) -> None:
        count = len(self._source)
        place = max(0, min(place, count - 1))
        if not count or (place == self._cursor and self._cursor_key == self._source.key(place)):
            return
        before = self._cursor
        self._cursor, self._cursor_key = place, self._source.key(place)
        if self._clamp_top():
            self._repaint_changes()
        else:
            for y in (before - self._top, place - self._top):
                self._repaint_cursor_cells(y)
        self._repaint_position()
        self.post_message(self.Moved(self, self._cursor_key))

    # ------------------------------------------------------------------ repainting

    def _repaint_cursor_cells(self, y: int) -> None:
        """Repaint what shows the cursor in a row: the marker and the first column's text."""
        if 0 <= y < self._page and self._layout:
            at, _, width = self._layout[0]
            row = self._painted.get(y)
            if row is not None:
                width = min(width, cell_len(safe(row.cell(at).text)))
            self.refresh(Region(0, y + _HEAD, _MARGIN + width, 1))

    def _repaint_row(self, y: int, *, whole: bool = False) -> None:
        """Repaint what changed in the row at line `y` of the view."""
        place = self._top + y
        old = self._painted.get(y)
        new = self._source.row(place) if place < len(self._source) else None
        if whole or old is None or new is None or old.key != new.key:
            if whole or old is not new:
                self._painted.pop(y, None)
                self.refresh(Region(0, y + _HEAD, self.size.width, 1))
            return
        x = _MARGIN
        for at, _, width in self._layout:
            if old.cell(at) != new.cell(at):
                self.refresh(Region(x, y + _HEAD, width, 1))
            x += width + _GAP

    def _repaint_changes(self) -> None:
        """Repaint the lines of the view that would look different now."""
        if not self._painted:
            self.refresh()
            return
        cursor_line = self._cursor - self._top
        for y in range(self._page):
            self._repaint_row(y)
        if 0 <= cursor_line < self._page:
            self._repaint_cursor_cells(cursor_line)
        self._repaint_position()

    def _repaint_status(self) -> None:
        self.refresh(Region(0, 0, self.size.width, 1))

    def _repaint_position(self) -> None:
        text = self._position()
        if text != self._head_right:
            width = max(cell_len(text), cell_len(self._head_right))
            self._head_right = text
            self.refresh(Region(max(0, self.size.width - width), 0, width, 1))

    def _position(self) -> str:
        count = len(self._source)
        return f"{self._cursor + 1:,}/{count:,}" if count else ""

    # ------------------------------------------------------------------ drawing

    def notify_style_update(self) -> None:
        """Forget colours when the theme changes."""
        super().notify_style_update()
        self._styles.clear()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the columns out anew."""
        self._layout = laid_out(self.columns, max(0, event.size.width - _MARGIN), _GAP)
        self._painted.clear()
        self._clamp_top()
        self.refresh()

    def _style(self, *names: str) -> Style:
        style = self._styles.get(names)
        if style is None:
            style = self.rich_style
            for name in names:
                style += self.get_component_rich_style(f"line-table--{name}", partial=True)
            self._styles[names] = style
        return style

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget."""
        width = self.size.width
        if y == 0:
            return self._draw_status(width)
        if y == 1:
            return self._draw_titles(width)
        line = y - _HEAD
        place = self._top + line
        if place < len(self._source):
            row = self._source.row(place)
            self._painted[line] = row
            return self._draw_row(row, place == self._cursor, width)
        self._painted.pop(line, None)
        if not len(self._source) and self._empty:
            parts = self._empty.split("\n")
            if line < len(parts):
                return _strip([(" " * _MARGIN + parts[line], self._style("dim"))], width, self._style())
        return Strip.blank(width, self._style())

    def _draw_status(self, width: int) -> Strip:
        right = self._head_right = self._position()
        room = max(0, width - cell_len(right) - 2)
        left = fitted(" " + safe(self._status), room)
        style = self._style("status")
        return _strip([(left + "  " + right, style)], width, style)

    def _draw_titles(self, width: int) -> Strip:
        parts = [" " * _MARGIN]
        parts += [aligned(column.title, cells, right=column.right) + " " * _GAP for _, column, cells in self._layout]
        style = self._style("head")
        return _strip([("".join(parts), style)], width, style)

    def _draw_row(self, row: Row, under_cursor: bool, width: int) -> Strip:
        marked = row.key in self._marks
        base = ("marked",) if marked else ()
        runs: list[tuple[str, Style]] = [
            ("▸" if under_cursor else " ", self._style("cursor")),
            ("✔ " if marked else "  ", self._style(*base)),
        ]
        for order, (at, column, cells) in enumerate(self._layout):
            cell: Cell = row.cell(at)
            text = aligned(safe(cell.text), cells, right=column.right)
            if order == 0 and under_cursor:
                # Only the text itself is set off, so that a move repaints no padding.
                shown = text.rstrip()
                runs.append((shown, self._style(*base, cell.tone.value, "cursor")))
                text = text[len(shown) :]
                runs.append((text + " " * _GAP, self._style(*base)))
                continue
            tone = () if cell.tone is Tone.PLAIN else (cell.tone.value,)
            runs.append((text, self._style(*base, *tone)))
            runs.append((" " * _GAP, self._style(*base)))
        return _strip(runs, width, self._style())


def fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` terminal cells, cut with an ellipsis or padded on the right."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    return text + " " * (width - length)


def aligned(text: str, width: int, *, right: bool) -> str:
    """Like `fitted`, padded on the left where `right`."""
    if not right:
        return fitted(text, width)
    length = len(text) if text.isascii() else cell_len(text)
    return " " * (width - length) + text if length <= width else fitted(text, width)


def _strip(runs: list[tuple[str, Style]], width: int, base: Style) -> Strip:
    """Return a line of exactly `width` cells; neighbours of the same style become one segment."""
    merged: list[tuple[str, Style]] = []
    for text, style in runs:
        if not text:
            continue
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return Strip([Segment(text, style) for text, style in merged]).adjust_cell_length(width, base)
