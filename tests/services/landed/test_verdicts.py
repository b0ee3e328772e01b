"""The three-way check: agreement is only said of numbers that are known and equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.dict_store import run_of
from tarmac.platform.models import PlatformMessage, RunPhase
from tarmac.services.landed.receipt import LandedFile, RowVerdict
from tarmac.services.landed.verdicts import (
    BYTES_TITLE,
    CATALOG_TITLE,
    COUNTED_CATALOG_TITLE,
    COUNTED_TITLE,
    FILES_TITLE,
    STATUS_TITLE,
    DatasetRows,
    in_words,
    is_proved,
    judge_rows,
)

FILES = (LandedFile("f/a.parquet", 10, 60), LandedFile("f/b.parquet", 10, 40))
RUN = run_of("r", 0, 17, rows=100, files=2, size=20)


def judged(verdicts: tuple[RowVerdict, ...]) -> dict[str, bool | None]:
    return {each.title: each.agrees for each in verdicts}


def explained(verdicts: tuple[RowVerdict, ...], title: str) -> str:
    return next(each.explanation for each in verdicts if each.title == title)


def test_all_equal_is_proved() -> None:
    verdicts = judge_rows(RUN, FILES, DatasetRows(100), [])
    assert judged(verdicts) == dict.fromkeys((COUNTED_TITLE, CATALOG_TITLE, FILES_TITLE, BYTES_TITLE), True)
    assert is_proved(verdicts)


def test_zero_rows_are_a_result() -> None:
    verdicts = judge_rows(replace(RUN, output_rows=0, output_files=0, output_bytes=0), (), DatasetRows(0), [])
    assert is_proved(verdicts)
    assert explained(verdicts, COUNTED_TITLE) == "the run wrote no rows"


@pytest.mark.parametrize(("rows", "files"), [(0, None), (None, 0), (None, None)])
def test_no_file_proves_no_rows_only_where_the_run_says_both_numbers(rows: int | None, files: int | None) -> None:
    run = replace(RUN, output_rows=rows, output_files=files, output_bytes=None)
    verdicts = judge_rows(run, (), DatasetRows(0), [])
    assert not is_proved(verdicts)
    assert False not in judged(verdicts).values()
    assert any(each.explanation.startswith("unchecked: there is no file") for each in verdicts)


def test_a_missing_file_is_a_mismatch_with_its_likely_cause() -> None:
    verdicts = judge_rows(RUN, FILES[:1], DatasetRows(100), [])
    assert judged(verdicts)[COUNTED_TITLE] is False
    assert judged(verdicts)[FILES_TITLE] is False
    assert "40 rows differ" in explained(verdicts, COUNTED_TITLE)
    assert "7 days" in explained(verdicts, COUNTED_TITLE)


def test_one_row_is_one_row() -> None:
    verdicts = judge_rows(replace(RUN, output_rows=99), FILES, DatasetRows(99), [])
    assert explained(verdicts, COUNTED_TITLE).startswith("1 row differs")


def test_more_rows_than_the_run_wrote_are_a_mismatch() -> None:
    wrote = replace(RUN, output_rows=60, output_files=1, output_bytes=10)
    verdicts = judge_rows(wrote, FILES, DatasetRows(60), [])
    assert judged(verdicts)[COUNTED_TITLE] is False
    assert "more than this run" in explained(verdicts, COUNTED_TITLE)


def test_a_run_that_claims_more_rows_than_its_own_files_hold_is_told_from_missing_files() -> None:
    verdicts = judge_rows(replace(RUN, output_rows=110), FILES, DatasetRows(110), [])
    assert judged(verdicts)[COUNTED_TITLE] is False
    assert "the run's own number is wrong" in explained(verdicts, COUNTED_TITLE)
    assert not is_proved(verdicts)


def test_while_a_run_goes_on_nothing_is_a_mismatch_and_nothing_is_proved() -> None:
    run = replace(RUN, phase=RunPhase.RUNNING, status_word="processing", output_files=3)
    verdicts = judge_rows(run, FILES[:1], DatasetRows(100), ["b.parquet: it is cut"])
    assert False not in judged(verdicts).values()
    assert "still be writing" in explained(verdicts, COUNTED_TITLE)
    assert not is_proved(verdicts)


def test_rows_added_since_are_said_where_nobody_noted_the_number_at_the_trigger() -> None:
    verdicts = judge_rows(RUN, FILES, DatasetRows(None, now=130), [])
    assert judged(verdicts)[CATALOG_TITLE] is None
    assert "130 rows now; the 30 more were likely added since" in explained(verdicts, CATALOG_TITLE)


def test_a_file_that_cannot_be_counted_is_a_mismatch_and_named() -> None:
    files = (FILES[0], replace(FILES[1], rows=None))
    verdicts = judge_rows(RUN, files, DatasetRows(100), ["b.parquet: it is cut"])
    assert judged(verdicts)[COUNTED_TITLE] is False
    assert "b.parquet: it is cut" in explained(verdicts, COUNTED_TITLE)
    assert not is_proved(verdicts)


def test_a_run_without_numbers_is_proved_by_the_catalog_or_not_at_all() -> None:
    silent = run_of("r", 0, 17)
    by_catalog = judge_rows(silent, FILES, DatasetRows(100), [])
    assert judged(by_catalog)[COUNTED_CATALOG_TITLE] is True
    assert is_proved(by_catalog)
    by_nothing = judge_rows(silent, FILES, DatasetRows(None), [])
    assert not is_proved(by_nothing)
    assert set(judged(by_nothing).values()) == {None}


def test_catalog_and_run_alone_prove_nothing() -> None:
    files = (replace(FILES[0], rows=None),)
    assert not is_proved(judge_rows(replace(RUN, output_files=1), files, DatasetRows(100), ["a: cut"]))


@pytest.mark.parametrize(
    ("dataset", "agrees", "said"),
    [
        (DatasetRows(150), False, "50 rows fewer than the catalog"),
        (DatasetRows(50), False, "50 rows more than the catalog"),
        (DatasetRows(90, now=110), True, "has 110 rows now"),
        (DatasetRows(90, now=90), False, "10 rows more"),
        (DatasetRows(150, is_full=None), None, "increment"),
        (DatasetRows(150, is_time_series=True), None, "365 days"),
        (DatasetRows(None), None, "unchecked"),
    ],
)
def test_the_catalog_differs_for_reasons(dataset: DatasetRows, agrees: bool | None, said: str) -> None:
    verdicts = judge_rows(RUN, FILES, dataset, [])
    assert judged(verdicts)[CATALOG_TITLE] is agrees
    assert said in explained(verdicts, CATALOG_TITLE)
    assert is_proved(verdicts) is (agrees is not False)


def test_skipped_rows_are_the_cause_that_is_named() -> None:
    skips = (PlatformMessage("ACTIVATION_BATCH-0000-SKIP", "not allowed by policy", 50),)
    verdicts = judge_rows(replace(RUN, skipped_rows=50, skips=skips), FILES, DatasetRows(150), [])
    assert judged(verdicts)[CATALOG_TITLE] is False
    assert "skipped 50: not allowed by policy" in explained(verdicts, CATALOG_TITLE)


def test_bytes_are_said_and_not_judged() -> None:
    verdicts = judge_rows(replace(RUN, output_bytes=21), FILES, DatasetRows(100), [])
    assert judged(verdicts)[BYTES_TITLE] is None
    assert is_proved(verdicts)


def test_a_partial_run_is_never_proved() -> None:
    run = replace(RUN, phase=RunPhase.PARTIAL, status_word="partialSuccess")
    verdicts = judge_rows(run, FILES, DatasetRows(100), [])
    assert judged(verdicts)[STATUS_TITLE] is False
    assert not is_proved(verdicts)
    assert in_words(verdicts[0]) == "the run did not end well"


def test_a_disagreement_is_never_said_in_the_words_of_the_agreement() -> None:
    titles = (COUNTED_TITLE, CATALOG_TITLE, COUNTED_CATALOG_TITLE, FILES_TITLE, BYTES_TITLE, STATUS_TITLE, "of later")
    for title in titles:
        assert in_words(RowVerdict(title, 1, 1, True)) == title
        assert in_words(RowVerdict(title, 1, 2, False)) not in {title, ""}
