"""Runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tarmac.screens.base import TarmacScreen
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column


class RunsScreen(TarmacScreen):
    """Runs."""

    MODE: ClassVar[str] = "runs"
    TITLE_TEXT: ClassVar[str] = "Runs"

    def body(self) -> ComposeResult:
        """Lay out the screen."""
        yield LineTable((Column("name", "NAME"),), empty="Nothing here yet.")
