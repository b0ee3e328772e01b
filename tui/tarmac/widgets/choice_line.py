"""One line to choose in: `left` and `right` change what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


@dataclass(frozen=True)
class Choice:
    """One of the values of a `ChoiceField`."""

    value: str
    words: str


class ChoiceLine(Widget, can_focus=True):
    """All choices on one line, the chosen one marked; only the chosen one where there is no room.

    A letter that is not its own belongs to the form, as in a field of text: `q` would leave with all that was typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "turn(-1)", "previous", show=False, id="choice.previous"),
        Binding("right,l,space", "turn(1)", "next", show=False, id="choice.next"),
        Binding("up,k", "app.focus_previous", "field above", show=False, id="form.up"),
        Binding("down,j", "app.focus_next", "field below", show=False, id="form.down"),
        Binding("enter", "submit", "go on", show=False, id="choice.submit"),
    ]

    def __init__(self, choices: Sequence[Choice], value: str) -> None:
        super().__init__()
        self.choices = tuple(choices)
        self.place = next((at for at, choice in enumerate(self.choices) if choice.value == value), 0)

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - given by the framework
        """Keep letters from what is around the form."""
        return character is not None and character.isalpha()

    def action_turn(self, by: int) -> None:
        """Choose the next or previous one; stops at the ends."""
        self.put(self.place + by)

    def put(self, place: int) -> None:
        """Choose by place."""
        place = max(0, min(place, len(self.choices) - 1))
        if place != self.place:
            self.place = place
            self.refresh()
            self.post_message(self.Turned(self))

    @dataclass
    class Turned(Message):
        """Another one is chosen."""

        line: ChoiceLine

    @dataclass
    class Entered(Message):
        """`enter` was pressed."""

        line: ChoiceLine

    def action_submit(self) -> None:
        """Tell the field."""
        self.post_message(self.Entered(self))

    def on_focus(self) -> None:
        """Show that it has the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that it has not."""
        self.refresh()

    def render(self) -> RenderResult:
        """Draw the choices."""
        here = "bold $accent" if self.has_focus else "bold"
        parts = [("(•) " if at == self.place else "( ) ") + c.words for at, c in enumerate(self.choices)]
        for gap in ("   ", "  "):
            if len(gap.join(parts)) <= self.size.width:
                pieces: list[str | tuple[str, str]] = []
                for at, part in enumerate(parts):
                    pieces += [(part, here if at == self.place else "$text-muted"), gap]
                return Content.assemble(*pieces)
        words = self.choices[self.place].words if self.choices else ""
        return Content.assemble("‹ ", (words, here), f" ›  {self.place + 1}/{len(self.choices)}")
