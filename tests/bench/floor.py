"""The other side of the terminal benchmarks: the plainest Textual app with a header, one table and a footer."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class Floor(App[None]):
    """One `DataTable` of as many rows as the first argument says; with `tick` one cell changes every second."""

    BINDINGS = [("q", "quit", "Quit"), ("s", "sort", "Sort"), ("r", "reload", "Reload")]  # noqa: RUF012 - as Textual's docs write it

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("name", "rows", "size", "updated", "last batch", "exported by")
        for index in range(int(sys.argv[1])):
            table.add_row(
                f"dataset_{index:05d}", f"{index * 997:,}", "8.1 MiB", "2026-11-23", "success", "-", key=str(index)
            )
        if "tick" in sys.argv:
            self._ticks = 0
            self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        self._ticks += 1
        table = self.query_one(DataTable)
        table.update_cell("3", table.ordered_columns[1].key, f"{self._ticks:,}")


if __name__ == "__main__":
    Floor().run()
