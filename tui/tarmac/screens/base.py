"""What every screen has: top line, body, one line for notices, key line, help, and a word for terminals that are too small."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tarmac.screens.too_small import MindsSize
from tarmac.terms.errors import TarmacError
from tarmac.trouble import profile_keys
from tarmac.widgets.choice_line import ChoiceLine
from tarmac.widgets.key_line import KeyLine
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.message_line import MessageLine, in_one_line
from tarmac.widgets.messages import Notice, SessionChanged
from tarmac.widgets.rows import Tone
from tarmac.widgets.top_line import TopLine

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.session import Session


class TarmacScreen(MindsSize[None]):
    """Base of the screens of the modes. Subclasses give `MODE`, `TITLE_TEXT`, `HELP_TEXT` and `body`."""

    MODE: ClassVar[str] = ""
    TITLE_TEXT: ClassVar[str] = ""
    HELP_TEXT: ClassVar[str] = ""
    # Words for keys of the widgets that are worth a place on the key line here, by binding id.
    KEY_WORDS: ClassVar[dict[str, str]] = {}
    # Actions that are done to a row of the table, and are offered where there is one.
    NEED_A_ROW: ClassVar[frozenset[str]] = frozenset()

    _is_in_front = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", show=False, id="app.back"),
        Binding("question_mark,f1", "app.help", "help", id="app.help"),
        Binding("y", "copy_command", "copy as command", show=False, id="app.command"),
    ]

    @property
    def tarmac(self) -> TarmacApp:
        """The app, with its own type."""
        return cast("TarmacApp", self.app)

    @property
    def session(self) -> Session:
        """What the app is working on."""
        return self.tarmac.session

    def compose(self) -> ComposeResult:
        """Lay out the parts that every screen has around `body`."""
        yield TopLine(self.MODE)
        with Vertical(id="body"):
            yield from self.body()
        yield MessageLine()
        yield KeyLine()

    def body(self) -> ComposeResult:
        """Yield the widgets between top line and message line."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Show how things stand."""
        self._tell_top_line()

    def on_screen_resume(self) -> None:
        """Show how things stand now; called each time the screen comes to the front."""
        if self._is_in_front:  # said twice when a mode is gone to for the first time
            return
        self._is_in_front = True
        self._tell_top_line()
        self.query_one(KeyLine).rest(False)
        self.arrived()

    def on_screen_suspend(self) -> None:
        """A box above this screen has the keys: those of its own line are the ones that work."""
        self._is_in_front = False
        self.query_one(KeyLine).rest(True)
        if not self.app.screen.is_modal:  # left for another screen: what was said here is over
            self.query_one(MessageLine).pass_by()

    def arrived(self) -> None:
        """Do what is to be done each time the screen comes to the front."""

    def on_session_changed(self, message: SessionChanged) -> None:
        """Sign-in, profile or data changed."""
        message.stop()
        self._tell_top_line()
        self.session_changed()

    def session_changed(self) -> None:
        """React to a change of sign-in, profile or choices."""

    def on_key(self, event: events.Key) -> None:
        """Say why a letter does nothing where something is chosen in a form, and how to leave it."""
        line, letter = self.focused, event.character
        if isinstance(line, ChoiceLine) and line.check_consume_key(event.key, letter):
            if event.key in self.active_bindings:
                return
            self.say(f"{letter} does nothing in a form: esc leaves the form, ctrl+q leaves tarmac.")

    def on_notice(self, message: Notice) -> None:
        """Say what the app wants said."""
        message.stop()
        self.say(message.text, message.tone)

    def say(self, text: str, tone: Tone = Tone.PLAIN, about: str = "") -> None:
        """Show a notice on the message line until the next key that does something, or until `about` is settled."""
        self.query_one(MessageLine).say(text, tone, about)

    def settled(self, about: str) -> None:
        """What was said about this holds no more."""
        self.query_one(MessageLine).settled(about)

    def report(self, error: TarmacError, about: str = "") -> None:
        """Show an error: what, why, what to do; where its cause is in the profile, also the way there from elsewhere."""
        keys = "" if self.MODE == "profiles" else profile_keys(error)
        self.say(f"{in_one_line(error)} {keys}".strip(), Tone.BAD, about)

    def close(self) -> bool:
        """Close this screen, with the boxes above it. False: the person has left it meanwhile, and nothing is closed."""
        stack = self.app.screen_stack
        if self not in stack:
            return False
        for _ in stack[stack.index(self) :]:
            self.app.pop_screen()
        return True

    def action_back(self) -> None:
        """Go back to where this screen was come from."""
        self.tarmac.go_back()

    async def action_copy_command(self) -> None:
        """Copy the command that shows or does the same without the app."""
        words = self.as_command()
        if words is None or self.session.profile is None:
            self.say("There is no command for this yet.")
            return
        await self.tarmac.copy_text(shlex.join(["tarmac", *words, "--profile", self.session.profile]), "command")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is possible now."""
        if action in self.NEED_A_ROW:
            return any(table.cursor_key is not None for table in self.query(LineTable))
        return super().check_action(action, parameters)

    def as_command(self) -> list[str] | None:
        """Return verb and arguments of the headless command for what is on screen; None: there is none."""
        return None

    def place_of_last_time(self) -> tuple[str | None, str | None]:
        """Return (filter, key of the row) of the last time, if it was this screen that was in front then."""
        mode, text, row = self.tarmac.resume_at
        return (text, row) if mode == self.MODE else (None, None)

    def remember(self) -> tuple[str | None, str | None]:
        """Return (filter, key of the row) to be there again at the next start."""
        return None, None

    def _tell_top_line(self) -> None:
        session = self.session
        time = session.data_at.strftime("%H:%M UTC") if session.data_at else ""
        can_go = bool(self.app.check_action("mode", ("datasets",)))
        self.query_one(TopLine).tell(session.where, session.state_words, session.tone, time, with_modes=can_go)
