"""The other side of the terminal benchmarks: the plainest Textual app with a header, one table and a footer."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class Floor(App[None]):
    """One `DataTable` of as many rows as the first argument says."""

    BINDINGS = [("q", "quit", "Quit"), ("s", "sort", "Sort"), ("r", "reload", "Reload")]  # noqa: RUF012 - as Textual's docs write it

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("name", "rows", "size", "updated", "last batch", "exported by")
        for index in range(int(sys.argv[1])):
            table.add_row(f"dataset_{index:05d}", f"{index * 997:,}", "8.1 MiB", "2026-11-23", "success", "-")


if __name__ == "__main__":
    Floor().run()
