"""A schedule on a line of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tarmac.widgets.rows import Cell
from tarmac.widgets.text_pane import TextPane
from tarmac.widgets.timeline import away_words, timeline

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


def lines(first: datetime | None, end: datetime | None, step: timedelta | None = None) -> list[str]:
    return TextPane(timeline(NOW, first, end, width=40, step=step)).text.split("\n")


def test_the_axis_shows_where_the_first_run_and_the_end_are() -> None:
    axis, *words = lines(NOW + timedelta(days=5), NOW + timedelta(days=10))
    assert len(axis) == 40
    assert axis[0] == "├"
    assert axis[-1] == "┤"
    assert 18 <= axis.index("●") <= 21
    assert set(axis[1 : axis.index("●")]) == {"┄"}
    assert [line.split()[0] for line in words] == ["now", "first", "ends"]
    assert words[1].endswith("in 5 d")
    assert "2026-11-28 14:02 UTC" in words[1]


def test_runs_far_enough_apart_are_marked_one_by_one() -> None:
    axis = lines(NOW, NOW + timedelta(days=4), timedelta(days=1))[0]
    assert axis.count("●") == 4
    crowded = lines(NOW, NOW + timedelta(days=365), timedelta(hours=3))[0]
    assert crowded.count("●") == 1


def test_the_first_run_stays_visible_when_the_end_is_close_behind_it() -> None:
    axis = lines(NOW + timedelta(days=364), NOW + timedelta(days=365))[0]
    assert "●" in axis
    assert axis[-1] == "┤"


def test_no_schedule_is_no_line() -> None:
    assert timeline(NOW, None, None, width=40) == []
    assert isinstance(timeline(NOW, NOW, None, width=40)[0], Cell)


def test_without_an_end_the_axis_ends_with_the_first_run() -> None:
    axis, *words = lines(NOW + timedelta(days=2), None, timedelta(days=1))
    assert (axis.count("●"), axis[-1]) == (1, "●")
    assert [line.split()[0] for line in words] == ["now", "first"]
    assert lines(NOW - timedelta(days=2), None, timedelta(days=1))[0].count("●") == 1


def test_distances_in_words() -> None:
    assert away_words(timedelta(hours=5, minutes=59)) == "in 5 h"
    assert away_words(timedelta(seconds=30)) == "now"
    assert away_words(timedelta(seconds=-1)) == "past"
