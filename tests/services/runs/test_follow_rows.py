"""The row of a followed export, event by event."""

from __future__ import annotations

from datetime import UTC, datetime

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
    row = row_after(row, StepDone(made, "new-flow", created=known is None), NOW)
    row = row_after(row, StepDone(retired, "old-flow", created=False), NOW)
    assert row.flow_id == "new-flow"
