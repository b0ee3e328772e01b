"""The folder of a run is found by times and counts, and never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.dict_store import DictStore, JumpClock, at, folder_name, run_of
from tarmac.platform.models import RunPhase
from tarmac.services.errors import FolderUnclear, NothingLanded
from tarmac.services.landed.landed_folder import LandedFolder, Place
from tarmac.services.landed.locating import Found, NotThere, Unclear, find_folder, judge
from tarmac.storage.store import StoredFile

PLACE = Place("ml/churn", "d1")


def folders_of(place: Place, *paths: str, written: float = 0) -> list[LandedFolder]:
    return place.group(StoredFile(path, 10, at(written)) for path in paths)


@pytest.mark.parametrize(
    ("path", "template", "prefix"),
    [
        ("ml/churn", None, "ml/churn/d1"),
        ("/ml/churn/", None, "ml/churn/d1"),
        ("", None, "d1"),
        ("ml", "%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%", "ml"),
        ("ml", "fixed/%DATASET_ID%/%EXPORT_TIME%", "ml/fixed/d1"),
        ("ml", "%DESTINATION%/x/%EXPORT_TIME%", "ml"),
        ("ml", "in/%DATETIME(YYYY/MM/dd)%/%DATASET_ID%", "ml/in"),
        ("/", None, "d1"),
    ],
)
def test_only_the_needed_folder_is_listed(path: str, template: str | None, prefix: str) -> None:
    assert Place(path, "d1", template).prefix == prefix


def test_folders_with_12_and_14_digits_are_read() -> None:
    found = folders_of(
        PLACE,
        "ml/churn/d1/exportTime=20261123010000/part-0.parquet",
        "ml/churn/d1/exportTime=202611230005/part-0.parquet",
        "ml/churn/d1/exportTime=2026112301/part-0.parquet",
        "ml/churn/d1/exportTime=20269923010000/part-0.parquet",
        "ml/churn/d2/exportTime=20261123010000/part-0.parquet",
        "ml/churn/_$azuretmpfolder$/part-0.parquet",
    )
    assert [(each.folder[-14:], each.exported_at, each.resolution) for each in found if each.exported_at] == [
        ("e=202611230005", at(-55 * 60), timedelta(minutes=1)),
        ("20261123010000", at(0), timedelta(seconds=1)),
    ]


def test_a_custom_template_is_read_back() -> None:
    place = Place("ml", "d1", "%DESTINATION%_%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%")
    (found,) = folders_of(
        place, "ml/Landing zone_d1_20261123_010007/part-0.parquet", "ml/x_d2_20261123_010007/p.parquet"
    )
    assert found.folder == "ml/Landing zone_d1_20261123_010007"
    assert found.exported_at == at(7)


def test_the_folder_inside_the_run_is_taken_and_its_neighbours_are_not() -> None:
    names = [folder_name(seconds) for seconds in (0, 20, 40)]
    found = folders_of(PLACE, *(f"{name}/part-0.parquet" for name in names))
    located = judge(run_of("b", 20, 37), found)
    assert located == Found(found[1])


def test_a_folder_of_another_run_is_not_taken_while_ours_is_missing() -> None:
    first, second = run_of("a", 0, 17, files=1), run_of("b", 20, 37, files=1)
    found = folders_of(PLACE, f"{folder_name(0)}/part-0.parquet")
    assert judge(second, found, [first, second]) == NotThere(tuple(found))


def test_a_folder_a_little_outside_needs_the_right_number_of_files() -> None:
    found = folders_of(PLACE, f"{folder_name(-120)}/part-0.parquet", f"{folder_name(-120)}/part-1.parquet")
    assert isinstance(judge(run_of("a", 0, 17, files=2), found), Found)
    assert isinstance(judge(run_of("a", 0, 17, files=3), found), NotThere)
    assert isinstance(judge(run_of("a", 0, 17), found), NotThere)
    assert isinstance(judge(run_of("a", 700, 717, files=2), found), NotThere)


def test_counts_decide_between_folders_of_the_same_time() -> None:
    one = LandedFolder("p/one", (StoredFile("p/one/a.parquet", 10, at(5)),), at(5))
    two = LandedFolder("p/two", tuple(StoredFile(f"p/two/{n}.parquet", 10, at(5)) for n in "ab"), at(5))
    located = judge(run_of("r", 0, 10, files=2), [one, two])
    assert isinstance(located, Found)
    assert located.folder == two
    assert located.note


def test_equal_folders_are_unclear() -> None:
    one = LandedFolder("p/one", (StoredFile("p/one/a.parquet", 10, at(5)),), at(5))
    two = LandedFolder("p/two", (StoredFile("p/two/a.parquet", 10, at(5)),), at(5))
    assert judge(run_of("r", 0, 10, files=1, size=10), [one, two]) == Unclear((one, two))


def test_two_runs_in_one_minute_share_a_12_digit_folder_and_keep_their_files_apart() -> None:
    name = folder_name(0, digits=12)
    files = [StoredFile(f"{name}/a.parquet", 10, at(5)), StoredFile(f"{name}/b.parquet", 10, at(35))]
    located = judge(run_of("second", 30, 40, files=1), PLACE.group(files))
    assert isinstance(located, Found)
    assert [file.path for file in located.folder.files] == [f"{name}/b.parquet"]


def test_a_folder_without_a_time_is_read_by_the_times_of_its_files() -> None:
    place = Place("ml", "d1", "latest/%DATASET_ID%")
    files = [StoredFile("ml/latest/d1/a.parquet", 10, at(5)), StoredFile("ml/latest/d1/b.parquet", 10, at(500))]
    located = judge(run_of("second", 490, 505), place.group(files))
    assert isinstance(located, Found)
    assert [file.path for file in located.folder.files] == ["ml/latest/d1/b.parquet"]


def test_a_run_without_any_time_claims_nothing() -> None:
    from dataclasses import replace

    run = replace(run_of("r", 0, 5, files=1), created_at=None, started_at=None)
    assert isinstance(judge(run, folders_of(PLACE, f"{folder_name(0)}/a.parquet")), NotThere)


async def test_files_that_appear_late_are_waited_for() -> None:
    store, clock = DictStore(), JumpClock()
    store.put(f"{folder_name(0)}/part-0.parquet")
    store.appear[3] = {f"{folder_name(0)}/part-1.parquet": b"x"}
    sighting = await find_folder(store, PLACE, run_of("r", 0, 17, files=2), clock=clock)
    assert sighting.folder is not None
    assert len(sighting.folder.files) == 2
    assert set(store.listed) == {"ml/churn/d1"}
    assert 0 < clock.seconds < 30


async def test_a_folder_that_stays_short_is_given_back_short() -> None:
    store, clock = DictStore({f"{folder_name(0)}/part-0.parquet": b"x"}), JumpClock()
    sighting = await find_folder(store, PLACE, run_of("r", 0, 17, files=2), clock=clock, patience_s=10)
    assert sighting.folder is not None
    assert len(sighting.folder.files) == 1
    assert clock.seconds == pytest.approx(10)


async def test_nothing_there_is_said_after_the_deadline_and_names_the_place() -> None:
    clock = JumpClock()
    looks: list[float] = []
    with pytest.raises(NothingLanded, match="mem://store/ml/churn/d1") as caught:
        await find_folder(
            DictStore(), PLACE, run_of("r", 0, 17, rows=5), clock=clock, patience_s=10, on_look=looks.append
        )
    assert "7 days" in caught.value.meaning
    assert clock.seconds == pytest.approx(10)
    assert looks[0] == pytest.approx(10)
    assert looks == sorted(looks, reverse=True)


async def test_a_failed_run_is_not_waited_for() -> None:
    clock = JumpClock()
    with pytest.raises(NothingLanded, match="left nothing"):
        await find_folder(DictStore(), PLACE, run_of("r", 0, 17, phase=RunPhase.FAILED), clock=clock)
    assert clock.seconds == 0


@pytest.mark.parametrize(("rows", "files"), [(0, 0), (0, None), (None, 0)])
async def test_a_run_that_wrote_nothing_has_no_folder_at_once(rows: int | None, files: int | None) -> None:
    clock = JumpClock()
    sighting = await find_folder(DictStore(), PLACE, run_of("r", 0, 17, rows=rows, files=files), clock=clock)
    assert sighting.folder is None
    assert clock.seconds == 0


async def test_missing_numbers_are_not_zero() -> None:
    with pytest.raises(NothingLanded):
        await find_folder(DictStore(), PLACE, run_of("r", 0, 17), clock=JumpClock(), patience_s=3)


async def test_an_unclear_folder_names_the_candidates_without_their_tricks() -> None:
    place = Place("p", "d1", "%DESTINATION%_%DATETIME(YYYYMMdd_HHmmss)%")
    store = DictStore()
    for name in ("one", "two\u202e"):
        store.put(f"p/{name}_20261123_010005/a.parquet", written_at=at(5))
    with pytest.raises(FolderUnclear) as caught:
        await find_folder(store, place, run_of("r", 0, 10, files=1, size=1), clock=JumpClock(), patience_s=1)
    assert "p/one_20261123_010005" in caught.value.message
    assert "\u202e" not in caught.value.message
