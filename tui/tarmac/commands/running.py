"""Running one verb to its end: signals, errors as exit codes, crash reports (design §5.2, §6)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tarmac.commands.output import AnswerLost, Output, discard_rest, status_of
from tarmac.terms.errors import TarmacError

if TYPE_CHECKING:
    from tarmac.services.flight.contract import Flight
    from tarmac.services.values import Places
    from tarmac.services.workspace import Workspace

_READER_GONE = 141  # what a shell shows for SIGPIPE
_TOLD_OF_LEFTOVERS = frozenset({"plan", "export", "runs", "flows", "doctor"})
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Context:
    """One command: its arguments, where it writes, and what is to be said when it is interrupted.

    `interrupted` is what that means by then, `document` what the JSON answer holds then, besides status and error. `flight` and
    `places` are set where a recording is shown. `given` is the command line as it was given.
    """

    arguments: argparse.Namespace
    out: Output
    interrupted: TarmacError | None = None
    document: dict[str, Any] = field(default_factory=dict)
    workspace: Workspace | None = None
    flight: Flight | None = None
    places: Places | None = None
    given: tuple[str, ...] = ()

    def option(self, name: str) -> Any:
        """Return a common option, None where it was not given."""
        return getattr(self.arguments, name, None)

    @asynccontextmanager
    async def open_workspace(self) -> AsyncIterator[Workspace]:
        """Open the profile that was asked for, or the one to use when none was. Raises ProfileError."""
        from tarmac.services.log import start_log
        from tarmac.services.workspace import Workspace

        flight = self.flight or await asyncio.to_thread(self._recorder)
        opening = Workspace.open(
            self.option("profile"),
            places=self.places,
            read_only=bool(self.option("read_only")),
            clock=None if flight is None else flight.clock,
        )
        async with await opening as ws:
            self.workspace = ws
            if flight is not None:
                await asyncio.to_thread(flight.board, ws)
            start_log(ws.places, lambda: ws.secret_box.known)
            if self.option("verb") in _TOLD_OF_LEFTOVERS:
                await self._tell_leftovers(ws)
            yield ws
        if flight is not None and flight.ended_early:
            self.out.note(f"tarmac: {flight.ended_early}")

    def _recorder(self) -> Flight | None:
        file = self.option("record")
        if file is None:
            return None
        from tarmac.services.flight.recorder import Recorder

        return Recorder(Path(file), argv=sys.argv[1:])

    async def _tell_leftovers(self, ws: Workspace) -> None:
        """Say on stderr what an earlier tarmac did not finish; the disk alone is asked."""
        if not await ws.ledger.unfinished():
            return
        from tarmac.services.exports.leftovers import in_words, leftovers

        if words := in_words(await leftovers(ws)):
            self.out.note(f"{words} The same `tarmac export` goes on with it, `tarmac cleanup` shows what exists.")


Verb = Callable[[Context], Awaitable[int]]


def run_verb(verb: Verb, context: Context) -> int:
    """Run an async verb; return the exit code. Raises whatever the verb raises, but for an interruption."""
    return asyncio.run(_with_signals(verb, context))


async def _with_signals(verb: Verb, context: Context) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(verb(context))
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()
        # A second one ends the process at once.
        loop.remove_signal_handler(number)

    # Outside the main thread signals cannot be handled; then whoever runs us there handles them.
    with contextlib.suppress(RuntimeError, ValueError):
        for number in _STOPPING:
            loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return _say_interrupted(context, received[0])
    finally:
        with contextlib.suppress(RuntimeError, ValueError):
            for number in _STOPPING:
                loop.remove_signal_handler(number)


def interruption(message: str, meaning: str = "", next_step: str = "") -> TarmacError:
    """Return what is said when a signal ends a command: what stopped, what that means, and how to go on."""
    return TarmacError(message, code="interrupted", meaning=meaning, next_step=next_step)


def _say_interrupted(context: Context, number: int) -> int:
    error = context.interrupted or interruption(
        "stopped", "Nothing is going on because of this command.", "Give the same command again."
    )
    context.out.problem(error)
    status = "running" if context.document.get("run_id") else "failed"
    _last_words(context, {"status": status, **context.document, "error": error.as_json()})
    return 128 + number


def _say_failure(context: Context, error: TarmacError) -> int:
    context.out.problem(error)
    _last_words(context, {"status": status_of(error), "error": error.as_json()})
    return int(error.exit_code)


def _last_words(context: Context, document: dict[str, Any]) -> None:
    """Write the document of an error; that it cannot be written changes nothing about how the command ended."""
    try:
        context.out.document(document)
    except AnswerLost as lost:
        context.out.problem(lost)
    except BrokenPipeError:
        discard_rest(sys.stdout)


def guarded(action: Callable[[], int], context: Context) -> int:
    """Run `action` and turn every way it can end into an exit code; no traceback reaches the screen."""
    try:
        return action()
    except TarmacError as error:
        return _say_failure(context, error)
    except KeyboardInterrupt:
        return _say_interrupted(context, signal.SIGINT)
    except BrokenPipeError:
        discard_rest(sys.stdout)  # whoever read our answer is gone
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person gets one line and a report
        return _crashed(error, context)
    finally:
        context.out.settle()


def _crashed(error: Exception, context: Context) -> int:
    from tarmac.services.crash_report import crash_error, write_report
    from tarmac.services.values import find_places

    known = () if context.workspace is None else context.workspace.secret_box.known
    report: Path | None = None
    with contextlib.suppress(TarmacError):
        report = write_report(error, context.option("verb") or "app", find_places(), known)
    return _say_failure(context, crash_error(error, report))
