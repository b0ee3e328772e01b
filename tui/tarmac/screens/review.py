"""Review."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tarmac.screens.base import TarmacScreen
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column


class ReviewScreen(TarmacScreen):
    """Review."""

    MODE: ClassVar[str] = "review"
    TITLE_TEXT: ClassVar[str] = "Review"

    def body(self) -> ComposeResult:
        """Lay out the screen."""
        yield LineTable((Column("name", "NAME"),), empty="Nothing here yet.")
