"""The Textual app: modes, key map, themes. What it does is in the services; what it shows is in the screens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tarmac.driver import FrameDriver
from tarmac.session import Session
from tarmac.widgets.messages import DatasetsChosen, DestinationChosen, PlanMade, SessionChanged


def _datasets() -> Screen[None]:
    from tarmac.screens.datasets import DatasetsScreen

    return DatasetsScreen()


def _destination() -> Screen[None]:
    from tarmac.screens.destination import DestinationScreen

    return DestinationScreen()


def _review() -> Screen[None]:
    from tarmac.screens.review import ReviewScreen

    return ReviewScreen()


def _runs() -> Screen[None]:
    from tarmac.screens.runs import RunsScreen

    return RunsScreen()


def _flows() -> Screen[None]:
    from tarmac.screens.flows import FlowsScreen

    return FlowsScreen()


class TarmacApp(App[int]):
    """Land datasets where machine-learning code can read them."""

    TITLE = "tarmac"
    CSS_PATH = Path(__file__).with_name("tarmac.tcss")
    DEFAULT_MODE = "datasets"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "datasets": _datasets,
        "destination": _destination,
        "review": _review,
        "runs": _runs,
        "flows": _flows,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('datasets')", "Datasets", show=False, id="mode.datasets"),
        Binding("2", "mode('destination')", "Destination", show=False, id="mode.destination"),
        Binding("3", "mode('review')", "Review", show=False, id="mode.review"),
        Binding("4", "mode('runs')", "Runs", show=False, id="mode.runs"),
        Binding("5", "mode('flows')", "Flows", show=False, id="mode.flows"),
        Binding("q", "quit", "quit", id="app.quit"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(driver_class=FrameDriver)
        self.session = session
        self.animation_level = "none"

    def on_mount(self) -> None:
        """Answer the signals that end us, and tell the screens when something changes."""
        self.session.on_change = self._session_changed
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.exit, 128 + number)

    def _session_changed(self) -> None:
        for stack in self._screen_stacks.values():
            for screen in stack:
                screen.post_message(SessionChanged())

    def action_mode(self, mode: str) -> None:
        """Go to a mode."""
        self.switch_mode(mode)

    def on_datasets_chosen(self, message: DatasetsChosen) -> None:
        """Go on to the destination."""
        self.session.choices.datasets = message.datasets
        self.switch_mode("destination")

    def on_destination_chosen(self, message: DestinationChosen) -> None:
        """Go on to the review."""
        self.session.choices.destination = message.destination
        self.switch_mode("review")

    def on_plan_made(self, message: PlanMade) -> None:
        """Keep the plan for the review."""
        self.session.choices.plan = message.plan
