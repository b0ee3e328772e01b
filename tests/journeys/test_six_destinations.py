"""Six destinations, each on a real server, in each format: from plan to verified receipt, rows read back by another client."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from azure.storage.blob import ContainerClient
from polars.testing import assert_frame_equal

from support import six_storages as real
from support.certificates import loopback_certificate
from support.emulator_process import Home, emulator_home
from support.entra import running_authority
from support.flights import write_flights
from support.landing import sas_of
from support.servers import Azurite, running_azurite
from support.six_storages import Files, RealDestination

ROWS = 4_000
FORMATS = {
    "parquet": ("--format", "parquet", "--compression", "none"),
    "parquet-gzip": ("--format", "parquet", "--compression", "gzip"),
    "json-gzip": ("--format", "json", "--compression", "gzip"),
}
ENDINGS = {"parquet": ".parquet", "parquet-gzip": ".gz.parquet", "json-gzip": ".json.gz"}
Place = tuple[Home, RealDestination]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    path = folder / "few.parquet"
    pl.read_parquet(write_flights(folder)).head(ROWS).write_parquet(path)
    return path


Start = Callable[..., Home]


@pytest.fixture(scope="module")
def start(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start an emulator whose runs write to the given destinations, with a profile that names them."""
    with ExitStack() as stack:

        def start(*destinations: RealDestination) -> Home:
            arguments = ["--dataset", f"flights={source}", "--ready-after", "0", "--speed", "20"]
            arguments += ["--rows-per-file", str(ROWS // 2)]
            env: dict[str, str] = {}
            for each in destinations:
                arguments += [*each.options, *(("--storage", each.storage) if each.storage else ())]
                env |= each.env
            home = emulator_home(
                tmp_path_factory.mktemp("home"),
                *arguments,
                timing={"probe": "500ms", "poll": "200ms"},
                destinations={each.name: each.table for each in destinations},
                env=env,
            )
            return stack.enter_context(home)

        yield start


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Azurite, str]]:
    """An Azurite that believes service principals, and the address where they sign in."""
    folder = tmp_path_factory.mktemp("lake")
    certificate = loopback_certificate(folder)
    with running_authority() as authority, running_azurite(folder, "--oauth", "basic", certificate=certificate) as lake:
        yield lake, authority


def work(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("sftp")
    return folder


BUILT_IN = "landing_zone_built_in"
PLACES: Mapping[str, Callable[[pytest.FixtureRequest], RealDestination]] = {
    "amazon_s3": lambda request: real.amazon_s3(request.getfixturevalue("s3_server")),
    "azure_blob": lambda request: real.azure_blob(request.getfixturevalue("azurite")),
    "azure_data_lake": lambda request: real.azure_data_lake(*request.getfixturevalue("lake")),
    "landing_zone_azure": lambda request: real.landing_zone_on_azure(request.getfixturevalue("azurite")),
    "landing_zone_aws": lambda request: real.landing_zone_on_aws(request.getfixturevalue("s3_server")),
    "google_cloud_storage": lambda request: real.google_cloud_storage(request.getfixturevalue("s3_server")),
    "sftp_key": lambda request: real.sftp_by_key(request.getfixturevalue("sshd"), work(request)),
    "sftp_password": lambda request: real.sftp_by_password(request.getfixturevalue("sftp_by_password"), work(request)),
}


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, start: Start) -> Place:
    """One of the places, with an emulator that writes there."""
    if request.param == BUILT_IN:
        home = start()
        return home, RealDestination("landing", {"kind": "data-landing-zone"}, lambda folder: in_zone(home, folder))
    found = PLACES[request.param](request)
    return start(found), found


def in_zone(home: Home, folder: str) -> Files:
    """Read a folder of the built-in landing zone with Microsoft's client."""
    with ContainerClient.from_container_url(sas_of(home)) as container:
        names = [blob.name for blob in container.list_blobs(name_starts_with=folder + "/")]
        return {name: container.download_blob(name).readall() for name in names}


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("place", [*PLACES, BUILT_IN], indirect=True)
def test_from_plan_to_verified_receipt(place: Place, format_name: str, source: Path) -> None:
    home, destination = place
    wish = ("--dataset", "flights", "--to", destination.name, "--path", f"ml/{format_name}", *FORMATS[format_name])
    plan = home.run("plan", *wish, "--name", format_name, "--json")
    assert plan.returncode == 2, plan.stderr + plan.stdout
    planned = json.loads(plan.stdout)
    assert [check for check in planned["checks"] if check["verdict"] == "unchecked"] == []

    done = home.run("export", *wish, "--name", format_name, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["verified"], answer["rows"], answer["files"]) == ("landed", True, ROWS, 2)
    assert answer["folder"].startswith(f"ml/{format_name}/{answer['dataset_id']}/exportTime=")

    files = destination.read(answer["folder"])
    assert sum(len(data) for data in files.values()) == answer["bytes"]
    assert all(name.endswith(ENDINGS[format_name]) for name in files)
    assert_same_rows(format_name, [files[name] for name in sorted(files)], source)

    receipt = json.loads(Path(answer["receipt"]).read_text())
    # Where a landing zone is a folder of a bucket, the receipt's paths are those inside that folder.
    assert [each["path"].rpartition("/")[2] for each in receipt["files"]] == sorted(
        name.rpartition("/")[2] for name in files
    )
    assert [each["rows"] for each in receipt["files"]] == [ROWS // 2, ROWS // 2]
    if format_name == "parquet-gzip":
        again = home.run("verify", answer["receipt"])
        assert again.returncode == 0, again.stderr + again.stdout
    for variable, secret in destination.env.items():
        if variable != "SSL_CERT_FILE":
            assert secret not in plan.stdout + plan.stderr + done.stdout + done.stderr
            assert secret not in Path(answer["receipt"]).read_text()


MACROS = (
    "%SANDBOX_NAME%/%DATASET_NAME%_%DATASET_ID%/%DESTINATION_INSTANCE_NAME%/%DATETIME(YYYY-MM-dd)%/at_%EXPORT_TIME%"
)


@pytest.mark.parametrize("place", ["amazon_s3", "azure_blob", "sftp_key", BUILT_IN], indirect=True)
def test_a_folder_template_is_previewed_written_and_found(place: Place) -> None:
    home, destination = place
    wish = ("--dataset", "flights", "--to", destination.name, "--path", "by/template", "--folder-template", MACROS)
    began = datetime.now(UTC)
    plan = json.loads(home.run("plan", *wish, "--name", "template", "--json").stdout)
    years = {moment.year for moment in (began, datetime.now(UTC))}
    assert [check["title"] for check in plan["checks"] if check["verdict"] == "blocker"] == []
    done = home.run("export", *wish, "--name", "template", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    answer = json.loads(done.stdout)
    instance = "%DESTINATION_INSTANCE_NAME%"
    start = f"by/template/{home.emulator['sandbox']}/flights_{answer['dataset_id']}/"
    assert plan["folder"].startswith(tuple(f"{start}{instance}/{year}-" for year in years))
    assert answer["folder"].startswith(start)
    assert instance not in answer["folder"]
    assert sum(len(data) for data in destination.read(answer["folder"]).values()) == answer["bytes"]

    refused = home.run("plan", *wish[:-1], "%DATASET_NAMES%/x", "--name", "other", "--json")
    assert refused.returncode == 64
    assert "%DATASET_NAMES%" in json.loads(refused.stdout)["error"]["message"]


def assert_same_rows(format_name: str, files: list[bytes], source: Path) -> None:
    """Compare with the source, read by polars or Python's own gzip and JSON."""
    expected = pl.read_parquet(source)
    if format_name != "json-gzip":
        found = pl.concat([pl.read_parquet(io.BytesIO(data)) for data in files])
        assert_frame_equal(found, expected, check_dtypes=False)
        return
    lines = [json.loads(line) for data in files for line in gzip.decompress(data).splitlines()]
    assert len(lines) == ROWS
    for line, row in zip(lines, expected.to_dicts(), strict=True):
        assert datetime.fromisoformat(line.pop("time_hour")).astimezone(UTC) == row.pop("time_hour")
        # A missing value may be written as null or left out; both are JSON for "not there".
        assert {key: value for key, value in line.items() if value is not None} == {
            key: value for key, value in row.items() if value is not None
        }
