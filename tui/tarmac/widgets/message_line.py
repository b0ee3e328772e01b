"""One line for what just happened: name, cause, next key. Takes the place of pop-up notices."""

from __future__ import annotations

import re

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
# `GET /data/foundation/…/configs`: the middle of a request's path is what one misses least.
_REQUEST = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD) (/[^/\s]+)/\S*/([^/\s]+)")


class MessageLine(Widget):
    """Shows the newest notice until it is over; takes a second and a third line for a long one.

    Of a longer one the middle is left out: it ends with the next key, which must be there to be pressed.

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
        lines = max(1, len(self._lines(width)))
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines

    def _lines(self, width: int) -> list[str]:
        return in_lines(safe(self._text), max(10, width - 2), _MAX_LINES)

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
        return Content.styled("\n".join(f" {line}" for line in lines), TONE_STYLES[self._tone])


def in_lines(text: str, room: int, most: int) -> list[str]:
    """Break `text` into at most `most` lines of `room` cells; of what is too long the last sentences are kept.

    First the path of a request is shortened, then the end of what stands before those sentences.
    """
    whole = wrapped(text, room)
    if len(whole) <= most:
        return whole
    shorter = _REQUEST.sub(r"\1 \2/…/\3", text)
    whole = wrapped(shorter, room)
    if len(whole) <= most:
        return whole
    sentences = re.split(r"(?<=[.!?]) ", shorter)
    for at in range(1, len(sentences)):
        end = " ".join(sentences[at:])
        if len(wrapped(end, room)) < most:
            begin = " ".join(sentences[:at])
            pieces = (wrapped(f"{cut(begin, cells)} {end}", room) for cells in range(most * room, 1, -1))
            return next(lines for lines in pieces if len(lines) <= most)
    return [*whole[: most - 1], cut(f"{whole[most - 1]} …", room)]


def in_one_line(error: TarmacError) -> str:
    """Return an error as one sentence: what and why, then what to do."""
    message = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    return f"{message} {error.next_step}".strip()
