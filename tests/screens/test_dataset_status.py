"""The line above the list of datasets, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tarmac.screens.dataset_status import DatasetStatus

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
READING = DatasetStatus(
    total=0,
    is_complete=False,
    has_failed=False,
    read_at=None,
    before=0,
    before_at=None,
    waited="",
    found=0,
    text="",
)


def words(status: DatasetStatus) -> str:
    return status.words("", 0, NOW)


def test_one_dataset_is_one_dataset() -> None:
    one = replace(READING, total=1, read_at=NOW)
    assert words(replace(one, is_complete=True)) == "1 dataset can be exported"
    assert words(one) == "reading… 1 dataset so far"
    assert words(replace(one, is_complete=True, text="x")) == '0 of 1 dataset match "x"'


def test_a_list_that_could_not_be_read_again_keeps_its_count_and_age() -> None:
    again = replace(READING, total=9, before=9, before_at=NOW)
    assert words(again) == "9 datasets, reading again… · as of 2026-11-23 14:02 UTC"
    assert words(replace(again, has_failed=True)) == "9 datasets, not up to date · as of 2026-11-23 14:02 UTC"
    assert words(replace(again, waited="0:05 of 5:00")) == "9 datasets · as of 14:02 UTC · reading… 0:05 of 5:00"
    assert words(replace(READING, has_failed=True)) == "not read"


def test_the_order_and_the_marks_are_said_too() -> None:
    whole = replace(READING, total=9, is_complete=True, read_at=NOW)
    assert whole.words("name", 2, NOW) == "9 datasets can be exported · sorted by name · 2 marked"
