"""What a listing means: data, markers, export folders, custom folder templates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.storage.folder_template import FolderTemplate
from tarmac.storage.layout import DataKind, data_kind, dataset_folder, export_folders, export_moment
from tarmac.storage.paths import is_safe
from tarmac.storage.store import StoredFile
from tarmac.terms.errors import UsageError

DATASET = "66c0ffee0000000000000001"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/part-00000-tid-1-2-c000.gz.parquet", DataKind.PARQUET),
        ("a/part-00000.parquet", DataKind.PARQUET),
        ("a/part-00000.json.gz", DataKind.JSON_GZIP),
        ("a/part-00000.json", DataKind.JSON),
        ("a/part-00000.PARQUET", DataKind.PARQUET),
        ("a/_SUCCESS", None),
        ("_$azuretmpfolder$/x.parquet", None),
        ("a/_temporary/0/part-00000.parquet", None),
        ("a/manifest-b000-c000.json", None),
        ("a/.hidden.parquet", None),
        ("a/.staging/part-00000.parquet", None),
        ("a/_metadata.parquet", None),
        ("a/part-00000.csv", None),
        ("a/part-00000.parquet.crc", None),
        ("a/exportTime=20261123010000", None),
    ],
)
def test_what_is_data(path: str, kind: DataKind | None) -> None:
    assert data_kind(path) is kind


@pytest.mark.parametrize(
    ("folder", "moment"),
    [
        ("ml/x/exportTime=20240405230601", datetime(2024, 4, 5, 23, 6, 1, tzinfo=UTC)),
        ("ml/x/exportTime=202404052306", datetime(2024, 4, 5, 23, 6, tzinfo=UTC)),
        ("exportTime=202404052306/deeper", datetime(2024, 4, 5, 23, 6, tzinfo=UTC)),
        ("ml/x/exportTime=20241305230601", None),
        ("ml/x/exportTime=2024", None),
        ("ml/x/ExportTime=202404052306", None),
        ("ml/x", None),
        ("", None),
    ],
)
def test_the_time_in_a_folder_name(folder: str, moment: datetime | None) -> None:
    assert export_moment(folder) == moment


def files(*paths: str) -> list[StoredFile]:
    return [StoredFile(path, 10) for path in paths]


def test_export_folders_are_grouped_and_ordered() -> None:
    base = dataset_folder("/ml/churn/", DATASET)
    assert base == f"ml/churn/{DATASET}"
    folders = export_folders(
        files(
            f"{base}/exportTime=20261124010000/part-1.parquet",
            f"{base}/exportTime=20261123010000/part-2.parquet",
            f"{base}/exportTime=20261123010000/part-1.parquet",
            f"{base}/exportTime=20261123010000/_SUCCESS",
            f"{base}/exportTime=20261125010000/_SUCCESS",
            f"{base}x/exportTime=20261122010000/part-1.parquet",
            "_$azuretmpfolder$/part-1.parquet",
        ),
        within=base,
    )
    assert [folder.moment and folder.moment.day for folder in folders] == [23, 24]
    assert [file.path.rpartition("/")[2] for file in folders[0].files] == ["part-1.parquet", "part-2.parquet"]
    assert folders[0].bytes == 20


def test_names_that_lead_elsewhere_are_left_out() -> None:
    found = export_folders(
        files("ml/../x/part-1.parquet", "/ml/part-1.parquet", "ml//a.parquet", "ml/\x1b[2J/a.parquet")
    )
    assert found == ()


MOMENT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("%DESTINATION%_%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%", f"S3_{DATASET}_20261123_010203"),
        ("%DATASET_ID%/%DATETIME(yyyy/MM/dd/HHmmss)%", f"{DATASET}/2026/11/23/010203"),
        ("daily/%DATETIME%/%EXPORT_TIME%", "daily/20261123_010203/20261123010203"),
    ],
)
def test_a_template_knows_its_own_folders(template: str, folder: str) -> None:
    made = FolderTemplate(template, {"DESTINATION": "S3", "DATASET_ID": DATASET})
    assert made.render(MOMENT) == folder
    assert made.fits(folder)
    assert made.moment(folder) == MOMENT
    assert not made.fits(folder + "x")
    assert not made.fits(folder.replace("2026", "20x6"))


def test_an_unknown_value_stands_for_any_name() -> None:
    template = FolderTemplate("%SANDBOX_NAME%/%DATETIME(YYYYMMdd)%")
    assert template.moment("ml-dev/20261123") == datetime(2026, 11, 23, tzinfo=UTC)
    assert not template.fits("a/b/20261123")
    assert template.moment("ml-dev/20261399") is None


def test_a_macro_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="%DATASETID%"):
        FolderTemplate("%DATASETID%")


def test_a_template_chooses_the_folders_of_its_exports() -> None:
    template = FolderTemplate("%DATASET_NAME%/%DATETIME(YYYYMMddHH)%", {"DATASET_NAME": "churn (v1)"})
    found = export_folders(
        files(
            "base/churn (v1)/2026112301/a.parquet", "base/churn (v1)/old/a.parquet", "base/other/2026112301/a.parquet"
        ),
        within="base",
        template=template,
    )
    assert [folder.path for folder in found] == ["base/churn (v1)/2026112301"]
    assert found[0].moment == datetime(2026, 11, 23, 1, tzinfo=UTC)


@given(st.text(max_size=60))
def test_any_name_is_judged(path: str) -> None:
    export_moment(path)
    data_kind(path)
    FolderTemplate("%DATASET_ID%/%DATETIME%").moment(path)
    if is_safe(path):
        assert ".." not in path.split("/")
        assert not path.startswith("/")
