"""What was on screen when the app closed, to be there again at the next start. Losing it is no error.

Both functions block on the disk: call them off the event loop.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tarmac.profiles.files import write_atomic
from tarmac.profiles.places import name_complaint
from tarmac.terms.text import plain

MAX_BYTES = 64 * 1024
_LONGEST_TEXT = 1024


@dataclass(frozen=True)
class SessionState:
    """The profile, the mode, its filter and the key of the selected row; None where there was none."""

    profile: str | None = None
    mode: str | None = None
    filter: str | None = None
    row: str | None = None


def load_session(file: Path) -> SessionState:
    """Read the state; whatever is missing or unreadable is None. Never raises."""
    try:
        with file.open("rb") as stream:
            raw = json.loads(stream.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return SessionState()
    if not isinstance(raw, dict):
        return SessionState()
    profile = _text(raw.get("profile"))
    if profile is not None and name_complaint(profile):
        profile = None
    return SessionState(profile, _text(raw.get("mode")), _text(raw.get("filter")), _text(raw.get("row")))


def save_session(file: Path, state: SessionState) -> None:
    """Write the state whole or not at all. Raises ProfileError when the disk refuses."""
    kept = {key: value for key, value in asdict(state).items() if value is not None}
    write_atomic(file, json.dumps(kept, sort_keys=True).encode())


def _text(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return None
    return plain(value) or None
