"""An alert: one change of one export, as a hook is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.workspace import Workspace

VERSION = 1


class Change(StrEnum):
    """What happened."""

    LANDED = "landed"
    FAILED = "failed"
    MISMATCH = "mismatch"
    STALLED = "stalled"
    LATE = "late"
    MISSED = "missed"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Alert:
    """One change of one export. `was` is the trouble that a recovery ends. Nothing in it is secret.

    `due` is the moment (UTC) of a scheduled run that is late or missed. `run_began_at` tells whether a run came after such a
    moment; it is not part of the document.
    """

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
    due: datetime | None = None
    run_began_at: datetime | None = None

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
            "due": None if self.due is None else iso_z(self.due),
            "destination": self.destination,
            "folder": self.folder,
            "rows": self.rows,
            "words": self.words,
            "error": self.error,
            "at": iso_z(self.at),
        }
