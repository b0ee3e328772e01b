"""Where the cursor of a list goes while a text is looked for in it, and afterwards."""

from __future__ import annotations

from collections.abc import Callable

from tarmac.widgets.line_table import LineTable


class Finding:
    """One for each list with a line to find; `text` is what is looked for."""

    def __init__(self) -> None:
        self.text = ""
        self._former: str | None = None

    def look_for(self, text: str, table: LineTable, show: Callable[[], None]) -> None:
        """Let `show` show the rows with this text: the cursor goes to the first, unless its own is there and in view.

        With no text any more it goes back to where it was, unless what was found was kept.
        """
        if text == self.text:
            show()
            return
        if not self.text:
            self._former = table.cursor_key
        self.text = text
        before = table.cursor_key
        show()
        if not text:
            if self._former is not None:
                table.go_to(self._former)
            self._former = None
        elif table.cursor_key != before or not table.shows_from_top:
            table.action_go(0)

    def keep(self) -> None:
        """The person goes on with what was found: the cursor stays there also when all is shown again."""
        self._former = None
