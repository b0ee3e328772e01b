"""What happens while an export runs, as typed events, and how it ended (design §5.2).

`services.exports.exporting.export` yields these in order; the headless commands print them, the Runs screen shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Run
from tarmac.services.plans.plan import Plan, PlanStep
from tarmac.storage.errors import StorageError
from tarmac.terms.errors import ExitCode, TarmacError


@dataclass(frozen=True)
class Band:
    """How long this usually takes, in seconds, from `samples` runs: of this flow if `is_own`, else of the whole sandbox."""

    low_s: float
    high_s: float
    samples: int
    is_own: bool = True

    @property
    def words(self) -> str:
        """Write it: `9-11 min`, `17-26 s`; one number where both ends look alike."""
        low, high = self._rounded(self.low_s), self._rounded(self.high_s)
        return f"{low} {self._unit}" if low == high else f"{low}-{high} {self._unit}"

    def measured(self, seconds: float) -> str:
        """Write another time so that it can be compared: `12 min` beside `9-11 min`."""
        return f"{self._rounded(seconds)} {self._unit}"

    @property
    def _unit(self) -> str:
        return "min" if self.low_s >= 90 else "s"

    def _rounded(self, seconds: float) -> int:
        return round(seconds / (60.0 if self.low_s >= 90 else 1.0))


class Tempo(StrEnum):
    """How a run goes, by its flow's own history."""

    UNKNOWN = "not known"
    USUAL = "usual"
    SLOW = "slow"
    STALLED = "stalled"


@dataclass(frozen=True)
class Going:
    """A verdict on a run that is going on: in `words` for people; `since` when a stalled one last moved (UTC)."""

    tempo: Tempo = Tempo.UNKNOWN
    words: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """The plan is made, whatever its checks say; nothing was sent yet."""

    plan: Plan


@dataclass(frozen=True)
class StepStarted:
    """A step of the plan is being carried out."""

    step: PlanStep


@dataclass(frozen=True)
class StepDone:
    """A step is done; `id` is the object's id. `created` is False for a reused or changed object."""

    step: PlanStep
    id: str
    created: bool


@dataclass(frozen=True)
class WaitingForReady:
    """The platform says that the flow is not ready yet; it is asked again in `next_probe_s`, at most until `deadline_s`.

    With a `problem` it does not say that, but something that may pass: an error, or an answer that cannot be read.
    """

    elapsed_s: float
    next_probe_s: float
    deadline_s: float
    probes: int
    usual: Band | None = None
    problem: TarmacError | None = None


@dataclass(frozen=True)
class RunFired:
    """The ad-hoc run was accepted."""

    flow_id: str
    run_id: str


@dataclass(frozen=True)
class RunSeen:
    """The run as of `as_of`; sent once a poll. `stale_s` > 0 while the platform does not answer."""

    run: Run
    as_of: datetime
    elapsed_s: float
    usual: Band | None = None
    stale_s: float = 0.0
    going: Going = Going()


@dataclass(frozen=True)
class Counting:
    """Landed files are being counted."""

    files_done: int
    files_total: int
    rows: int


class Outcome(StrEnum):
    """The `status` of a command's JSON answer."""

    LANDED = "landed"
    FAILED = "failed"
    RUNNING = "running"
    MISMATCH = "mismatch"
    REFUSED = "refused"


@dataclass(frozen=True)
class ExportResult:
    """How an export ended. A number that is not known is None, never zero. `verified` None means: not checked."""

    outcome: Outcome
    export: str
    dataset_id: str | None = None
    flow_id: str | None = None
    run_id: str | None = None
    destination: str | None = None
    folder: str | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    verified: bool | None = None
    receipt: Path | None = None
    reused: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    error: TarmacError | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document of `tarmac export --json` (design §5.2)."""
        document: dict[str, Any] = {
            "status": self.outcome.value,
            "export": self.export,
            "dataset_id": self.dataset_id,
            "flow_id": self.flow_id,
            "run_id": self.run_id,
            "destination": self.destination,
            "folder": self.folder,
            "rows": self.rows,
            "bytes": self.bytes,
            "files": self.files,
            "verified": self.verified,
            "receipt": None if self.receipt is None else str(self.receipt),
            "reused": list(self.reused),
            "created": list(self.created),
        }
        if self.error is not None:
            document["error"] = self.error.as_json()
        return document

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be gone on with: it ended, and not by what may pass or may have been done.

        A run that was fired and could not be looked at, or not be counted, is looked at again instead of fired again.
        """
        error = self.error
        if self.run_id is not None and isinstance(error, PlatformError | StorageError):
            return False
        if isinstance(error, PlatformError) and (error.is_passing or error.maybe_done):
            return False
        return self.outcome is not Outcome.RUNNING

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        return {
            Outcome.LANDED: ExitCode.DONE,
            Outcome.FAILED: ExitCode.FAILED,
            Outcome.RUNNING: ExitCode.STILL_RUNNING,
            Outcome.MISMATCH: ExitCode.MISMATCH,
            Outcome.REFUSED: ExitCode.USAGE,
        }[self.outcome]


@dataclass(frozen=True)
class Finished:
    """The last event."""

    result: ExportResult


ExportEvent = Planned | StepStarted | StepDone | WaitingForReady | RunFired | RunSeen | Counting | Finished


class FollowState(StrEnum):
    """What the STATE column says about one followed export."""

    APPLYING = "applying"
    WAITING = "waiting: not ready"
    TROUBLED = "waiting: errors"
    QUEUED = "queued"
    RUNNING = "running"
    COUNTING = "counting rows"
    LANDED = "landed"
    MISMATCH = "MISMATCH"
    FAILED = "FAILED"
    CANCELLED = "cancelled here"
    ELSEWHERE = "in another tarmac"
    LATE = "late"
    MISSED = "missed"

    @property
    def is_final(self) -> bool:
        """Whether the row will not change any more."""
        return self in {
            FollowState.LANDED,
            FollowState.MISMATCH,
            FollowState.FAILED,
            FollowState.CANCELLED,
            FollowState.MISSED,
        }


@dataclass(frozen=True)
class FollowedRun:
    """One row of the Runs screen. `key` is stable for the life of the row. `is_delta`: it holds only what was new.

    `started_at` is by the clock of this machine, which `elapsed_s` is counted by; `begun_at` and `as_of` are shown, and are
    by the platform's where that was asked. Once the run is over by its own times, `elapsed_s` is what these say, `took_s`, and
    no longer what was waited for it. A row that is late or missed stands for a scheduled run that is not there;
    `started_at` is when it was due.
    """

    key: str
    export: str
    destination: str
    state: FollowState
    started_at: datetime
    elapsed_s: float
    as_of: datetime
    usual: Band | None = None
    countdown_s: float | None = None
    detail: str = ""
    going: Going = Going()
    is_delta: bool = False
    flow_id: str | None = None
    run_id: str | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    verified: bool | None = None
    receipt: Path | None = None
    error: TarmacError | None = None
    begun_at: datetime | None = None
    took_s: float | None = None
