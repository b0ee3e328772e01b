"""The top line: which sandbox and profile, the five modes, sign-in and the time of the newest data."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tarmac.widgets.lines import cut
from tarmac.widgets.message_line import TONE_STYLES
from tarmac.widgets.rows import Tone, safe

MODES = (
    ("datasets", "Datasets"),
    ("destination", "Destination"),
    ("review", "Review"),
    ("runs", "Runs"),
    ("flows", "Flows"),
)


class TopLine(Widget):
    """Drawn from three texts; a call that changes none of them draws nothing."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._where = ""
        self._state = ("", Tone.DIM)
        self._time = ""
        self._with_modes = True
        self._is_typed = False

    def on_mount(self) -> None:
        """Follow where the keys go."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        focused = screen.focused
        is_typed = focused is not None and focused.check_consume_key("1", "1")
        if is_typed != self._is_typed:
            self._is_typed = is_typed
            self.refresh()

    def tell(self, where: str, state: str, tone: Tone, time: str, *, with_modes: bool = True) -> None:
        """Set profile and place, the sign-in words, the time to show, and whether the modes can be gone to."""
        told = (where, (state, tone), time, with_modes)
        if told != (self._where, self._state, self._time, self._with_modes):
            self._where, self._state, self._time, self._with_modes = told
            self.refresh()

    def render(self) -> RenderResult:
        """Draw the line; on narrow screens the clock goes first, then the app's name, air, and the words of the modes."""
        width = self.size.width
        where, (state, tone) = safe(self._where), self._state
        with_clock = f"{state} · {self._time} " if self._time and state else f"{state} "
        named = f" tarmac · {where}" if where else " tarmac"
        short = f" {where or 'tarmac'}"
        tries = (
            (named, with_clock, self._modes("  ", full=True)),
            (named, f"{state} ", self._modes("  ", full=True)),
            (short, f"{state} ", self._modes(" ", full=True)),
            (short, f"{state.partition(':')[0]} ", self._modes(" ", full=True)),
            (short, f"{state} ", self._modes(" ", full=False)),
        )
        for left, right, modes in tries:
            modes_width = sum(cell_len(text) for text, _ in modes)
            spare = width - cell_len(left) - cell_len(right) - modes_width
            if spare >= 2:
                break
        else:
            room = max(0, width - modes_width - 2)
            right = cut(right, room // 2)
            left = cut(left, room - cell_len(right))
            spare = max(0, width - cell_len(left) - cell_len(right) - modes_width)
        gap = spare // 2
        return Content.assemble((left, "bold"), " " * gap, *modes, " " * (spare - gap), (right, TONE_STYLES[tone]))

    def _modes(self, air: str, *, full: bool) -> list[tuple[str, str]]:
        parts: list[tuple[str, str]] = []
        if not self._with_modes:
            return parts
        for number, (mode, name) in enumerate(MODES, start=1):
            here = mode == self._mode
            # Where a number would be typed as text it is no key: its place stays empty.
            key = " " if self._is_typed and not here else str(number)
            text = f"{key} {name}" if full or here else key
            parts += [(f"[{text}]" if here else text, "bold $accent" if here else "$text-muted"), (air, "")]
        return parts[:-1]
