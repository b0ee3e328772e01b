"""What a file of another tool holds, as far as a connection profile and an export can use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain

MAX_BYTES = 4 * 1024 * 1024
# What a text in such a file says when nobody has filled it in.
_PLACEHOLDERS = ("<", "{", "your", "insert", "xxx", "todo", "changeme")


@dataclass(frozen=True)
class Recognised:
    """The values of one file. `flow_id` and the fields after it are of an export that the other tool made.

    `found` names what was taken over, in the file's own words; `ignored` says what was not, and why.
    """

    format: str
    org_id: str | None = None
    client_id: str | None = None
    secrets: tuple[Secret, ...] = ()
    scopes: tuple[str, ...] = ()
    sandbox: str | None = None
    ims_url: str | None = None
    flow_id: str | None = None
    dataset_id: str | None = None
    path: str | None = None
    file_format: str | None = None
    compression: str | None = None
    found: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What a profile needs and the file does not give, in the profile's words."""
        given = {
            "org_id": self.org_id,
            "client_id": self.client_id,
            "client_secret": self.secrets,
            "sandbox": self.sandbox,
        }
        return tuple(name for name, value in given.items() if not value)


@dataclass
class Values:
    """Values by key, whatever the case of the key; remembers which were taken."""

    raw: Mapping[str, Any]
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lower = {key.casefold(): (key, value) for key, value in self.raw.items()}

    def text(self, *keys: str) -> str | None:
        """Return the first of these keys that holds a text that somebody filled in."""
        for key in keys:
            original, value = self._lower.get(key.casefold(), (key, None))
            text = value.strip() if isinstance(value, str) else ""
            if text and not is_placeholder(text):
                self.taken.append(plain(original, 60))
                return text
        return None

    def secrets(self, *keys: str) -> tuple[Secret, ...]:
        """Return the secret or list of secrets at the first of these keys that holds any."""
        for key in keys:
            original, value = self._lower.get(key.casefold(), (key, None))
            texts = [each.strip() for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
            given = [each for each in texts if each and not is_placeholder(each)]
            if given:
                self.taken.append(plain(original, 60))
                return tuple(Secret(each) for each in dict.fromkeys(given))
        return ()

    def scopes(self, *keys: str) -> tuple[str, ...]:
        """Return scopes, written as a list or as a text with commas or spaces between them."""
        for key in keys:
            original, value = self._lower.get(key.casefold(), (key, None))
            found = scopes_of(value)
            if found:
                self.taken.append(plain(original, 60))
                return found
        return ()

    def has(self, key: str) -> bool:
        """Whether there is such a key with something in it."""
        return bool(self._lower.get(key.casefold(), ("", None))[1])


def scopes_of(value: Any) -> tuple[str, ...]:
    """Return the scopes in a list or in a text."""
    parts: Iterable[Any] = value if isinstance(value, list) else [value]
    words = [word for part in parts if isinstance(part, str) for word in part.replace(",", " ").split()]
    return tuple(
        dict.fromkeys(word for word in words if not is_placeholder(word) and word.isascii() and word.isprintable())
    )


def is_placeholder(text: str) -> bool:
    """Whether a text only keeps the place of a value."""
    return text.casefold().startswith(_PLACEHOLDERS)
