"""One line for what just happened: name, cause, next key. Takes the place of pop-up notices."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tarmac.terms.errors import TarmacError
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


class MessageLine(Widget):
    """Shows the newest notice until the next one or `clear`."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._tone = Tone.PLAIN

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show `text`; draws nothing if it says so already."""
        if (text, tone) != (self._text, self._tone):
            self._text, self._tone = text, tone
            self.refresh()

    def clear(self) -> None:
        """Show nothing."""
        self.say("")

    def render(self) -> RenderResult:
        """Draw the line."""
        return Content.styled(f" {safe(self._text)}" if self._text else "", TONE_STYLES[self._tone])


def in_one_line(error: TarmacError) -> str:
    """Return an error as one sentence: what and why, then what to do."""
    return f"{error.message} {error.next_step}".strip() if error.next_step else error.message
