"""What was told last of each export, on the disk: so each change is told once, whoever sees it, and a recovery is known.

Runs and scheduled moments are remembered apart: a run that failed stays told while a later moment goes by without a run. Of
the moments only the newest is kept, for what happens to them happens in order: late, missed, then the next one late.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tarmac.profiles.files import write_atomic
from tarmac.services.flows.punctuality import EARLY
from tarmac.services.runs.alert import Alert, Change

_TROUBLE = frozenset({Change.FAILED, Change.MISMATCH, Change.STALLED})


def news(file: Path, alert: Alert) -> Alert | None:
    """Compare with what was told last, write it down, and return what is to be told now. Raises ProfileError."""
    book = _read(file)
    known = book.get(alert.export)
    entry: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    found = _of_run(entry, alert) if alert.due is None else _of_moment(entry, alert, alert.due)
    if found is not None:
        book[alert.export] = entry
        write_atomic(file, (json.dumps(book, indent=1) + "\n").encode())
    return found


def _of_run(entry: dict[str, Any], alert: Alert) -> Alert | None:
    last = entry.get("change")
    if (last, entry.get("run_id")) == (alert.change.value, alert.run_id):
        return None
    entry |= {"change": alert.change.value, "run_id": alert.run_id, "at": alert.at.isoformat()}
    was = str(last) if last in _TROUBLE else None
    moment, change = _moment(entry)
    if moment is not None and (alert.run_began_at is None or alert.run_began_at >= moment - EARLY):
        if not entry["overdue"].get("over"):
            was = change.value
        entry["overdue"] = {**entry["overdue"], "over": True}
    if alert.change is not Change.LANDED or was is None:
        return alert
    words = f"{alert.export} landed again; before it was {was}"
    return replace(alert, change=Change.RECOVERED, was=was, words=words)


def _of_moment(entry: dict[str, Any], alert: Alert, due: datetime) -> Alert | None:
    told, change = _moment(entry)
    if told is not None and (due, alert.change is Change.MISSED) <= (told, change is Change.MISSED):
        return None
    entry["overdue"] = {"due": due.isoformat(), "change": alert.change.value, "at": alert.at.isoformat()}
    return alert


def _moment(entry: dict[str, Any]) -> tuple[datetime | None, Change]:
    """Return the newest moment that was told, and what was told of it."""
    known = entry.get("overdue")
    try:
        due = datetime.fromisoformat(known["due"]) if isinstance(known, dict) else None
    except (KeyError, TypeError, ValueError):
        due = None
    if due is None or due.tzinfo is None or known is None:
        return None, Change.LATE
    return due, Change.MISSED if known.get("change") == Change.MISSED.value else Change.LATE


def _read(file: Path) -> dict[str, Any]:
    try:
        book = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return book if isinstance(book, dict) else {}
