"""Errors in files that a person wrote: each names file, key and line, and says what would be right."""

from __future__ import annotations

from pathlib import Path

from tarmac.terms.errors import UsageError


class ProfileError(UsageError):
    """A profile, export or configuration file is missing, unreadable or wrong; nothing was sent.

    `words` is the message without file and line.
    """

    default_code = "profile"

    def __init__(
        self,
        message: str,
        *,
        file: Path | None = None,
        key: str | None = None,
        line: int | None = None,
        meaning: str = "",
        next_step: str = "",
    ) -> None:
        where = "" if file is None else f"{file}" + (f":{line}" if line else "") + ": "
        super().__init__(where + message, meaning=meaning, next_step=next_step)
        self.words = message
        self.file = file
        self.key = key
        self.line = line


class NoProfile(ProfileError):
    """There is no profile at all: the first start."""

    default_code = "no-profile"


class SecretUnavailable(UsageError):
    """A secret reference could not be resolved: variable unset, command failed, file missing, no keyring."""

    default_code = "secret"
