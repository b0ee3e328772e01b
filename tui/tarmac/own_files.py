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
        self._wrong_themes: list[str] = []
        if self._keys:
            app.set_keymap(self._keys)

    async def read(self) -> None:
        """Load all themes and check the keys, after the first paint; the files are read in a thread."""
        self.say_all()
        if self._keys:
            await self._check_keys()
        await self._load_themes()
        self.say_all()

    def say_all(self) -> None:
        """Say everything that was found so far on the screen in front."""
        self._say(self.notices)

    async def next_theme(self) -> None:
        """Go to the next theme; the files are read again, so that a theme can be written while it is looked at."""
        wrong, now = await self._load_themes(), self._app.theme
        if wrong:
            self._say(wrong, f"{now} stays on.")
        elif self._themes:
            self._use(next((name for name in self._themes if name > now), self._themes[0]))

    def theme_commands(self) -> list[tuple[str, Callable[[], None]]]:
        """Return (theme, what puts it on)."""
        return [(name, partial(self._use, name)) for name in self._themes]

    def _use(self, name: str) -> None:
        self._app.theme = name
        self._app.say(f'theme {name}; to keep it: theme = "{name}" in config.toml')

    def _say(self, notices: list[str], *more: str) -> None:
        """Show all of them: one would take the place of the other. The line may have no room, so it says where they are."""
        if notices:
            count = "" if len(notices) < 2 else f"{len(notices)} notices, ? lists them: "
            self._app.say(count + "  ".join([*notices, *more]), Tone.WARN)

    async def _load_themes(self) -> list[str]:
        """Read all themes again. Returns what is wrong now and was not before."""
        from tarmac.themes import load_themes

        places = self._app.session.places
        themes = await asyncio.to_thread(load_themes, places.config / "themes" if places else None)
        for theme in themes.usable.values():
            self._app.register_theme(theme)
        self._themes = sorted(themes.usable)
        wrong = [in_one_line(problem) for problem in themes.problems]
        mended = [each for each in self._wrong_themes if each not in wrong]
        new = [each for each in wrong if each not in self.notices]
        self.notices = [*(each for each in self.notices if each not in mended), *new]
        self._wrong_themes = wrong
        return new

    async def _check_keys(self) -> None:
        """Use what can be used of the person's keys."""
        from tarmac.keymap import all_bindings, checked

        found = checked(self._keys, await asyncio.to_thread(all_bindings))
        if found.problems:
            self._app.set_keymap(dict(found.keys))
            self.notices += found.problems
