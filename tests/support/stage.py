"""A bare app around one widget: its screen as text, and what it repaints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from tarmac.app import TarmacApp


class Stage(App[None]):
    """Shows one widget with the style sheet of the real app."""

    CSS_PATH = TarmacApp.CSS_PATH
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget


@asynccontextmanager
async def on_stage(widget: Widget, size: tuple[int, int] = (80, 12)) -> AsyncIterator[Pilot[None]]:
    async with Stage(widget).run_test(size=size) as pilot:
        widget.focus()
        await pilot.pause()
        yield pilot


def lines(pilot: Pilot[None]) -> list[str]:
    """Return the screen's lines, without trailing blanks."""
    return [strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips()]
