"""Whether the platform runs a flow by a wished step: its live flow spec decides, the table stands in (§3.7, C3)."""

from __future__ import annotations

from datetime import timedelta

from tarmac.services.plans.plan import Check, Verdict
from tarmac.terms.schedules import AGREED_HOUR_STEPS, KNOWN_HOUR_STEPS, Schedule, ScheduleKind

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def step_check(schedule: Schedule, live: tuple[int, ...]) -> Check | None:
    """Judge the step of a schedule by the hour steps of the live flow spec, empty where it does not say.

    None for a schedule without a step.
    """
    if schedule.kind is not ScheduleKind.INCREMENTAL:
        return None
    every = schedule.every or _DAY
    if every == _DAY:
        return Check(Verdict.OK, "one run a day is offered")
    hours, rest = divmod(every, _HOUR)
    if not rest and hours in (live or AGREED_HOUR_STEPS):
        return Check(Verdict.OK, f"a run every {hours} hours is offered")
    if not rest and not live and hours in KNOWN_HOUR_STEPS:
        return Check(
            Verdict.WARNING,
            f"a run every {hours} hours may not be offered",
            "Adobe's documents disagree about this step, and the platform's own specification does not say.",
            f"Steps that are sure: {_listed(AGREED_HOUR_STEPS)} hours, or one day.",
        )
    shown = f"{every / _HOUR:.2f}" if rest else str(hours)
    return Check(
        Verdict.BLOCKER,
        f"a run every {shown} hours is not offered",
        f"The platform offers {_listed(live or AGREED_HOUR_STEPS)} hours, and one day.",
        "Choose one of these steps.",
    )


def _listed(steps: tuple[int, ...]) -> str:
    return ", ".join(str(step) for step in steps)
