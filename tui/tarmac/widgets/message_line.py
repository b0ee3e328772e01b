"""One line for what just happened: name, cause, next key. Takes the place of pop-up notices."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tarmac.terms.errors import TarmacError
from tarmac.widgets.lines import cut, wrapped
from tarmac.widgets.rows import Tone, safe

# The theme's colours for what a text means.
TONE_STYLES = {
    Tone.GOOD: "$text-success",
    Tone.WARN: "$text-warning",
    Tone.BAD: "bold $text-error",
    Tone.DIM: "$text-muted",
    Tone.ACCENT: "$accent",
    Tone.PLAIN: "$foreground",
}


_MAX_LINES = 3


class MessageLine(Widget):
    """Shows the newest notice until it is over; takes a second and a third line for a long one.

    A notice `about` something is over when that is `settled`; one about nothing, when the person does the next thing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._tone = Tone.PLAIN
        self._about = ""
        self.times_said = 0

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def say(self, text: str, tone: Tone = Tone.PLAIN, about: str = "") -> None:
        """Show `text`; draws nothing if it says so already."""
        self.times_said += 1
        self._about = about
        if (text, tone) != (self._text, self._tone):
            self._text, self._tone = text, tone
            self._grow(self.size.width)
            self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew."""
        self._grow(event.size.width)

    def _grow(self, width: int) -> None:
        lines = max(1, min(_MAX_LINES, len(self._lines(width))))
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines

    def _lines(self, width: int) -> list[str]:
        return wrapped(safe(self._text), max(10, width - 2))

    def settled(self, about: str) -> None:
        """What was said about this holds no more."""
        if self._about == about:
            self.say("")

    def pass_by(self) -> None:
        """Forget what only told what was done."""
        self.settled("")

    def render(self) -> RenderResult:
        """Draw the line."""
        lines = self._lines(self.size.width)
        if len(lines) > _MAX_LINES:
            lines[_MAX_LINES - 1] = cut(lines[_MAX_LINES - 1] + " …", self.size.width - 2)
        return Content.styled("\n".join(f" {line}" for line in lines[:_MAX_LINES]), TONE_STYLES[self._tone])


def in_one_line(error: TarmacError) -> str:
    """Return an error as one sentence: what and why, then what to do."""
    message = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    return f"{message} {error.next_step}".strip()
