"""The app while a recording is shown: the recorded keys press themselves, the person's own only leave."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

from textual import events

from tarmac.app import TarmacApp
from tarmac.services.flight.replay import Replay
from tarmac.services.flight.tape import Line, Tape
from tarmac.session import Session
from tarmac.themes import first_theme, wanted_theme
from tarmac.widgets.rows import Tone

_LEAVING = {"q", "ctrl+q", "ctrl+c", "escape"}
# A key finds the screen as the one before it left it.
_BETWEEN_KEYS_S = 0.05
_PAINTED_S = 2.0


class ReplayApp(TarmacApp):
    """An app that nothing goes out of: no request, no clipboard, no editor, no call."""

    def __init__(self, replay: Replay, **options: Any) -> None:
        session = Session(replay.profile, places=replay.places, flight=replay)
        super().__init__(session, keys=replay.keys, resume=replay.place, **options)
        self._replay = replay
        self._pressed: set[int] = set()
        self.is_over = asyncio.Event()

    def on_mount(self) -> None:
        """Begin to press the keys when the app has begun."""
        super().on_mount()
        self.work_on(self._press_all(), "replay")

    async def on_event(self, event: events.Event) -> None:
        """Let the recorded keys through, and of the person's own those that leave."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if id(event) in self._pressed:
                self._pressed.discard(id(event))
            else:
                if isinstance(event, events.Key) and event.key in _LEAVING:
                    self.exit()
                elif not self.is_over.is_set():
                    self.say("A recording is shown, with the keys that were pressed then; q leaves.", Tone.WARN)
                return
        await super().on_event(event)

    async def copy_text(self, text: str, what: str = "text", works: str = "") -> None:  # noqa: ARG002
        """The person's own clipboard stays as it is."""
        self.say(f"{what} was copied here ({len(text)} characters)", Tone.DIM)

    def write_to_terminal(self, sequence: str) -> None:
        """Nobody is called."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing that reaches out of the app."""
        if action in {"edit", "suspend_process", "quit", "help_quit"}:
            return False
        return super().check_action(action, parameters)

    async def _press_all(self) -> None:
        clock = self._replay.clock
        for line in self._replay.tape.of("key"):
            await clock.sleep(max(0.0, line["t"] - clock.monotonic()))
            await self._replay.caught_up(line["t"])
            await asyncio.sleep(_BETWEEN_KEYS_S)
            await self._painted()
            self._press(line)
        await clock.sleep(max(0.0, self._replay.tape.length_s - clock.monotonic()))
        await self._replay.caught_up(self._replay.tape.length_s)
        self.is_over.set()
        self.say("The recording ends here; q leaves.", Tone.WARN)

    async def _painted(self) -> None:
        """Wait until what has changed so far was on the screen, or a moment: what was seen then is seen now."""
        painted = asyncio.Event()
        self.screen.call_after_refresh(painted.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PAINTED_S):
                await painted.wait()

    def _press(self, line: Line) -> None:
        event: events.Event
        if "text" in line:
            event = events.Paste(str(line["text"]))
        elif line["key"] in {"q", "ctrl+q"} and self.focused is None:
            return
        else:
            event = events.Key(str(line["key"]), line["character"])
        self._pressed.add(id(event))
        self.post_message(event)


def replay_app(tape: Tape, *, speed: float = 1.0) -> int:
    """Show a recorded session until it is left. Raises UsageError for a recording without a session."""
    with tempfile.TemporaryDirectory(prefix="tarmac-replay-") as folder:
        theme, _ = first_theme(wanted_theme(None), None)
        app = ReplayApp(Replay(tape, Path(folder), speed=speed), theme=theme)
        result = app.run(mouse=False)
    return result if result is not None else app.return_code or 0
