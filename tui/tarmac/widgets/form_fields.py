"""The fields of a form: a label, one line to type or choose in, and what is wrong with what is filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tarmac.widgets.choice_line import Choice, ChoiceLine

Complaint = Callable[[str], str | None]


class FieldInput(Input):
    """A one-line input without a blinking cursor; `up`, `down` and `enter` go to the neighbouring field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "field above", show=False, id="form.up"),
        Binding("down", "app.focus_next", "field below", show=False, id="form.down"),
    ]

    def __init__(self, value: str, placeholder: str, *, secret: bool) -> None:
        super().__init__(value, placeholder=placeholder, password=secret, compact=True, select_on_focus=False)
        self.cursor_blink = False


class FormField(Vertical):
    """Base of the fields: `key`, `value`, and a complaint shown below when there is one."""

    @dataclass
    class Changed(Message):
        """The value changed."""

        field: FormField
        value: str

    @dataclass
    class Submitted(Message):
        """`enter` was pressed in the field."""

        field: FormField

    def __init__(self, key: str, label: str, *, complaint: Complaint | None = None, hint: str = "") -> None:
        super().__init__(id=f"field-{key}")
        self.key = key
        self.label = label
        self.hint = hint
        self._complaint = complaint
        self._note = Static("", classes="note", markup=False)
        self._label = Static(label, classes="label", markup=False)

    @property
    def value(self) -> str:
        """What is filled in."""
        raise NotImplementedError

    @property
    def kept(self) -> str:
        """What may be kept of the value when the form is left."""
        return self.value

    def fill(self, value: str) -> bool:
        """Fill in `value` as if it was typed or chosen; False if it cannot be chosen."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Label and entry on one line, the note below."""
        with Horizontal(classes="line"):
            yield self._label
            yield from self.entry()
        yield self._note

    def on_mount(self) -> None:
        """Show the hint."""
        self._show_note(self.hint, wrong=False)

    def on_descendant_focus(self) -> None:
        """Set the label off while the keys go here."""
        self.add_class("-active")

    def on_descendant_blur(self) -> None:
        """The keys go elsewhere."""
        self.remove_class("-active")

    def entry(self) -> ComposeResult:
        """Yield what is typed or chosen in."""
        raise NotImplementedError

    def check(self) -> bool:
        """Look at the value and show what is wrong; True if it is right."""
        said = None if self._complaint is None else self._complaint(self.value)
        self._show_note(said or self.hint, wrong=said is not None)
        return said is None

    def judge_by(self, complaint: Complaint) -> None:
        """Check the value by another rule from now on; what is filled in already is checked at once."""
        self._complaint = complaint
        if self.value:
            self.check()

    def advise(self, hint: str) -> None:
        """Show another hint where nothing is wrong; an empty one takes no line."""
        if hint != self.hint:
            self.hint = hint
            self.check()

    def complain(self, text: str) -> None:
        """Show what somebody else found wrong with the value."""
        self._show_note(text, wrong=True)

    def rename(self, label: str) -> None:
        """Call the field otherwise."""
        self.label = label
        self._label.update(label)

    def wear(self, letter: str) -> None:
        """Show the letter that jumps here; an empty one shows the label alone again."""
        parts = ((f"[{letter}]", "bold $accent"), f" {self.label}") if letter else (self.label,)
        self._label.update(Content.assemble(*parts))

    def _show_note(self, text: str, *, wrong: bool) -> None:
        self._note.update(f"! {text}" if wrong else text)
        self._note.set_class(wrong, "-wrong")
        self._note.display = bool(text)


class TextField(FormField):
    """A labelled line of text; a secret shows dots. `empty` says what it means to leave it empty."""

    def __init__(
        self,
        key: str,
        label: str,
        value: str = "",
        *,
        example: str = "",
        empty: str = "",
        secret: bool = False,
        complaint: Complaint | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(key, label, complaint=complaint, hint=hint)
        self._input = FieldInput(value, empty or _for_example(example), secret=secret)

    @property
    def example(self) -> str:
        """What is shown while nothing is typed."""
        return self._input.placeholder.removeprefix("for example ")

    @example.setter
    def example(self, text: str) -> None:
        self._input.placeholder = _for_example(text)

    @property
    def value(self) -> str:
        """What is typed."""
        return self._input.value.strip()

    @value.setter
    def value(self, text: str) -> None:
        self._input.value = text

    def fill(self, value: str) -> bool:
        """Type `value`."""
        self.value = value
        return True

    def entry(self) -> ComposeResult:
        """The input."""
        yield self._input

    def focus(self, scroll_visible: bool = True) -> TextField:
        """Put the cursor into the input."""
        self._input.focus(scroll_visible)
        return self

    def on_input_changed(self, message: Input.Changed) -> None:
        """Pass it on; a complaint goes away as soon as the value is right."""
        message.stop()
        if self._note.has_class("-wrong"):
            self.check()
        self.post_message(self.Changed(self, self.value))

    def on_input_blurred(self, message: Input.Blurred) -> None:
        """Look at the value when it is left."""
        message.stop()
        if self.value:
            self.check()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Look at the value and tell the form."""
        message.stop()
        if self.check():
            self.post_message(self.Submitted(self))


def _for_example(text: str) -> str:
    return f"for example {text}" if text else ""


class ChoiceField(FormField):
    """A labelled choice."""

    def __init__(
        self,
        key: str,
        label: str,
        choices: Sequence[Choice],
        value: str = "",
        *,
        complaint: Complaint | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(key, label, complaint=complaint, hint=hint)
        self._line = ChoiceLine(choices, value)

    @property
    def value(self) -> str:
        """The chosen value; empty if there is none to choose."""
        return self._line.choices[self._line.place].value if self._line.choices else ""

    @value.setter
    def value(self, value: str) -> None:
        for at, choice in enumerate(self._line.choices):
            if choice.value == value:
                self._line.put(at)

    def fill(self, value: str) -> bool:
        """Choose `value`, if it is offered."""
        self.value = value
        return self.value == value

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What is offered."""
        return self._line.choices

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer other choices; what was chosen stays chosen if it is among them."""
        chosen = self.value
        self._line.choices = tuple(choices)
        self._line.place = next((at for at, choice in enumerate(choices) if choice.value == chosen), 0)
        self._line.refresh()

    def entry(self) -> ComposeResult:
        """The line of choices."""
        yield self._line

    def focus(self, scroll_visible: bool = True) -> ChoiceField:
        """Give it the keys."""
        self._line.focus(scroll_visible)
        return self

    def on_choice_line_turned(self, message: ChoiceLine.Turned) -> None:
        """Pass it on."""
        message.stop()
        self.check()
        self.post_message(self.Changed(self, self.value))

    def on_choice_line_entered(self, message: ChoiceLine.Entered) -> None:
        """Tell the form."""
        message.stop()
        if self.check():
            self.post_message(self.Submitted(self))
