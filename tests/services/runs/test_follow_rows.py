"""The row of a followed export, event by event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tarmac.services.exports.progress import FollowedRun, FollowState, StepDone
from tarmac.services.plans.plan import Action, Noun, PlanStep
from tarmac.services.runs.follow_rows import row_after

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("known", [None, "new-flow"], ids=["made now", "there before"])
def test_a_dataflow_that_is_replaced_is_not_taken_for_the_one_that_runs(known: str | None) -> None:
    row = FollowedRun("k", "churn", "Landing Zone", FollowState.APPLYING, NOW, 0.0, NOW, flow_id=known)
    made = PlanStep(Noun.FLOW, Action.CREATE if known is None else Action.REUSE, "churn", existing_id=known)
    retired = PlanStep(Noun.FLOW, Action.CHANGE, "disabled: the earlier one", existing_id="old-flow")
    row = row_after(row, StepDone(made, "new-flow", created=known is None), NOW, NOW)
    row = row_after(row, StepDone(retired, "old-flow", created=False), NOW, NOW)
    assert row.flow_id == "new-flow"


def test_what_is_shown_is_the_platforms_time_and_what_is_counted_the_time_here() -> None:
    row = FollowedRun("k", "churn", "Landing Zone", FollowState.APPLYING, NOW, 0.0, NOW)
    step = PlanStep(Noun.FLOW, Action.CREATE, "churn")
    row = row_after(row, StepDone(step, "f", created=True), NOW + timedelta(seconds=5), NOW + timedelta(hours=2))
    assert (row.elapsed_s, row.as_of) == (5.0, NOW + timedelta(hours=2))
