"""How long things took before: ready windows and runs, one JSON line each, for the "usually 9-11 min" on screen.

No export depends on it: a file that cannot be read or written is said once in the log, and the band is not known.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_atomic
from tarmac.services.exports.progress import Band

# So many durations of a kind make a band; older ones of the same dataflow are of no use.
_KEPT = 50
_FEW = 10
# A larger file is written anew with what is of use, and at most half as large.
_LARGEST_BYTES = 512 << 10
_log = logging.getLogger("tarmac.history")


class Duration(StrEnum):
    """What a remembered number of seconds is about."""

    READY = "ready"
    RUN = "run"


class History:
    """`<state>/<profile>/history.jsonl`: appended to, and shortened when it is large; damaged lines are skipped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_said = False

    async def add(self, kind: Duration, flow_id: str, seconds: float, at: datetime) -> None:
        """Remember one duration; numbers that make no sense are not kept, nor is any while the disk refuses."""
        if not math.isfinite(seconds) or seconds < 0:
            return
        line = json.dumps({"kind": kind.value, "flow_id": flow_id, "seconds": round(seconds, 3), "at": at.isoformat()})
        try:
            await asyncio.to_thread(self._append, line)
        except (OSError, ProfileError) as error:
            self._say(error)

    async def usual(self, kind: Duration, flow_id: str | None = None) -> Band | None:
        """Return the usual band of this flow's history, of the sandbox's while the flow has none, or None."""
        try:
            lines = await asyncio.to_thread(self._lines)
        except OSError as error:
            self._say(error)
            return None
        known = [(flow, seconds) for of, flow, seconds in map(_entry, lines) if of == kind.value]
        own = band([seconds for flow, seconds in known if flow == flow_id][-_KEPT:])
        if own is not None:
            return own
        others = band([seconds for _, seconds in known][-_KEPT:])
        return None if others is None else replace(others, is_own=False)

    def _say(self, error: Exception) -> None:
        if not self._is_said:
            self._is_said = True
            _log.warning("how long things take is not known: %s: %s", self._file, error)

    def _append(self, line: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # One write of a short line is not torn by other processes; a leading newline heals a torn last line.
            os.write(handle, f"\n{line}\n".encode())
            is_large = os.fstat(handle).st_size > _LARGEST_BYTES
        finally:
            os.close(handle)
        if is_large:
            # A line that another process adds meanwhile is lost: a band can do without it.
            write_atomic(self._file, "".join(f"{each}\n" for each in _of_use(self._lines())).encode())

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []


def _entry(line: str) -> tuple[str, str, float]:
    """Return kind, dataflow and seconds of a line; the kind is empty where the line is damaged."""
    try:
        entry = json.loads(line, parse_int=float)
    except (ValueError, RecursionError):
        return "", "", 0.0
    if isinstance(entry, dict):
        kind, flow, seconds = entry.get("kind"), entry.get("flow_id"), entry.get("seconds")
        if isinstance(kind, str) and isinstance(flow, str) and isinstance(seconds, float) and math.isfinite(seconds):
            return kind, flow, seconds
    return "", "", 0.0


def _of_use(lines: Sequence[str]) -> Iterable[str]:
    """Return the newest lines of each kind and dataflow, the oldest first, together at most half of a large file."""
    kept: list[str] = []
    of: Counter[tuple[str, str]] = Counter()
    left = _LARGEST_BYTES // 2
    for line in reversed(lines):
        kind, flow, _ = _entry(line)
        of[kind, flow] += 1
        if not kind or of[kind, flow] > _KEPT:
            continue
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(line)
    return reversed(kept)


def band(seconds: Sequence[float]) -> Band | None:
    """Return 10th to 90th percentile, smallest to largest while there are fewer than ten, None for nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    cut = 0 if len(ordered) < _FEW else len(ordered) // 10
    return Band(ordered[cut], ordered[len(ordered) - 1 - cut], len(ordered))
