"""The read set: the last full export and what came after it; what cannot be relied on is left out and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from support.dict_store import at, folder_name, run_of
from tarmac.platform.models import Run, RunPhase
from tarmac.services.landed.landed_folder import LandedFolder, Place
from tarmac.services.landed.receipt import LandedFile, Receipt, RowVerdict
from tarmac.services.reading.read_set import (
    LandedRun,
    LeftOutWhy,
    ReadSet,
    build_read_set,
    empty_runs,
    match_runs,
)
from tarmac.storage.store import StoredFile

HOUR = 3600.0


def landed_folder(seconds: float, files: int = 2) -> LandedFolder:
    name = folder_name(seconds)
    paths = [StoredFile(f"{name}/part-{n}.parquet", 10, at(seconds + 5)) for n in range(files)]
    (folder,) = Place("ml/churn", "d1").group(paths)
    return folder


def export(seconds: float, phase: RunPhase = RunPhase.SUCCEEDED, *, files: int = 2, wrote: int | None = 2) -> LandedRun:
    end = seconds + 17 if phase.is_final else None
    return LandedRun(
        landed_folder(seconds, files), run_of(f"r{seconds:g}", seconds, end, phase=phase, files=wrote, rows=10)
    )


def receipt_of(landed: LandedRun, *, catalog: int | None = None, agrees: bool = True) -> Receipt:
    files = tuple(LandedFile(file.path, file.bytes, 5) for file in landed.folder.files)
    return Receipt(
        *("churn", "d1", "d", catalog, "flow", "run", "success", None, None, None, None, None),
        *("landing", "data-landing-zone", "mem://store", landed.folder.folder, files, (), None, "", ()),
        (RowVerdict("rows", 10, 10 if agrees else 11, agrees),),
        verified=agrees,
        checked_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def left_out(read_set: ReadSet) -> dict[str, str]:
    return {each.folder: each.reason for each in read_set.left_out}


def test_without_increments_the_newest_whole_export_is_the_dataset() -> None:
    read_set = build_read_set([export(HOUR), export(0), export(2 * HOUR)], incremental=False)
    assert read_set.folders == (folder_name(2 * HOUR),)
    assert read_set.is_complete
    assert left_out(read_set) == dict.fromkeys((folder_name(0), folder_name(HOUR)), "a later full export replaces it")
    assert {each.why for each in read_set.left_out} == {LeftOutWhy.REPLACED}


def test_increments_follow_the_first_export_in_order() -> None:
    landed = [export(2 * HOUR), export(0), export(HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0")
    assert read_set.folders == (folder_name(0), folder_name(HOUR), folder_name(2 * HOUR))
    assert len(read_set.files) == 6
    assert read_set.rows == 30
    assert read_set.is_complete


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (export(HOUR, RunPhase.FAILED), "its run failed"),
        (export(HOUR, RunPhase.PARTIAL), "only partly"),
        (export(HOUR, files=1), "it holds 1 files, its run wrote 2"),
        (LandedRun(landed_folder(HOUR)), "no one run"),
        (export(HOUR, RunPhase.RUNNING), "not over yet"),
        (export(HOUR, RunPhase.UNKNOWN), "not over yet"),
    ],
)
def test_an_unreliable_newest_export_is_named_and_the_one_before_it_is_read(newest: LandedRun, said: str) -> None:
    read_set = build_read_set([export(0), newest], incremental=False)
    assert read_set.folders == (folder_name(0),)
    assert said in left_out(read_set)[folder_name(HOUR)]
    assert read_set.is_complete


def test_a_failed_increment_is_a_gap_that_is_named() -> None:
    landed = [export(0), export(HOUR, RunPhase.FAILED), export(2 * HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0")
    assert read_set.folders == (folder_name(0), folder_name(2 * HOUR))
    assert not read_set.is_complete
    assert folder_name(HOUR) in read_set.problem


def test_an_increment_that_is_still_written_is_not_yet_a_gap() -> None:
    read_set = build_read_set([export(0), export(HOUR, RunPhase.RUNNING)], incremental=True, first_run_id="r0")
    assert read_set.folders == (folder_name(0),)
    assert read_set.is_complete


def test_increments_without_their_full_export_are_not_the_dataset() -> None:
    read_set = build_read_set([export(HOUR), export(2 * HOUR)], incremental=True, first_run_id="r0")
    assert read_set.folders == ()
    assert not read_set.is_complete
    assert "full export" in read_set.problem


def test_a_later_full_export_by_its_receipt_starts_anew() -> None:
    full = export(2 * HOUR)
    landed = [export(0), export(HOUR), replace(full, receipt=receipt_of(full, catalog=10)), export(3 * HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0")
    assert read_set.folders == (folder_name(2 * HOUR), folder_name(3 * HOUR))


def test_nothing_landed_is_not_a_complete_read_set() -> None:
    read_set = build_read_set([], incremental=False)
    assert not read_set.is_complete
    assert "nothing has landed" in read_set.problem


def test_a_receipt_vouches_for_a_folder_whose_run_is_forgotten_until_a_file_is_gone() -> None:
    known = export(0)
    forgotten = LandedRun(known.folder, None, receipt_of(known))
    assert build_read_set([forgotten], incremental=False).is_complete
    fewer = replace(forgotten, folder=replace(known.folder, files=known.folder.files[:1]))
    read_set = build_read_set([fewer], incremental=False)
    assert "1 of the 2 files on its receipt are gone" in left_out(read_set)[folder_name(0)]


def test_a_folder_whose_rows_did_not_agree_is_left_out() -> None:
    known = export(0)
    read_set = build_read_set([replace(known, receipt=receipt_of(known, agrees=False))], incremental=False)
    assert "did not agree" in left_out(read_set)[folder_name(0)]


def test_runs_and_folders_are_brought_together() -> None:
    runs: list[Run] = [run_of("a", 0, 17, files=2), run_of("b", 20, 37, files=2)]
    folders = [landed_folder(1), landed_folder(20), landed_folder(9_000)]
    matched = match_runs(folders, runs)
    assert [None if each.run is None else each.run.id for each in matched] == ["a", "b", None]


def test_a_run_on_demand_between_increments_is_not_read_twice() -> None:
    landed = [export(0), export(HOUR), export(2 * HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0", on_demand={"r3600"})
    assert read_set.folders == (folder_name(0), folder_name(2 * HOUR))
    assert "on demand" in left_out(read_set)[folder_name(HOUR)]
    assert read_set.is_complete


def nothing(seconds: float) -> Run:
    return run_of(f"r{seconds:g}", seconds, seconds + 17, files=0, rows=0)


def test_a_run_of_no_rows_replaces_the_export_before_it() -> None:
    read_set = build_read_set([export(0)], incremental=False, empty=[nothing(HOUR)])
    assert (read_set.folders, read_set.is_empty, read_set.is_complete) == ((), True, False)
    assert read_set.problem.startswith("the dataset had no rows at ")
    assert left_out(read_set) == {folder_name(0): "a later full export replaces it"}
    later = build_read_set([export(0), export(2 * HOUR)], incremental=False, empty=[nothing(HOUR)])
    assert (later.folders, later.problem) == ((folder_name(2 * HOUR),), "")


def test_increments_go_on_from_a_first_export_of_no_rows() -> None:
    landed = [export(HOUR), export(2 * HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0", empty=[nothing(0)])
    assert (read_set.folders, read_set.problem) == ((folder_name(HOUR), folder_name(2 * HOUR)), "")


def test_an_empty_increment_changes_nothing() -> None:
    landed = [export(0), export(HOUR)]
    read_set = build_read_set(landed, incremental=True, first_run_id="r0", empty=[nothing(2 * HOUR)])
    assert (read_set.folders, read_set.problem) == ((folder_name(0), folder_name(HOUR)), "")


def test_only_a_run_that_says_both_numbers_wrote_nothing() -> None:
    unsaid = [
        run_of("a", 0, 1, rows=0),
        run_of("b", 0, 1, files=0),
        run_of("c", 0, 1, phase=RunPhase.FAILED, rows=0, files=0),
    ]
    assert empty_runs([*unsaid, nothing(0)]) == (nothing(0),)


def test_a_flow_that_only_ran_on_demand_begins_with_that_run() -> None:
    read_set = build_read_set([export(0)], incremental=True, first_run_id="r0", on_demand={"r0"})
    assert read_set.folders == (folder_name(0),)
    assert [role.value for role in read_set.roles] == ["full"]


def test_a_year_of_runs_is_matched_as_each_would_be_alone() -> None:
    runs = [run_of(f"r{number}", number * HOUR, number * HOUR + 17, files=2) for number in range(300)]
    folders = [landed_folder(number * HOUR + 1) for number in range(300)]
    matched = match_runs(folders, runs)
    assert [each.run and each.run.id for each in matched] == [run.id for run in runs]
