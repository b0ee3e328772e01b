"""One alert a change: a run landed, failed, does not agree, has stopped moving, or an export is well again after that.

What was told last is remembered for each export on the disk, so that several processes that follow the same run tell it
once, and a recovery is told even by another process than the one that told the trouble.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tarmac.platform.models import Run, RunPhase
from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_atomic
from tarmac.services.exports.ledger import LedgerError
from tarmac.services.exports.progress import ExportEvent, ExportResult, Finished, Outcome, RunFired, RunSeen, Tempo
from tarmac.services.plans.marker import read_marker
from tarmac.services.runs.hooks import send_hooks
from tarmac.services.runs.watching import run_failure
from tarmac.services.workspace import Workspace
from tarmac.terms.text import plain

VERSION = 1
_LOCK_WAIT_S = 5.0


class Change(StrEnum):
    """What happened."""

    LANDED = "landed"
    FAILED = "failed"
    MISMATCH = "mismatch"
    STALLED = "stalled"
    RECOVERED = "recovered"

    @property
    def is_trouble(self) -> bool:
        """Whether a later good run is a recovery."""
        return self in {Change.FAILED, Change.MISMATCH, Change.STALLED}


_CHANGES = {
    Outcome.LANDED: Change.LANDED,
    Outcome.FAILED: Change.FAILED,
    Outcome.REFUSED: Change.FAILED,
    Outcome.MISMATCH: Change.MISMATCH,
}


@dataclass(frozen=True)
class Alert:
    """One change of one export. `was` is the trouble that a recovery ends. Nothing in it is secret."""

    change: Change
    export: str
    at: datetime
    run_id: str | None = None
    flow_id: str | None = None
    dataset_id: str | None = None
    destination: str | None = None
    folder: str | None = None
    rows: int | None = None
    words: str = ""
    error: dict[str, str | None] | None = None
    was: str | None = None

    def as_json(self, ws: Workspace) -> dict[str, Any]:
        """Return the document that a hook gets."""
        return {
            "v": VERSION,
            "change": self.change.value,
            "was": self.was,
            "export": self.export,
            "profile": ws.profile.name,
            "sandbox": ws.profile.platform.sandbox,
            "dataset_id": self.dataset_id,
            "flow_id": self.flow_id,
            "run_id": self.run_id,
            "destination": self.destination,
            "folder": self.folder,
            "rows": self.rows,
            "words": self.words,
            "error": self.error,
            "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }


def alert_of_result(result: ExportResult, now: datetime) -> Alert | None:
    """Return the alert of an export's end; None while it goes on, and where nothing was sent because of its arguments."""
    change = _CHANGES.get(result.outcome)
    if change is None or (result.outcome is Outcome.REFUSED and result.flow_id is None):
        return None
    return Alert(
        change,
        result.export,
        now,
        run_id=result.run_id,
        flow_id=result.flow_id,
        dataset_id=result.dataset_id,
        destination=result.destination,
        folder=None if result.folder is None else plain(result.folder),
        rows=result.rows,
        words=f"{result.export} {change.value}",
        error=None if result.error is None else result.error.as_json(),
    )


async def with_alerts(
    ws: Workspace, export: str, events: AsyncGenerator[ExportEvent, None]
) -> AsyncGenerator[ExportEvent, None]:
    """Hand on the events of an export; tell the hooks of every change. Without hooks nothing else happens."""
    flow_id: str | None = None
    stalled = False
    async with aclosing(events) as stream:
        async for event in stream:
            yield event
            if not ws.config.notify.has_hooks:
                continue
            if isinstance(event, RunFired):
                flow_id = event.flow_id
            elif isinstance(event, RunSeen):
                is_stalled = event.going.tempo is Tempo.STALLED
                if is_stalled and not stalled:
                    words = f"{export}: {event.going.words}"
                    await tell(ws, Alert(Change.STALLED, export, ws.now(), event.run.id, flow_id, words=words))
                stalled = is_stalled
            elif isinstance(event, Finished):
                alert = alert_of_result(event.result, ws.now())
                if alert is not None:
                    await tell(ws, alert)


async def tell_of_run(ws: Workspace, run: Run) -> None:
    """Tell the end of a run that was only watched; whether its rows landed was not counted then."""
    change = {RunPhase.SUCCEEDED: Change.LANDED, RunPhase.FAILED: Change.FAILED, RunPhase.PARTIAL: Change.MISMATCH}
    if not ws.config.notify.has_hooks or run.phase not in change or run.flow_id is None:
        return
    platform = await ws.platform()
    flow = await platform.flows.get(run.flow_id)
    marked = read_marker(flow.name)
    export = plain(flow.name, 120) if marked is None else marked[0]
    error = run_failure(run).as_json() if run.phase is RunPhase.FAILED else None
    words = f"{export} {change[run.phase].value}, by the run's own numbers"
    rows = run.output_rows
    await tell(ws, Alert(change[run.phase], export, ws.now(), run.id, flow.id, rows=rows, words=words, error=error))


async def tell(ws: Workspace, alert: Alert) -> tuple[str, ...]:
    """Tell the hooks, unless this change was told before; return what went wrong with them, in sentences.

    A hook that fails is never an error of the export.
    """
    notify = ws.config.notify
    if not notify.has_hooks:
        return ()
    problem: tuple[str, ...] = ()
    try:
        async with ws.ledger.only_one("alerts", wait_s=_LOCK_WAIT_S):
            news = await asyncio.to_thread(_news, ws.state_dir / "alerts.json", alert)
    except (LedgerError, ProfileError) as error:
        news, problem = alert, (error.message,)
    if news is None:
        return ()
    return (*problem, *await send_hooks(ws, notify, news.as_json(ws)))


def _news(file: Path, alert: Alert) -> Alert | None:
    """Compare with what was told last, write it down, and return what is to be told now."""
    book = _read(file)
    last = book.get(alert.export)
    last_change, last_run = (last.get("change"), last.get("run_id")) if isinstance(last, dict) else (None, None)
    if (last_change, last_run) == (alert.change.value, alert.run_id):
        return None
    book[alert.export] = {"change": alert.change.value, "run_id": alert.run_id, "at": alert.at.isoformat()}
    write_atomic(file, (json.dumps(book, indent=1) + "\n").encode())
    if alert.change is Change.LANDED and last_change in {each.value for each in Change if each.is_trouble}:
        words = f"{alert.export} landed again; before it was {last_change}"
        return replace(alert, change=Change.RECOVERED, was=str(last_change), words=words)
    return alert


def _read(file: Path) -> dict[str, Any]:
    try:
        book = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return book if isinstance(book, dict) else {}
