"""What the shell is told when a person leaves while something is under way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.keys import started, to_review, wait_for
from tarmac.app import TarmacApp
from tarmac.ending import unfinished_words
from tarmac.services.exports import leftovers
from tarmac.services.exports.progress import FollowedRun, FollowState

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def row(export: str, state: FollowState, run_id: str | None = None) -> FollowedRun:
    return FollowedRun(export, export, "Data Landing Zone", state, NOW, 5.0, NOW, run_id=run_id)


def test_nothing_is_said_where_all_has_ended() -> None:
    ended = [row(state.name, state) for state in FollowState if state.is_final or state is FollowState.LATE]
    assert unfinished_words(ended, "acme") == []


def test_what_needs_tarmac_is_told_from_what_goes_on_by_itself() -> None:
    rows = [
        row("churn", FollowState.WAITING),
        row("events", FollowState.RUNNING, "run-7"),
        row("loyalty", FollowState.APPLYING),
        row("visits", FollowState.TROUBLED),
    ]
    made, waiting, going = unfinished_words(rows, "acme")
    assert "loyalty (applying)" in made
    assert "4 Runs and u" in made
    assert waiting.startswith("2 exports are not finished: churn (waiting: not ready), visits (waiting: errors).")
    assert going.startswith("1 export is not followed to the end: events (running). The platform goes on by itself")
    assert going.endswith("tarmac watch run-7 --profile acme")


def test_the_time_that_is_named_is_the_one_that_the_next_start_goes_by() -> None:
    assert timedelta(hours=2) == leftovers._FRESH
    [waiting] = unfinished_words([row("churn", FollowState.WAITING)], "acme")
    assert "within 2 hours" in waiting


def test_of_many_the_first_are_named_and_names_are_shown_as_they_are() -> None:
    rows = [row(f"e{number}\x1b[2J", FollowState.WAITING) for number in range(5)]
    [waiting] = unfinished_words(rows, "acme")
    assert "\x1b" not in waiting
    assert " and 2 more." in waiting


def test_nothing_goes_on_in_the_demo() -> None:
    [words] = unfinished_words([row("churn", FollowState.RUNNING, "r")], "demo", is_demo=True)
    assert "emulator ended with tarmac" in words
    assert "tarmac watch" not in words


async def test_leaving_while_a_run_waits_keeps_the_words_for_the_shell(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        emulated.add_faults(never_ready=True)
        await to_review(pilot)
        await pilot.press("a")
        await wait_for(pilot, "waiting: not ready")
        await pilot.press("q")
        assert isinstance(pilot.app, TarmacApp)
        [words] = pilot.app.unfinished
        assert words.startswith("1 export is not finished: training_set_churn-landing (waiting: not ready).")
