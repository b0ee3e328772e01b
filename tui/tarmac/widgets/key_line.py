"""The line of keys at the bottom: made from the bindings that are active, redrawn only when its text differs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import App, RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

_NAMES = {
    "escape": "esc",
    "enter": "enter",
    "space": "space",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "question_mark": "?",
    "slash": "/",
}
_GAPS = (3, 2)  # blanks between two pairs; fewer where not all of them fit
_LAST = ("app.", "box.")
_TYPED = {"question_mark": "?", "slash": "/"}  # what the framework does not know to be typed in an input
# Signs of keys that ASCII has no like of: "v" would be taken for the letter.
_ARROWS = {"↑": "up", "↓": "down", "←": "left", "→": "right"}


class KeyLine(Widget):
    """One line of `key action` pairs. Textual's own Footer mounts a widget a key and leaks them; this one draws text."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._rests = False

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        pairs = getattr(screen.focused, "KEY_PAIRS", None) or tuple(shown_pairs(screen))
        if pairs != self._pairs:
            self._pairs = pairs
            self.refresh()

    def rest(self, rests: bool) -> None:
        """Show nothing while a box above the screen has the keys, and the keys again afterwards."""
        if rests != self._rests:
            self._rests = rests
            self.refresh()

    def render(self) -> RenderResult:
        """Draw as many pairs as fit; the last ones of the list (help, palette) are kept."""
        width = self.size.width
        given = () if self._rests else self._pairs
        gap = next((gap for gap in _GAPS if _width(given, gap) <= width), _GAPS[0])
        parts: list[str | tuple[str, str]] = [" "]
        for key, words in fitting(given, width, gap):
            parts += [(key, "bold $accent"), f" {words}{' ' * gap}"]
        return Content.assemble(*parts)


def shown_pairs(screen: Screen[object]) -> list[tuple[str, str]]:
    """Return (key, words) for the active bindings worth showing: first what the screen names, last the app's own."""
    named = named_words(screen)
    seen: dict[str, tuple[str, str]] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        name = binding.id or binding.action
        if is_typed(screen, key):
            continue
        words = named.get(name) or (binding.description if binding.show else "")
        if words and active.enabled and name not in seen:
            seen[name] = (key_words(screen.app, binding, key), words)
    order = list(named)

    def place(name: str) -> int:
        return order.index(name) if name in order else 99 + name.startswith(_LAST)

    return [seen[name] for name in sorted(seen, key=place)]


def named_words(screen: Screen[object]) -> dict[str, str]:
    """Return the words that the screen has for keys, by binding id."""
    now = getattr(screen, "key_words_now", None)  # where the words change with what is selected
    named: dict[str, str] = getattr(screen, "KEY_WORDS", {}) if now is None else now()
    return named


def key_words(app: App[object], binding: Binding, key: str) -> str:
    """Return how the key of a binding is called on screen."""
    if key.startswith("ctrl+"):
        return key
    return with_arrows(app, _NAMES.get(key) or binding.key_display or app.get_key_display(binding) or key)


def with_arrows(app: App[object], text: str) -> str:
    """Return `text` with its arrows as words where the terminal gets ASCII only."""
    if not getattr(app.driver_class, "ascii_only", False):
        return text
    return "".join(_ARROWS.get(char, char) for char in text)


def is_typed(screen: Screen[object], key: str) -> bool:
    """Whether the widget that has the keys takes `key` as text."""
    sign = _TYPED.get(key)
    return sign is not None and screen.focused is not None and screen.focused.check_consume_key(key, sign)


def fitting(pairs: tuple[tuple[str, str], ...], width: int, gap: int = _GAPS[0]) -> list[tuple[str, str]]:
    """Return the pairs that fit in `width`: the last one (help) and as many as there is room for from the left."""
    chosen = list(pairs)
    while len(chosen) > 1 and _width(chosen, gap) > width:
        del chosen[-2]
    return chosen


def _width(pairs: Sequence[tuple[str, str]], gap: int) -> int:
    return 1 + sum(cell_len(key) + 1 + cell_len(words) + gap for key, words in pairs) - gap
