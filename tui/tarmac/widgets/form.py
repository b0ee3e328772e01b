"""A form for the keyboard alone: fields below each other, and the ways between them.

`tab`, `shift+tab`, `up`, `down` and `enter` move between fields; `left` and `right` change a choice; `ctrl+g` gives every
field a letter to jump to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from tarmac.widgets.form_fields import FormField
from tarmac.widgets.jump import JumpKeys, letters_for


class Form(Vertical):
    """Fields below each other. `enter` in a field goes to the next one; in the last one it sends `Done` if all are right."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+g", "jump", "go to a field", show=False, id="form.jump")]

    @dataclass
    class Done(Message):
        """All fields are right and the person wants to go on."""

        form: Form

    def __init__(self, *fields: FormField, id: str | None = None) -> None:  # noqa: A002 - the framework's own name
        super().__init__(id=id)
        self.fields = fields
        self._jump = JumpKeys()
        self._jumps: dict[str, FormField] = {}
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Yield the fields."""
        yield from self.fields
        yield self._jump

    @property
    def values(self) -> dict[str, str]:
        """What is filled in, by key."""
        return {field.key: field.value for field in self.fields}

    @property
    def draft(self) -> dict[str, str]:
        """What is filled in and may be kept when the form is left, by key."""
        return {field.key: field.kept for field in self.fields}

    def fill(self, draft: Mapping[str, str]) -> dict[str, str]:
        """Fill in what was kept; return what cannot be chosen now."""
        return {
            field.key: draft[field.key]
            for field in self.fields
            if field.key in draft and field.value != draft[field.key] and not field.fill(draft[field.key])
        }

    def out_of_view(self, top: int, height: int) -> tuple[int, int]:
        """Return how many fields are above and below the `height` lines of the form that begin at `top`."""
        shown = [field.virtual_region for field in self.fields if field.display and field.virtual_region.height]
        above = sum(1 for region in shown if region.y < top)
        return above, sum(1 for region in shown if region.y + 1 > top + height)

    def check(self) -> bool:
        """Check every field; the first wrong one gets the cursor."""
        wrong = [field for field in self.fields if field.display and not field.check()]
        if wrong:
            wrong[0].focus()
        return not wrong

    def submit(self) -> None:
        """Send `Done` if every field is right."""
        if self.check():
            self.post_message(self.Done(self))

    def on_form_field_submitted(self, message: FormField.Submitted) -> None:
        """Go to the next field, or finish."""
        message.stop()
        shown = [field for field in self.fields if field.display]
        if shown and message.field is shown[-1]:
            self.submit()
        else:
            shown[shown.index(message.field) + 1].focus()

    def action_jump(self) -> None:
        """Give every field a letter and wait for one."""
        shown = [field for field in self.fields if field.display]
        self._jumps = dict(zip(letters_for([field.label for field in shown]), shown, strict=True))
        for letter, field in self._jumps.items():
            field.wear(letter)
        self._before = self.screen.focused
        self._jump.can_focus = True
        self._jump.focus(scroll_visible=False)

    def on_jump_keys_pressed(self, message: JumpKeys.Pressed) -> None:
        """Go to the field of the letter, or back to where it was; the letters disappear."""
        message.stop()
        if not self._jumps:
            return
        target: Widget | None = self._jumps.get(message.letter, self._before) if message.letter else None
        for field in self._jumps.values():
            field.wear("")
        self._jumps = {}
        if self._jump.has_focus or self.screen.focused is None:  # None: the terminal became too small meanwhile
            target = target or self._before
        if target is not None:
            target.focus()
        self._jump.can_focus = False
