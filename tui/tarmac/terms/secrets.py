"""A secret in memory: it can be used, but not shown by accident."""

from __future__ import annotations

import re
from typing import final

MASK = "••••"

# What a platform answer or a log line may hold that nobody should read: bearer tokens, SAS signatures, known secret fields.
_PATTERNS = (
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]+"),
    re.compile(r"(?i)([?&\"']?sig=)[^&\"'\s]+"),
    re.compile(
        r"(?i)(\"?(?:client_secret|access_token|SASToken|SASUri|awsSecretAccessKey|awsSessionToken|s3SecretKey|"
        r"secretAccessKey|connectionString|servicePrincipalKey|password|sshKey|AccountKey)\"?\s*[=:]\s*\"?)[^\"&,;\s}]+"
    ),
)


@final
class Secret:
    """A string that never appears in `repr`, `str`, f-strings or tracebacks. Call `reveal` at the last moment."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def redact(text: str, *known: Secret) -> str:
    """Return `text` with every known secret, bearer token, signature and secret field masked."""
    for secret in known:
        value = secret.reveal()
        if len(value) >= 4:
            text = text.replace(value, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text
