"""How long things took before: ready windows and runs, one JSON line each, for the "usually 9-11 min" on screen."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tarmac.services.exports.progress import Band

_KEPT = 50
_FEW = 10


class Duration(StrEnum):
    """What a remembered number of seconds is about."""

    READY = "ready"
    RUN = "run"


class History:
    """`<state>/<profile>/history.jsonl`: only ever appended to; damaged lines are skipped."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def add(self, kind: Duration, flow_id: str, seconds: float, at: datetime) -> None:
        """Remember one duration; numbers that make no sense are not kept."""
        if not math.isfinite(seconds) or seconds < 0:
            return
        line = json.dumps({"kind": kind.value, "flow_id": flow_id, "seconds": round(seconds, 3), "at": at.isoformat()})
        await asyncio.to_thread(self._append, line)

    async def usual(self, kind: Duration, flow_id: str | None = None) -> Band | None:
        """Return the usual band of this flow's history, of the sandbox's while the flow has none, or None."""
        known = await asyncio.to_thread(self._read, kind)
        own = band([seconds for flow, seconds in known if flow == flow_id][-_KEPT:])
        if own is not None:
            return own
        others = band([seconds for _, seconds in known][-_KEPT:])
        return None if others is None else replace(others, is_own=False)

    def _append(self, line: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # One write of a short line is not torn by other processes; a leading newline heals a torn last line.
            os.write(handle, f"\n{line}\n".encode())
        finally:
            os.close(handle)

    def _read(self, kind: Duration) -> list[tuple[str, float]]:
        try:
            text = self._file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        found: list[tuple[str, float]] = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if not isinstance(entry, dict) or entry.get("kind") != kind.value:
                continue
            flow, seconds = entry.get("flow_id"), entry.get("seconds")
            if isinstance(flow, str) and isinstance(seconds, int | float) and not isinstance(seconds, bool):
                found.append((flow, float(seconds)))
        return found


def band(seconds: Sequence[float]) -> Band | None:
    """Return 10th to 90th percentile, smallest to largest while there are fewer than ten, None for nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    cut = 0 if len(ordered) < _FEW else len(ordered) // 10
    return Band(ordered[cut], ordered[len(ordered) - 1 - cut], len(ordered))
