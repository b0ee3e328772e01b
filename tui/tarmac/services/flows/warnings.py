"""What is worth a second look at a flow: each warning with a sentence that says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tarmac.platform.models import Flow
from tarmac.services.flows.inventory import Inventory
from tarmac.services.flows.punctuality import overdue
from tarmac.services.flows.words import days_words, zero_runs_words
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain


class Warn(StrEnum):
    """What is worth a second look at a flow, the gravest first: what fails, what will stop, what does nothing."""

    DATASET_GONE = "dataset gone"
    CONNECTION_GONE = "connection gone"
    LAST_RUN_FAILED = "last run failed"
    LATE = "late"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    ZERO_RUNS = "no run in window"
    DISABLED = "disabled"

    @property
    def place(self) -> int:
        """Where it stands among all, from 0 for the gravest."""
        return list(Warn).index(self)

    @property
    def is_bad(self) -> bool:
        """Whether something is broken or missing already, not only worth a look."""
        return self in {Warn.DATASET_GONE, Warn.CONNECTION_GONE, Warn.LAST_RUN_FAILED, Warn.LATE}

    @property
    def is_about_end(self) -> bool:
        """Whether it is about the flow's end."""
        return self in {Warn.ENDS_SOON, Warn.ENDED}


@dataclass(frozen=True)
class LastRun:
    """The newest run of a flow, as far as the platform said."""

    id: str
    status: str
    started_at: datetime | None = None


@dataclass(frozen=True)
class FlowDataset:
    """A dataset of a flow. `is_gone`: the catalog does not know it any more."""

    id: str
    name: str
    is_gone: bool = False


def warnings_of(
    flow: Flow,
    inventory: Inventory,
    datasets: Sequence[FlowDataset],
    now: datetime,
    end: datetime | None,
    last: LastRun | None,
    ends_soon: timedelta,
    *,
    knows_runs: bool = True,
) -> list[tuple[Warn, str]]:
    """Return the warnings about one flow, the gravest first. Unless it `knows_runs`, no `last` says nothing of a run."""
    found: list[tuple[Warn, str]] = []
    if flow.state != ObjectState.ENABLED:
        found.append(
            (Warn.DISABLED, f"it is {plain(flow.state, 40) or 'not enabled'}: nothing runs until it is enabled")
        )
    gone = [each for each in datasets if each.is_gone]
    if gone:
        names = ", ".join(plain(each.name, 120) for each in gone)
        found.append((Warn.DATASET_GONE, f"its dataset is not in the catalog any more: {names}; its runs will fail"))
    missing = [each for each in flow.target_connection_ids if each not in inventory.targets]
    missing += [] if inventory.dataset_ids(flow) else [*flow.source_connection_ids]
    if missing:
        found.append((Warn.CONNECTION_GONE, f"a connection that it needs is not there: {', '.join(missing[:3])}"))
    if end is not None and end <= now and not _is_done(flow, now):
        found.append((Warn.ENDED, f"it ended {end:%Y-%m-%d}: it does nothing any more; extend it"))
    elif end is not None and end - now <= ends_soon and not _is_done(flow, now):
        found.append((Warn.ENDS_SOON, f"it ends {days_words(end - now)}, on {end:%Y-%m-%d %H:%M} UTC"))
    zero = zero_runs_words(flow.schedule, flow.created_at, end)
    if zero and not (end is not None and end <= now):
        found.append((Warn.ZERO_RUNS, zero))
    late = _late(flow, now, last)
    if late and (knows_runs or last is not None):
        found.append((Warn.LATE, late))
    if last is not None and "fail" in last.status:
        found.append((Warn.LAST_RUN_FAILED, f"its last run ended as {last.status}"))
    return sorted(found, key=lambda each: each[0].place)


def _is_done(flow: Flow, now: datetime) -> bool:
    params = flow.schedule
    return params is not None and params.step is None and params.start is not None and params.start <= now


def _late(flow: Flow, now: datetime, last: LastRun | None) -> str:
    """Say that the last scheduled run did not come. Only the newest run is known here, so older moments are not judged."""
    began = () if last is None or last.started_at is None else (last.started_at,)
    missing = overdue(flow, began, now, moments=1)
    return f"its run of {missing[0].due:%Y-%m-%d %H:%M} UTC has not come" if missing else ""
