"""The selected run in words: each thing once, in one notation, and the keys under the name that they have below."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tarmac.screens.run_rows import COLUMNS, detail_lines, run_row
from tarmac.screens.runs import RunsScreen
from tarmac.services.exports.progress import Band, FollowedRun, FollowState, Going, Tempo
from tarmac.terms.errors import TarmacError
from tarmac.widgets.placed_columns import PlacedColumns
from tarmac.widgets.rows import RowList
from tarmac.widgets.text_pane import TextPane

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
RUN = FollowedRun("k", "churn", "Data Landing Zone", FollowState.RUNNING, NOW, 5.2, NOW, flow_id="f", run_id="r")


def words(run: FollowedRun) -> str:
    return TextPane(detail_lines(run)).text


def test_how_quick_a_run_is_is_said_once_and_in_one_notation() -> None:
    usual = Band(3.9, 4.1, 3)
    told = words(replace(RUN, usual=usual, detail="the platform says inProgress"))
    assert "usually 4 s, so far 5 s" in told
    judged = replace(RUN, usual=usual, going=Going(Tempo.USUAL, "a little slower than usual (4 s)"))
    assert words(judged).count("usual") == 1


@pytest.mark.parametrize("state", list(FollowState))
def test_the_help_explains_every_state_that_there_is(state: FollowState) -> None:
    assert state.value in RunsScreen.HELP_TEXT


@pytest.mark.parametrize("state", list(FollowState))
def test_a_key_is_called_the_same_in_the_details_and_on_the_line_of_keys(state: FollowState) -> None:
    below = {binding.key: binding.description for binding in RunsScreen.BINDINGS if not isinstance(binding, tuple)}
    told = words(replace(RUN, state=state))
    for key in ("x", "o"):
        assert f"[{key}]" not in told or f"[{key}] {below[key]}" in told


def test_a_failure_is_explained_before_the_keys_that_help() -> None:
    error = TarmacError("Job aborted.", code="X-1", meaning="It gave up.", next_step="Trigger it again.")
    told = words(replace(RUN, state=FollowState.FAILED, error=error))
    places = [told.index(part) for part in ("Job aborted.", "What it means", "Next: ", "[t] trigger again")]
    assert places == sorted(places)


def test_a_name_of_usual_length_leaves_room_for_every_column() -> None:
    landed = replace(
        RUN,
        export="training_set_churn-landing",
        state=FollowState.LANDED,
        usual=Band(4, 5, 2),
        rows=104_200,
        bytes=1 << 20,
    )
    placed = PlacedColumns(COLUMNS, margin=2)
    placed.lay_out(120)
    placed.grow(RowList([run_row(landed)]), 120)
    assert [each.column.key for each in placed] == [column.key for column in COLUMNS]
