"""The app while it is recorded: keys and pastes go to the recording, but for what is typed into a secret field."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.widgets import Input

from tarmac.app import TarmacApp
from tarmac.services.flight.recorder import Recorder
from tarmac.widgets.rows import Tone


class RecordedApp(TarmacApp):
    """An app with a flight recorder."""

    def __init__(self, recorder: Recorder, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._recorder = recorder
        self._is_told = False
        recorder.app(self.resume_at, options.get("keys") or {})

    async def on_event(self, event: events.Event) -> None:
        """Record what comes from the keyboard."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._recorder.key(event.key, event.character, hidden=self._is_secret)
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            self._recorder.pasted(event.text, hidden=self._is_secret)
        if self._recorder.ended_early and not self._is_told:
            self._is_told = True
            self.say(self._recorder.ended_early, Tone.WARN)
        await super().on_event(event)

    @property
    def _is_secret(self) -> bool:
        return isinstance(self.focused, Input) and self.focused.password


def recorded(file: str) -> tuple[Callable[..., TarmacApp], Recorder]:
    """Return what makes the app, and the recorder. Raises UsageError where the file cannot be made."""
    size = shutil.get_terminal_size()
    recorder = Recorder(Path(file), size=(size.columns, size.lines))
    return partial(RecordedApp, recorder), recorder
