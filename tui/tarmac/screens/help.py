"""Help for where you are: what the screen is for, and every key that works there, made from the bindings."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import Screen

from tarmac.screens.modal import TarmacModal
from tarmac.widgets.hanging import paragraphs
from tarmac.widgets.key_line import is_typed, key_words
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line, TextPane

_GROUPS = {"table": "In the list", "form": "In a form", "text": "In a text", "mode": "Screens", "app": "Everywhere"}


class HelpScreen(TarmacModal[None]):
    """Opened with `?`."""

    WIDE = True
    CSS = "HelpScreen #box-title { padding: 0 1 1 1; }"
    KEY_WORDS: ClassVar[dict[str, str]] = {"text.page_down": "page down"}

    def __init__(
        self, title: str, words: str, keys: list[tuple[str, str, str, str]], notices: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"Help: {title}")
        self._notices = notices
        self._words = words
        self._keys = keys

    def content(self) -> ComposeResult:
        """The words of the screen, then its keys by group."""
        notices: list[Line] = [Cell(f"! {notice}", Tone.WARN) for notice in self._notices]
        yield TextPane([*notices, *([""] if notices else []), *help_lines(self._words, self._keys)])


def help_lines(words: str, keys: list[tuple[str, str, str, str]]) -> list[Line]:
    """Return the text of the help; `keys` are (group, keys, words, id)."""
    lines: list[Line] = [*paragraphs(words), ""] if words.strip() else []
    groups = list(dict.fromkeys(group for group, *_ in keys))
    for group in sorted(groups, key=lambda name: list(_GROUPS).index(name) if name in _GROUPS else -1):
        lines.append(Cell(_GROUPS.get(group, "Here"), Tone.ACCENT))
        for at, pressed, what, name in keys:
            if at == group:
                lines.append((Cell(f"  {pressed:<18}", Tone.PLAIN), f"{what:<28}", Cell(name, Tone.DIM)))
        lines.append("")
    lines.append(Cell('The names on the right go into config.toml: [keys]  "app.quit" = "Q"', Tone.DIM))
    return lines


def keys_of(screen: Screen[object]) -> list[tuple[str, str, str, str]]:
    """Return (group, keys, words, id) for everything that can be pressed on `screen` now."""
    pressed: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if binding.id is None or not active.enabled or not binding.description or is_typed(screen, key):
            continue
        words.setdefault(binding.id, binding.description)
        shown = key_words(screen.app, binding, key)
        if shown not in pressed.setdefault(binding.id, []):
            pressed[binding.id].append(shown)
    return [(name.split(".")[0], " ".join(keys), words[name], name) for name, keys in pressed.items()]
