"""What the Runs screen shows besides the exports started in it: those of before, and runs that somebody else fired.

After a restart the ledger knows both the exports that were under way (`unfinished_rows`, taken up with `exporting.resume`) and
those that ended (`finished_rows`). Any run can be followed by its id (`follow_run`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tarmac.platform.models import Run, RunPhase
from tarmac.services.errors import StillRunning
from tarmac.services.exports.chain import Chain, Entry, Kind
from tarmac.services.exports.exporting import DEFAULT_TIMEOUT_S
from tarmac.services.exports.progress import ExportEvent, ExportResult, Finished, FollowedRun, FollowState, Outcome
from tarmac.services.runs.watching import run_failure, watch
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

_KEPT = 100
# Clocks that differ by more are a damaged entry; an emulator's is some months ahead at most.
_FARTHEST = timedelta(days=3650)
_STATES = {
    Outcome.LANDED.value: FollowState.LANDED,
    Outcome.MISMATCH.value: FollowState.MISMATCH,
    Outcome.FAILED.value: FollowState.FAILED,
}


@dataclass(frozen=True)
class ListedChain:
    """A row, and the chain of the ledger to take it up with: `exporting.resume(ws, chain)`, or to make its wish again."""

    row: FollowedRun
    chain: Chain


async def unfinished_rows(ws: Workspace) -> tuple[ListedChain, ...]:
    """Return the exports that were under way when tarmac ended, the newest first."""
    now = ws.clock.now()
    return tuple(
        ListedChain(row, chain)
        for chain in reversed(await ws.ledger.unfinished())
        if (row := chain_row(ws, chain, now)) is not None
    )


async def finished_rows(ws: Workspace, *, limit: int = _KEPT) -> tuple[ListedChain, ...]:
    """Return the exports that ended, by the ledger, the newest first."""
    now = ws.clock.now()
    ended = [chain for chain in reversed(await ws.ledger.chains()) if _outcome(chain) in _STATES]
    return tuple(ListedChain(row, chain) for chain in ended[:limit] if (row := chain_row(ws, chain, now)) is not None)


async def follow_run(
    ws: Workspace, run_id: str, *, export: str, timeout_s: float = DEFAULT_TIMEOUT_S
) -> AsyncGenerator[ExportEvent, None]:
    """Follow a run that was fired elsewhere to its end; its rows are not counted (`verify_run` does that).

    Always ends in one `Finished`, as an export does.
    """
    run: Run | None = None
    error: TarmacError | None = None
    try:
        async with aclosing(watch(ws, run_id, deadline_s=timeout_s)) as looks:
            async for seen in looks:
                run = seen.run
                yield seen
        if run is not None and run.phase is RunPhase.FAILED:
            error = run_failure(run)
    except TarmacError as failure:
        error = failure
    yield Finished(
        ExportResult(
            outcome=_followed_outcome(run, error),
            export=export,
            flow_id=None if run is None else run.flow_id,
            run_id=run_id,
            rows=None if run is None else run.output_rows,
            bytes=None if run is None else run.output_bytes,
            files=None if run is None else run.output_files,
            error=error,
        )
    )


def _followed_outcome(run: Run | None, error: TarmacError | None) -> Outcome:
    if isinstance(error, StillRunning):
        return Outcome.RUNNING
    if error is not None or run is None:
        return Outcome.FAILED
    return Outcome.LANDED if run.phase is RunPhase.SUCCEEDED else Outcome.MISMATCH


def chain_row(ws: Workspace, chain: Chain, now: datetime) -> FollowedRun | None:
    """Return what the ledger knows of a chain as a row; None where its beginning is lost.

    `now` and the ledger are by the clock of this machine; what is shown is by the platform's, as it was when it began.
    """
    begun, ended = chain.begun, chain.ended
    if begun is None:
        return None
    name = begun.text("destination") or ""
    destination = ws.profile.destinations.get(name)
    until = now if ended is None else ended.at
    error = None if ended is None else _error(ended)
    ahead = _ahead(begun)
    started, took_s = _began(begun, ahead), _took_s(ended)
    return FollowedRun(
        key=chain.id,
        export=plain(begun.text("export") or "?", 80),
        destination=plain(name, 80) if destination is None else destination.kind.spec.title,
        state=_state(chain),
        started_at=started,
        elapsed_s=max(0.0, (until - started).total_seconds()) if took_s is None else took_s,
        took_s=took_s,
        as_of=_moved(until, ahead),
        begun_at=_moved(started, ahead),
        detail="" if error is None else error.message,
        flow_id=chain.flow_id,
        run_id=chain.run_id,
        rows=_number(ended, "rows"),
        bytes=_number(ended, "bytes"),
        files=_number(ended, "files"),
        verified=None if ended is None else _flag(ended.facts.get("verified")),
        receipt=None if ended is None or (path := ended.text("receipt")) is None else Path(path),
        error=error,
        is_delta=begun.facts.get("delta") is True,
    )


def _began(begun: Entry, ahead: timedelta) -> datetime:
    """Return when the row's work began: a scheduled run began before tarmac saw it, by the platform's clock."""
    try:
        moment = datetime.fromisoformat(begun.text("began") or "")
    except ValueError:
        return begun.at
    return begun.at if moment.tzinfo is None else _moved(moment, -ahead)


def _took_s(ended: Entry | None) -> float | None:
    """Return how long the run took by its own times; None where it has none, or the entry is damaged."""
    seconds = None if ended is None else ended.facts.get("took_s")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if 0 <= seconds <= _FARTHEST.total_seconds() else None


def _ahead(begun: Entry) -> timedelta:
    """Return how far ahead of this machine's clock the platform's was."""
    seconds = begun.facts.get("ahead_s")
    if not isinstance(seconds, int | float) or not abs(seconds) <= _FARTHEST.total_seconds():
        return timedelta()
    return timedelta(seconds=seconds)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # a damaged entry: no calendar has it
        return moment


def _state(chain: Chain) -> FollowState:
    outcome = _outcome(chain)
    if outcome is not None:
        return _STATES.get(outcome, FollowState.CANCELLED)
    if chain.run_id is not None:
        return FollowState.RUNNING
    return FollowState.WAITING if chain.last(Kind.WAITING) is not None else FollowState.APPLYING


def _outcome(chain: Chain) -> str | None:
    return None if chain.ended is None else chain.ended.text("outcome") or ""


def _error(ended: Entry) -> TarmacError | None:
    raw: Any = ended.facts.get("error")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("message"), str):
        return None
    texts = {key: plain(value) if isinstance(value := raw.get(key), str) else "" for key in ("code", "meaning", "next")}
    return TarmacError(
        plain(raw["message"]), code=texts["code"] or None, meaning=texts["meaning"], next_step=texts["next"]
    )


def _number(ended: Entry | None, key: str) -> int | None:
    value = None if ended is None else ended.facts.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
