"""Jump mode for forms: every field gets a letter, the next key pressed goes to the field of that letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.widget import Widget

_LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class JumpKeys(Widget):
    """Takes the keys while fields wear letters; one key later it sends `Pressed`. Nothing of it is seen."""

    DEFAULT_CSS = "JumpKeys { height: 0; width: 0; }"
    # What the key line says meanwhile: nothing else works.
    KEY_PAIRS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("letter", "goes to its field"),
        ("any other key", "stays here"),
    )

    @dataclass
    class Pressed(Message):
        """What was pressed; empty when the keys went elsewhere."""

        letter: str

    def on_key(self, event: events.Key) -> None:
        """Any key ends it; none of them does anything else."""
        event.stop()
        event.prevent_default()
        self.post_message(self.Pressed((event.character or "").lower()))

    def on_blur(self) -> None:
        """Something else took the keys."""
        self.post_message(self.Pressed(""))


def letters_for(labels: Sequence[str]) -> tuple[str, ...]:
    """Return a letter a label: one of its own where it is free, else the next of the home row; "" when all are taken."""
    found: list[str] = []
    for label in labels:
        own = [char for char in label.lower() if char in _LETTERS]
        found.append(next((char for char in (*own[:1], *own[1:], *_LETTERS) if char not in found), ""))
    return tuple(found)
