"""Real input, end to end by headless commands: what lands equals the source row for row, read by another program."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from azure.storage.blob import ContainerClient
from polars.testing import assert_frame_equal

from support.emulator_process import Home, emulator_home
from support.flights import ROWS, write_flights
from support.landing import sas_of

TIMING = {"probe": "1s", "poll": "500ms"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_flights(tmp_path_factory.mktemp("flights"))


@pytest.fixture(scope="module")
def home(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    arguments = ["--dataset", f"flights={source}", "--ready-after", "60", "--speed", "60"]
    with emulator_home(tmp_path_factory.mktemp("home"), *arguments, timing=TIMING) as home:
        yield home


def landed(home: Home, folder: str) -> dict[str, bytes]:
    """Read every file of the folder with Microsoft's own client, through the SAS that the emulator hands out."""
    with ContainerClient.from_container_url(sas_of(home)) as container:
        names = [blob.name for blob in container.list_blobs(name_starts_with=folder + "/")]
        return {name: container.download_blob(name).readall() for name in names}


def export(home: Home, *arguments: str) -> dict[str, object]:
    done = home.run("export", "--dataset", "flights", "--to", "landing", "--json", *arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def check_answer(answer: dict[str, object]) -> str:
    """Check what design §5.2 promises of the answer and return the folder."""
    assert answer["status"] == "landed"
    assert answer["verified"] is True
    assert answer["rows"] == ROWS
    assert answer["destination"] == "data-landing-zone"
    assert set(answer) == {
        *("status", "export", "dataset_id", "flow_id", "run_id", "destination", "folder", "rows", "bytes", "files"),
        *("verified", "receipt", "reused", "created"),
    }
    assert Path(str(answer["receipt"])).is_file()
    return str(answer["folder"])


def test_gzip_parquet_equals_the_source_row_for_row(home: Home, source: Path) -> None:
    folder = check_answer(export(home, "--compression", "gzip"))
    files = landed(home, folder)
    assert len(files) > 1
    frames = [pl.read_parquet(io.BytesIO(files[name])) for name in sorted(files)]
    assert_frame_equal(pl.concat(frames), pl.read_parquet(source), check_dtypes=False)


def test_gzip_json_equals_the_source_row_for_row(home: Home, source: Path) -> None:
    folder = check_answer(export(home, "--format", "json", "--compression", "gzip", "--path", "ml/flights-json"))
    files = landed(home, folder)
    assert len(files) > 1
    lines = b"".join(gzip.decompress(files[name]) for name in sorted(files)).splitlines()
    assert len(lines) == ROWS
    expected = pl.read_parquet(source).to_dicts()
    for line, row in zip(lines, expected, strict=True):
        got = json.loads(line)
        moment = datetime.fromisoformat(got.pop("time_hour"))
        assert moment.astimezone(UTC) == row.pop("time_hour")
        # A missing value may be written as null or left out; both are JSON for "not there".
        assert {key: value for key, value in got.items() if value is not None} == {
            key: value for key, value in row.items() if value is not None
        }


def test_the_same_wish_again_reuses_its_flow_and_fires_a_new_run(home: Home) -> None:
    first = export(home)
    second = export(home)
    assert second["flow_id"] == first["flow_id"]
    assert second["run_id"] != first["run_id"]
    assert second["created"] == []
