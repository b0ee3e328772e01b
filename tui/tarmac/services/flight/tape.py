"""The file of a recording: JSON lines, each with its `kind` and `t`, the seconds since the start.

`VERSION` is raised when a line is to be read otherwise than before. Kinds and fields may be added without that: who does
not know them passes over them, and shows what was recorded less of.

start     version, tarmac, at, argv (of a headless command, else null), columns, rows
app       place (mode, filter and row that the app begins with), keys (action -> key, where they are not the usual ones)
profile   name, org_id, sandbox, read_only, destinations (without credentials), timing, files (exports, ledger, receipts)
exchange  one request to the platform and its answer, secrets masked, dataset rows left out
storage   a destination's storage that was opened: its location and its address for readers, or the problem with it
listing   the files below one folder of a storage, as far as they were listed, and what went wrong
counted   one file of a storage and its rows, never its content
footer    a Parquet footer: rows, schema, each column's size, values and nulls; no statistics that hold values
peek      that first rows were read: columns, types, how many, the shape of JSON; never the rows
probe     the test of a destination's storage, step by step
key       one key (`hidden` where it was typed into a secret field), or pasted `text`
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any

from tarmac.terms.errors import UsageError

VERSION = 1
Line = Mapping[str, Any]
_TEXT, _NUMBER = (str,), (int, float)
# Without these a line of its kind cannot be shown.
_NEEDED: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "app": {"place": (list,), "keys": (dict,)},
    "profile": {"name": _TEXT, "sandbox": _TEXT, "timing": (dict,)},
    "exchange": {
        "method": _TEXT,
        "path": _TEXT,
        "duration_ms": _NUMBER,
        "status": (int, NoneType),
        "answer_body": (str, NoneType),
    },
    "storage": {"destination": _TEXT},
    "listing": {"location": _TEXT, "folder": _TEXT, "files": (list,)},
    **{key: {"location": _TEXT, "path": _TEXT} for key in ("counted", "footer", "peek")},
    "probe": {"destination": _TEXT, "steps": (list,)},
}
_KEY: Mapping[str, tuple[type, ...]] = {"key": _TEXT, "character": (str, NoneType)}


@dataclass(frozen=True)
class Tape:
    """One recording, read. `lines` are in the order of their time, without the first."""

    at: datetime
    argv: tuple[str, ...] | None
    columns: int
    rows: int
    lines: Sequence[Line]

    def of(self, kind: str) -> list[Line]:
        """Return the lines of one kind."""
        return [line for line in self.lines if line.get("kind") == kind]

    @property
    def length_s(self) -> float:
        """Seconds from the start to the last line."""
        return float(self.lines[-1]["t"]) if self.lines else 0.0

    def damaged(self, line: Line) -> UsageError:
        """Return what to raise for a line that is not as it should be; it says which one."""
        number = next(at for at, each in enumerate(self.lines, start=2) if each is line)
        return UsageError(
            f"the recording cannot be shown: its line {number} ({line.get('kind')}) is damaged",
            code="recording",
            next_step="Make one with `tarmac --record FILE`.",
        )


def read_tape(file: Path) -> Tape:
    """Read a recording; a last line that was cut by a crash is left out. Raises UsageError. Blocks."""
    try:
        data = file.read_bytes()
        # A cut may go through the middle of a character.
        text = (data[: data.rfind(b"\n") + 1] or data).decode()
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _refused(file, f"cannot be read: {cause}") from error
    lines: list[Line] = []
    rows = text.removesuffix("\n").split("\n")  # nothing else ends a line: names may hold every other separator
    for number, raw in enumerate(rows, start=1):
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise _refused(file, f"is no recording: line {number} is not JSON") from error
        if not isinstance(line, dict) or not isinstance(line.get("t"), int | float):
            raise _refused(file, f"is no recording: line {number} has no time")
        if (lacking := _lacking(line)) is not None:
            raise _refused(file, f"is damaged: line {number} ({line['kind']}) does not say its {lacking}")
        lines.append(line)
    if not lines or lines[0].get("kind") != "start":
        raise _refused(file, "is no recording: it has no start")
    start = lines[0]
    if start.get("version") != VERSION:
        raise _refused(file, "was made by another version of tarmac")
    try:
        argv = None if start["argv"] is None else tuple(str(word) for word in start["argv"])
        at = datetime.fromisoformat(start["at"])
        return Tape(at, argv, int(start["columns"]), int(start["rows"]), lines[1:])
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(file, "is no recording: its start cannot be read") from error


def _lacking(line: Line) -> str | None:
    """Return the field that a line of its kind needs and has not, or has as something else."""
    needed = _NEEDED.get(str(line.get("kind")), {})
    if line.get("kind") == "key" and not isinstance(line.get("text"), str):
        needed = _KEY
    return next((name for name, kinds in needed.items() if name not in line or not isinstance(line[name], kinds)), None)


def _refused(file: Path, message: str) -> UsageError:
    return UsageError(f"{file} {message}", code="recording", next_step="Make one with `tarmac --record FILE`.")
