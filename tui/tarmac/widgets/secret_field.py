"""A field for a reference to a secret: `env:NAME`, `file:PATH`, `keyring:NAME`, `command:PROGRAM ARGUMENTS`.

A reference is shown; anything else that is typed is masked, because it may be the secret itself.
"""

from __future__ import annotations

import shlex

from textual.widgets import Input

from tarmac.services.values import SecretRef, SecretSource, is_variable_name
from tarmac.widgets.form_fields import TextField

FORMS = "env:NAME, file:PATH, keyring:NAME or command:PROGRAM"
_PREFIXES = {
    "env:": SecretSource.ENV,
    "file:": SecretSource.FILE,
    "keyring:": SecretSource.KEYRING,
    "command:": SecretSource.COMMAND,
}


def is_reference(text: str) -> bool:
    """Whether `text` begins like a reference."""
    return text.startswith(tuple(_PREFIXES))


def may_be_shown(text: str) -> bool:
    """Whether `text` is a reference or the beginning of the word that starts one."""
    return is_reference(text) or any(prefix.startswith(text) for prefix in _PREFIXES)


def parse_reference(text: str, *, whole: bool = False) -> SecretRef:
    """Return the reference that `text` is. Raises ValueError with what is wrong; the text is not repeated."""
    prefix = next((prefix for prefix in _PREFIXES if text.startswith(prefix)), None)
    if prefix is None:
        raise ValueError(f"is kept elsewhere: write {FORMS}")
    source, rest = _PREFIXES[prefix], text.removeprefix(prefix).strip()
    if not rest:
        raise ValueError(f"names nothing yet: write {FORMS}")
    if source is SecretSource.ENV and not is_variable_name(rest):
        raise ValueError("needs the bare name of a variable, without $")
    if source is SecretSource.COMMAND:
        try:
            return SecretRef(source, command=tuple(shlex.split(rest)), whole=whole)
        except ValueError as error:
            raise ValueError(f"has a command that cannot be split: {error}") from None
    return SecretRef(source, rest, whole=whole)


def reference_complaint(label: str, text: str) -> str | None:
    """Say what is wrong with a reference, or return None."""
    if not text:
        return f"{label} is missing: write {FORMS}"
    try:
        parse_reference(text)
    except ValueError as error:
        return f"{label} {error}"
    return None


class SecretField(TextField):
    """A text field whose text is shown only while it is a reference."""

    def __init__(self, key: str, label: str, value: str = "") -> None:
        super().__init__(
            key,
            label,
            value,
            example=f"env:{key.upper()}",
            secret=not may_be_shown(value),
            complaint=lambda text: reference_complaint(label, text),
        )

    @property
    def kept(self) -> str:
        """A reference; anything else may be the secret itself, and is not kept."""
        return self.value if is_reference(self.value) else ""

    def on_input_changed(self, message: Input.Changed) -> None:
        """Mask what is not a reference, before it is drawn."""
        message.input.password = not may_be_shown(message.value)
        super().on_input_changed(message)
