"""What the app takes from the person's own files while it runs: themes and keys, and the words about what is wrong there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from tarmac.widgets.message_line import in_one_line
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.app import TarmacApp


class OwnFiles:
    """One per app. `notices` is everything said so far; the help keeps it when another notice takes the line."""

    def __init__(self, app: TarmacApp, keys: Mapping[str, str], notices: Iterable[str]) -> None:
        self._app = app
        self._keys = dict(keys)
        self.notices = list(notices)
        self._themes: list[str] = []
        if self._keys:
            app.set_keymap(self._keys)

    async def read(self) -> None:
        """Load all themes and check the keys, after the first paint; the files are read in a thread."""
        if self.notices:
            self._app.say("  ".join(self.notices), Tone.WARN)
        if self._keys:
            await self._check_keys()
        await self._load_themes()

    async def next_theme(self) -> None:
        """Go to the next theme; the files are read again, so that a theme can be written while it is looked at."""
        await self._load_themes()
        if self._themes:
            now = self._app.theme
            self._use(self._themes[(self._themes.index(now) + 1) % len(self._themes) if now in self._themes else 0])

    def theme_commands(self) -> list[tuple[str, Callable[[], None]]]:
        """Return (theme, what puts it on)."""
        return [(name, partial(self._use, name)) for name in self._themes]

    def _use(self, name: str) -> None:
        self._app.theme = name
        self._app.say(f'theme {name}; kept with theme = "{name}" in config.toml')

    def _warn(self, problems: Iterable[str]) -> None:
        new = [problem for problem in problems if problem not in self.notices]
        self.notices += new
        if new:
            self._app.say("  ".join(new), Tone.WARN)

    async def _load_themes(self) -> None:
        from tarmac.themes import load_themes

        places = self._app.session.places
        themes = await asyncio.to_thread(load_themes, places.config / "themes" if places else None)
        for theme in themes.usable.values():
            self._app.register_theme(theme)
        self._themes = sorted(themes.usable)
        self._warn(in_one_line(problem) for problem in themes.problems)

    async def _check_keys(self) -> None:
        from tarmac.keymap import all_bindings, checked

        found = checked(self._keys, await asyncio.to_thread(all_bindings))
        if found.problems:
            self._app.set_keymap(dict(found.keys))
            self._warn(found.problems)
