"""The root of the error tree and the exit codes that scripts rely on.

The whole tree is drawn in `tarmac.platform.errors`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

E = TypeVar("E", bound=BaseException)


def first_of(errors: BaseExceptionGroup[E]) -> E:
    """Return the first error of a group, however deep it lies: of tasks that were cancelled for it there is no more to tell."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


class ExitCode(IntEnum):
    """What a headless command answers; a contract (README, "Exit codes")."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    STILL_RUNNING = 3
    MISMATCH = 4
    USAGE = 64


class TarmacError(Exception):
    """Something went wrong that a person can be told about: what, why, and what to do next.

    `code` is short and stable (scripts may match it). `message` names the thing and the cause, `meaning` explains it,
    `next_step` says what to do. `request_id` is the platform's own, where it gave one. None of them holds a secret.
    """

    exit_code: ExitCode = ExitCode.FAILED
    default_code: str = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        meaning: str = "",
        next_step: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.meaning = meaning
        self.next_step = next_step
        self.request_id = request_id

    def __str__(self) -> str:
        return self.message

    def as_json(self) -> dict[str, str | None]:
        """Return the `error` object of a command's JSON answer (design §5.2)."""
        return {
            "code": self.code,
            "message": self.message,
            "meaning": self.meaning,
            "next": self.next_step,
            "request_id": self.request_id,
        }


class UsageError(TarmacError):
    """The wish or the configuration is wrong; nothing was changed on the platform."""

    exit_code = ExitCode.USAGE
    default_code = "usage"
