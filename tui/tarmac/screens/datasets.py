"""Datasets that can be exported: find one, mark several, look inside, go on to a destination."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tarmac.screens.base import TarmacScreen
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column

COLUMNS = (
    Column("name", "NAME", min_width=24, weight=3),
    Column("rows", "ROWS", width=14, right=True),
    Column("size", "SIZE", width=10, right=True),
    Column("updated", "UPDATED", width=12, drop=1),
    Column("batch", "LAST BATCH", width=10, drop=3),
    Column("exported", "EXPORTED BY", min_width=12, weight=1, drop=2),
)


class DatasetsScreen(TarmacScreen):
    """The first screen."""

    MODE: ClassVar[str] = "datasets"
    TITLE_TEXT: ClassVar[str] = "Datasets"

    def body(self) -> ComposeResult:
        """Lay out the screen."""
        yield LineTable(COLUMNS, can_mark=True, empty="Reading the catalogue…", id="datasets")
