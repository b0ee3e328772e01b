"""The top line: which profile and sandbox, the five modes, sign-in and the time of the newest data."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tarmac.widgets.rows import Tone, safe

MODES = (
    ("datasets", "Datasets"),
    ("destination", "Destination"),
    ("review", "Review"),
    ("runs", "Runs"),
    ("flows", "Flows"),
)
_TONES = {
    Tone.GOOD: "$text-success",
    Tone.WARN: "$text-warning",
    Tone.BAD: "$text-error",
    Tone.DIM: "$text-muted",
    Tone.ACCENT: "$accent",
    Tone.PLAIN: "$foreground",
}


class TopLine(Widget):
    """Drawn from three texts; a call that changes none of them draws nothing."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._where = ""
        self._state = ("", Tone.DIM)
        self._time = ""

    def tell(self, where: str, state: str, tone: Tone, time: str) -> None:
        """Set profile and place, the sign-in words, and the time to show; the time alone is no reason to redraw."""
        if (where, (state, tone)) == (self._where, self._state) and time == self._time:
            return
        self._where, self._state, self._time = where, (state, tone), time
        self.refresh()

    def render(self) -> RenderResult:
        """Draw the line; on narrow screens the clock, then the app's name, then the words of the modes shrink away."""
        width = self.size.width
        where, (state, tone), time = safe(self._where), self._state, self._time
        for clock, names, full in (
            (True, True, True),
            (False, True, True),
            (False, False, True),
            (False, False, False),
        ):
            left = f" tarmac · {where}" if names and where else f" {where or 'tarmac'}"
            right = f"{state} · {time} " if clock and time and state else f"{state} "
            modes = self._modes(full)
            modes_width = sum(cell_len(text) for text, _ in modes)
            spare = width - cell_len(left) - cell_len(right) - modes_width
            if spare >= 2:
                break
        room = max(0, width - modes_width - 1)
        if spare < 2:
            right_room = min(cell_len(right), max(0, room // 2))
            right = _cut(right, right_room)
            left = _cut(left, max(0, room - cell_len(right) - 1))
            spare = max(0, width - cell_len(left) - cell_len(right) - modes_width)
        gap = spare // 2
        return Content.assemble((left, "bold"), " " * gap, *modes, " " * (spare - gap), (right, _TONES[tone]))

    def _modes(self, full: bool) -> list[tuple[str, str]]:
        parts = []
        for number, (mode, name) in enumerate(MODES, start=1):
            here = mode == self._mode
            text = f"{number} {name}" if full or here else str(number)
            parts.append((f"[{text}]" if here else f" {text} ", "bold $accent" if here else "$text-muted"))
        return parts


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return text + "…" if width > 0 else ""
