"""The Textual app: modes, key map, themes. What it does is in the services; what it shows is in the screens."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import shutil
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import Monochrome, NoColor
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from tarmac import opening, signals
from tarmac.calls import Calls
from tarmac.driver import FrameDriver
from tarmac.ending import crash_words, keep_place, unfinished_words
from tarmac.follows import Follows
from tarmac.notices import read_before, show_notice
from tarmac.own_files import OwnFiles
from tarmac.session import Session, SignIn
from tarmac.terms.errors import TarmacError
from tarmac.widgets.message_line import in_one_line
from tarmac.widgets.messages import DatasetsChosen, DestinationChosen, FollowChanged, Notice, PlanMade, SessionChanged
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.screens.base import TarmacScreen
    from tarmac.services.catalogue.dataset_cache import Remembered
    from tarmac.services.exports.progress import FollowedRun


_SECOND_LOOK_S = 0.1
_CLOSING_S = 0.4  # of the second that a signal leaves


def _screen(module: str, name: str) -> Callable[[], Screen[None]]:
    """Return what makes a screen; its module is imported when it is first shown."""

    def make() -> Screen[None]:
        made: Screen[None] = getattr(importlib.import_module(f"tarmac.screens.{module}"), name)()
        return made

    return make


class TarmacApp(App[int]):
    """Land datasets where machine-learning code can read them."""

    TITLE = "tarmac"
    CSS_PATH = Path(__file__).with_name("tarmac.tcss")
    ENABLE_COMMAND_PALETTE = False  # ours is a screen like the others
    DEFAULT_MODE = "datasets"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "datasets": _screen("datasets", "DatasetsScreen"),
        "destination": _screen("destination", "DestinationScreen"),
        "review": _screen("review", "ReviewScreen"),
        "runs": _screen("runs", "RunsScreen"),
        "flows": _screen("flows", "FlowsScreen"),
        "profiles": _screen("profiles", "ProfilesScreen"),
        "welcome": _screen("welcome", "WelcomeScreen"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('datasets')", "Datasets", show=False, id="mode.datasets"),
        Binding("2", "mode('destination')", "Destination", show=False, id="mode.destination"),
        Binding("3", "mode('review')", "Review", show=False, id="mode.review"),
        Binding("4", "mode('runs')", "Runs", show=False, id="mode.runs"),
        Binding("5", "mode('flows')", "Flows", show=False, id="mode.flows"),
        Binding("p", "mode('profiles')", "profiles", show=False, id="app.profiles"),
        Binding("ctrl+p", "palette", "actions", show=False, id="app.palette"),
        Binding("ctrl+t", "next_theme", "next theme", show=False, id="app.theme"),
        Binding("ctrl+l", "redraw", "draw again", show=False, priority=True, id="app.redraw"),
        Binding("q", "quit", "quit", show=False, id="app.quit"),
    ]

    def __init__(
        self,
        session: Session,
        *,
        theme: Theme | None = None,
        keys: Mapping[str, str] | None = None,
        driver: type[FrameDriver] = FrameDriver,
        remembered: Remembered | None = None,
        notices: tuple[str, ...] = (),
        resume: tuple[str | None, str | None, str | None] = (None, None, None),
    ) -> None:
        super().__init__(driver_class=driver, ansi_color=theme.ansi if theme else None)
        self.session = session
        self.follows = Follows(self)
        self.calls = Calls(self)
        self.remembered = remembered
        self.resume_at = resume  # mode, filter, row of last time
        self.demo_profile: str | None = None  # whose platform ends with us
        self.unfinished: list[str] = []  # said on the shell when a person has left
        self.animation_level = "none"
        self._sizes_told = 0
        self._came_from = ["datasets"]
        if theme is not None:
            # Set without the watchers, which would go over the style sheet a second time before the first paint.
            self.set_reactive(App.ansi_color, None)
            self.register_theme(theme)
            self.set_reactive(App.theme, theme.name)
            self.stylesheet.set_variables(self.get_css_variables())
            if theme.ansi:
                self._filters = [NoColor() if isinstance(each, Monochrome) else each for each in self._filters]
        self._styled_with: dict[str, str] | None = self.get_css_variables()
        self._own = OwnFiles(self, keys or {}, notices)

    # start and end

    def on_mount(self) -> None:
        """Answer the signals that end us; everything slow begins after the first paint."""
        self.session.on_change = lambda: self.broadcast(SessionChanged)
        if not self.is_headless:
            signals.install(self.exit)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # off since `launch`
        gc.enable()
        self.work_on(self._own.read(), "own files")
        if self.session.profile is None and self.session.places is not None:
            self.open_profile(None)
        elif self.session.profile is not None:
            self.open_profile(self.session.profile)
        mode = self.resume_at[0]
        if mode in self.MODES and mode not in {"welcome", "profiles", self.current_mode}:
            self.go_to(mode)

    def exit(self, result: int | None = None, return_code: int = 0, message: Any = None) -> None:
        """Leave; what is on screen is kept for the next start."""
        keep_place(self.session, self.current_mode, self.screen_stack[0] if self.screen_stack else None)
        profile = self.session.profile
        is_demo = profile is not None and profile == self.demo_profile
        self.unfinished = unfinished_words(self.follows.rows, profile, is_demo=is_demo)
        self.calls.end()
        super().exit(result, return_code, message)

    async def on_unmount(self) -> None:
        """Close connections, but wait for none; write the end of the log."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await self.session.close()
        self.session.end_log()

    def on_resize(self, event: events.Resize) -> None:
        """Paint everything where a terminal comes back, or comes back to its size: what it shows now is not known."""
        driver = self._driver
        self._sizes_told += 1  # the first time before the first paint, then by the driver when it begins
        if self._sizes_told <= 2:
            return
        # Linux tells of a new size a moment before it is to be had: the last one of a row would be missed now and then.
        self.set_timer(_SECOND_LOOK_S, self._look_at_size)
        if isinstance(driver, FrameDriver) and driver.painted_size == (event.size.width, event.size.height):
            self.action_redraw()

    def _look_at_size(self) -> None:
        size = Size(*shutil.get_terminal_size())
        if not self.is_headless and size != self.size:
            self.post_message(events.Resize(size, size))

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheets again after a change of theme. Textual asks for it at each new screen too, in vain."""
        if self._styled_with is not None:
            if self.get_css_variables() == self._styled_with:
                return
            self._styled_with = None  # from here on some screen may be styled with another theme
        super().refresh_css(animate)

    def open_profile(self, name: str | None) -> None:
        """Open a profile (None: the one there is) in place of the one that is open."""
        self.work_on(opening.open_profile(self, name), "profile")

    def work_on(self, work: Coroutine[Any, Any, Any], group: str, *, exclusive: bool = True) -> Worker[Any]:
        """Run something slow as a task that no screen owns; a newer one of the same group takes its place."""
        return self.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)

    def _fatal_error(self) -> None:
        """Leave with one line and a redacted report: the framework's own traceback shows the values of variables."""
        from rich.text import Text

        words = crash_words(self._exception, self.session, f"app, {self.current_mode}")
        self._exit_renderables.append(Text(words, overflow="fold"))
        self._close_messages_no_wait()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Nothing fails in silence: what nobody expected is said, and goes to the log."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        if isinstance(error, TarmacError):
            self.say(in_one_line(error), Tone.BAD)
            return
        import logging

        logging.getLogger("tarmac").error("unexpected error in %s", event.worker.group, exc_info=error)
        self.say(
            f"Something unexpected went wrong in tarmac ({type(error).__name__}); the log has the details.", Tone.BAD
        )

    # what screens call

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show a notice on the screen in front."""
        show_notice(self.screen_stack, Notice(text, tone))

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key is for; what was said before is over then."""
        doing = super().run_action(action, default_namespace, namespaces)
        return await read_before(doing, action, default_namespace)

    def say_notices(self) -> None:
        """Say what is wrong with the person's own files, on a screen that has taken the place of the one it was said on."""
        self._own.say_all()

    def broadcast(self, kind: type[Message], *fields: object) -> None:
        """Send a message of this kind, one of its own, to every screen that has a handler for it."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                if hasattr(screen, kind.handler_name):
                    screen.post_message(kind(*fields))

    def follow_changed(self, row: FollowedRun) -> None:
        """Tell every screen that a followed run is new or changed."""
        self.calls.changed(row)
        self.broadcast(FollowChanged, row)

    def go_to(self, mode: str) -> None:
        """Go to a mode and remember the way back."""
        if mode != self.current_mode:
            self._came_from = [*[each for each in self._came_from if each != self.current_mode], self.current_mode]
            self.switch_mode(mode)

    def show_mode(self, mode: str) -> None:
        """Go to a mode that begins anew: there is no way back from it."""
        self._came_from = []
        self.switch_mode(mode)

    def start_demo(self) -> None:
        """Start the local emulator with its sample datasets, and open the profile for it."""
        self.work_on(opening.start_demo(self), "demo")

    def go_back(self) -> None:
        """Go back: the screen on top closes, else the mode before is shown."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
            return
        while self._came_from:
            mode = self._came_from.pop()
            if mode != self.current_mode and self._can_show(mode):
                self.switch_mode(mode)
                return

    async def copy_text(self, text: str, what: str = "text", works: str = "") -> None:
        """Copy to the person's clipboard and say how far it got; `works` says from when on it can be used, where not now.

        Where that is not certain a box has the words and the text to select; they are over when it is closed.
        """
        from tarmac.screens.show_text import ShowText
        from tarmac.widgets.copying import copy

        copied = await copy(text, self.write_to_terminal, what)
        words = f"{copied.words}. It works {works}." if works else copied.words
        if copied.certain:
            self.say(words, Tone.WARN if works else Tone.GOOD)
        else:
            self.push_screen(ShowText(words, list(text.split("\n")), to_select=True))

    def copy_to_clipboard(self, text: str) -> None:
        """What input fields call for `ctrl+c`."""
        self._clipboard = text
        self.work_on(self.copy_text(text), "copy")

    def write_to_terminal(self, sequence: str) -> None:
        """Send a sequence that paints nothing."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)
            self._driver.flush()

    # actions

    def action_mode(self, mode: str) -> None:
        """Go to a mode."""
        self.go_to(mode)

    def action_back_a_mode(self) -> None:
        """Go back to the screen before."""
        self.go_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the modes that have something to show."""
        if action == "mode":
            return self._can_show(str(parameters[0]))
        return super().check_action(action, parameters)

    def _can_show(self, mode: str) -> bool:
        """Whether a mode has something to show: without a profile only the welcome and the profiles have."""
        if mode == "welcome":
            return not self.session.is_open
        return mode == "profiles" or self.session.sign_in is not SignIn.NONE

    def action_help(self) -> None:
        """Show help for the screen in front."""
        from tarmac.screens.help import HelpScreen, keys_of

        screen: TarmacScreen | Screen[object] = self.screen
        words = getattr(screen, "HELP_TEXT", "")
        title = getattr(screen, "TITLE_TEXT", "") or "tarmac"
        self.push_screen(HelpScreen(title, words, keys_of(self.screen), tuple(self._own.notices)))

    def action_palette(self) -> None:
        """Show every action by name."""
        from tarmac.screens.palette import Command, PaletteScreen, commands_of

        def chosen(command: Command | None) -> None:
            if command is not None:
                self.call_next(command.run)

        themes = [Command(f"theme: {name}", "", put_on) for name, put_on in self._own.theme_commands()]
        self.push_screen(PaletteScreen([*commands_of(self.screen), *themes]), chosen)

    def action_next_theme(self) -> None:
        """Go to the next theme; the files are read again, so that a theme can be written while it is looked at."""
        self.work_on(self._own.next_theme(), "own files")

    def action_redraw(self) -> None:
        """Draw everything again, in case something else wrote on the terminal."""
        if isinstance(self._driver, FrameDriver):
            self._driver.forget_screen()
        self.screen.refresh()

    def action_help_quit(self) -> None:
        """`ctrl+c` is for copying and for habits: say how to leave."""
        self.say("ctrl+q leaves tarmac; so does q outside of a field. What runs on the platform goes on.")

    # from choice to choice

    def on_datasets_chosen(self, message: DatasetsChosen) -> None:
        """Go on to the destination."""
        self.session.choices.datasets = message.datasets
        self.go_to("destination")

    def on_destination_chosen(self, message: DestinationChosen) -> None:
        """Go on to the review."""
        self.session.choices.destination = message.destination
        self.go_to("review")

    def on_plan_made(self, message: PlanMade) -> None:
        """Keep the plan for the review."""
        self.session.choices.plan = message.plan
