"""One reading of the platform that a person waits for: how long already, until when, and a key that stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from textual.worker import Worker

from tarmac.services.together import together
from tarmac.terms.errors import TarmacError
from tarmac.terms.times import format_elapsed

if TYPE_CHECKING:
    from tarmac.services.workspace import Workspace

LIMIT_S = 300.0
Result = TypeVar("Result")


class Waiting:
    """`tell` is called where `words` are others: once a poll, from the first one on.

    The limit is for one answer of several: `go_on` begins it anew.
    """

    def __init__(self, workspace: Workspace, tell: Callable[[], None], limit_s: float = LIMIT_S) -> None:
        self.words = ""
        self.worker: Worker[Any] | None = None
        self._clock = workspace.clock
        self._poll_s = workspace.config.timing.poll.total_seconds()
        self._tell = tell
        self._limit_s = limit_s
        self._began = self._clock.monotonic()
        self._deadline: asyncio.Timeout | None = None

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Return what `work` returns. Raises what it raises, and TarmacError (`no-answer`) at the limit."""
        try:
            async with asyncio.timeout(self._limit_s) as self._deadline, together() as group:
                ticking = group.create_task(self._tick())
                try:
                    return await work
                finally:
                    ticking.cancel()
        except TimeoutError as error:
            raise _given_up(self._limit_s) from error

    def go_on(self) -> None:
        """One answer has come, the next is waited for."""
        self._began, self.words = self._clock.monotonic(), ""
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._limit_s)

    def stop(self) -> TarmacError:
        """End it; return that as the reason why nothing was read."""
        if self.worker is not None:
            self.worker.cancel()
        return TarmacError(
            "Reading was stopped.", code="stopped", meaning="Nothing was changed: this was only a question."
        )

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(self._poll_s)
            waited = self._clock.monotonic() - self._began
            self.words = f"{format_elapsed(waited)} of {format_elapsed(self._limit_s)}, esc stops"
            self._tell()


def _given_up(limit_s: float) -> TarmacError:
    return TarmacError(
        f"The platform has not answered within {format_elapsed(limit_s)}.",
        code="no-answer",
        meaning="Nothing was changed: this was only a question.",
        next_step="Try again; the platform may be busy.",
    )
