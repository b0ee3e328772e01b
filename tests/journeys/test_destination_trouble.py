"""What goes wrong with storages, on real servers: each names its cause and the next step, with the promised exit code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import tomli_w

from support import six_storages as real
from support.certificates import loopback_certificate
from support.emulator_process import Home, emulator_home
from support.entra import running_authority
from support.servers import Azurite, S3Server, running_azurite
from support.sftp_servers import SftpByPassword, Sshd
from support.six_storages import RealDestination

LONG = "/".join(["a" * 99] * 10)
assert len(LONG) == 999


def changed(destination: RealDestination, name: str, **changes: Any) -> dict[str, Any]:
    """The profile's tables with one more destination: the same but for `changes`; tables are merged."""
    table = {**destination.table}
    for key, value in changes.items():
        table[key] = {**table.get(key, {}), **value} if isinstance(value, dict) else value
    return {name: table}


@pytest.fixture(scope="module")
def home(
    azurite: Azurite,
    s3_server: S3Server,
    sshd: Sshd,
    sftp_by_password: SftpByPassword,
    closed_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("trouble")
    source = folder / "small.parquet"
    pl.DataFrame({"id": range(500), "name": [f"customer {row}" for row in range(500)]}).write_parquet(source)
    s3 = real.amazon_s3(s3_server, "trouble-s3", "trouble-nobody-made-this")
    gcs = real.google_cloud_storage(s3_server, "trouble_gcs", "trouble_nobody_made_this")
    blob = real.azure_blob(azurite, "trouble-blob")
    sftp = real.sftp_by_password(sftp_by_password, folder)
    key = real.sftp_by_key(sshd, folder)
    lister = s3_server.reader("trouble-s3", actions=("s3:ListBucket",))
    getter = s3_server.reader("trouble-s3", actions=("s3:GetObject",))
    other_key = base64.b64encode(b"the key of another account").decode()
    wrong_blob = azurite.connection_string().replace(azurite.key, other_key)
    (sftp_by_password.files / "read-only").mkdir(mode=0o555)
    unreadable = sftp_by_password.files / "unreadable"
    unreadable.mkdir(mode=0o300)
    certificate = loopback_certificate(folder)
    with (
        running_authority() as authority,
        running_azurite(folder, "--oauth", "basic", certificate=certificate) as server,
    ):
        lake = real.azure_data_lake(server, authority, "trouble-lake")
        destinations = {
            "s3": s3.table,
            "blob": blob.table,
            **changed(s3, "s3-wrong-key", credentials={"secret_key": "w" * 40}),
            **changed(s3, "s3-wrong-bucket", bucket="trouble-nobody-made-this"),
            **changed(s3, "s3-may-not-list", reader=_reader(getter)),
            **changed(s3, "s3-may-not-read", reader=_reader(lister)),
            **changed(s3, "s3-unreachable", reader={"endpoint": f"http://127.0.0.1:{closed_port}"}),
            **changed(s3, "s3-no-such-host", reader={"endpoint": "https://storage.invalid"}),
            **changed(s3, "s3-slashes", path="/ml/slashes/"),
            **changed(s3, "s3-rotate", credentials={"secret_key": {"file": str(folder / "secret")}}),
            **changed(gcs, "gcs-wrong-key", credentials={"secret_access_key": "w" * 40}),
            **changed(gcs, "gcs-wrong-bucket", bucket="trouble_nobody_made_this"),
            **changed(blob, "blob-wrong-key", credentials={"connection_string": wrong_blob}),
            **changed(blob, "blob-wrong-container", container="trouble-nobody"),
            **changed(lake, "lake-wrong-key", credentials={"service_principal_key": "wrong"}),
            **changed(lake, "lake-wrong-container", credentials={"url": f"{server.url}/trouble-nobody"}),
            "lake": lake.table,
            **changed(sftp, "sftp-wrong-password", credentials={"password": "open barley"}),
            **changed(sftp, "sftp-read-only", path="read-only/ml"),
            **changed(sftp, "sftp-may-not-list", path="unreadable"),
            **changed(sftp, "sftp-other-host-key", reader={"host_key": sshd.host_key}),
            **changed(sftp, "sftp-unreachable", reader={"port": closed_port}),
            **changed(sftp, "sftp-long", path=LONG),
            **changed(key, "sftp-wrong-user", reader={"username": "nobody-here"}),
        }
        env = {**s3.env, **gcs.env, **blob.env, **sftp.env, **key.env, **lake.env}
        storages = [part for each in (s3, gcs, blob, sftp, lake) for part in ("--storage", str(each.storage))]
        arguments = ["--dataset", f"small={source}", "--ready-after", "0", "--speed", "20", *storages]
        timing = {"probe": "500ms", "poll": "200ms"}
        place = tmp_path_factory.mktemp("home")
        with emulator_home(place, *arguments, timing=timing, destinations=destinations, env=env) as home:
            yield home


def _reader(keys: Any) -> dict[str, str]:
    return {"access_key": keys.access_key_id, "secret_key": keys.secret_access_key}


def run(home: Home, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run one headless command; none of them may hang."""
    done = home.run(*arguments, "--json", timeout_s=60)
    assert "Traceback" not in done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return done.returncode, answer


def failing(answer: dict[str, Any]) -> dict[str, Any]:
    [layer] = [each for each in answer["reader"] if not each["ok"]]
    assert layer == answer["reader"][-1]
    assert isinstance(layer, dict)
    return layer


WRITER = {
    # destination: what the failed run says, what the platform's test says, the reader's failing layer
    "s3-wrong-key": ("Access denied by Amazon S3 (SignatureDoesNotMatch)", "Access denied", "sign-in"),
    "s3-wrong-bucket": ("no bucket or container trouble-nobody-made-this", "trouble-nobody-made-this", "list"),
    "gcs-wrong-key": ("Access denied by Google Cloud Storage", "Access denied", "sign-in"),
    "gcs-wrong-bucket": ("no bucket or container trouble_nobody", "trouble_nobody_made_this", "list"),
    "blob-wrong-key": ("Access denied by Azure Blob", "Access denied", "sign-in"),
    "blob-wrong-container": ("no bucket or container trouble-nobody", "trouble-nobody", "list"),
    "lake-wrong-key": ("Access denied by Azure Data Lake Gen2", "Access denied", "sign-in"),
    "lake-wrong-container": ("no bucket or container trouble-nobody", "trouble-nobody", "list"),
    "sftp-wrong-password": ("Access denied by the SFTP server", "Access denied", "sign-in"),
    "sftp-read-only": ("no folder read-only/ml", "may not write", None),
}


@pytest.mark.parametrize("name", WRITER)
def test_a_run_that_cannot_write_fails_with_the_storages_own_cause(home: Home, name: str) -> None:
    in_run, in_test, layer = WRITER[name]
    code, answer = run(home, "export", "--dataset", "small", "--to", name)
    assert (code, answer["status"]) == (1, "failed"), answer
    assert in_run in answer["error"]["message"]
    assert answer["error"]["next"]

    code, answer = run(home, "destination", "test", name)
    assert (code, answer["status"]) == (1, "failed"), answer
    assert answer["writer"]["ok"] is False
    assert in_test in answer["writer"]["found"]
    assert answer["writer"]["next"]
    if layer is not None:
        assert failing(answer)["layer"] == layer
        assert failing(answer)["next"]


READER = {
    # destination: the failing layer, words of its cause
    "s3-may-not-list": ("list", "AccessDenied"),
    "s3-may-not-read": ("read", "AccessDenied"),
    "s3-unreachable": ("connection", "refuses connections"),
    "s3-no-such-host": ("name", "storage.invalid cannot be resolved"),
    "sftp-may-not-list": ("list", "permission denied"),
    "sftp-other-host-key": ("host key", "is known for it"),
    "sftp-unreachable": ("connection", "refuses connections"),
    "sftp-wrong-user": ("sign-in", "refused the user or the key"),
}


@pytest.fixture(scope="module")
def landed_in_s3(home: Home) -> None:
    code, answer = run(home, "export", "--dataset", "small", "--to", "s3")
    assert code == 0, answer


@pytest.mark.usefixtures("landed_in_s3")
@pytest.mark.parametrize("name", READER)
def test_a_reader_that_cannot_read_is_told_at_which_layer(home: Home, name: str) -> None:
    layer, words = READER[name]
    code, answer = run(home, "destination", "test", name)
    assert (code, answer["status"]) == (1, "failed"), answer
    found = failing(answer)
    assert found["layer"] == layer
    assert words in found["found"]
    assert found["next"]
    assert answer["error"]["next"]


def test_a_private_authority_is_believed_only_where_it_is_named(home: Home) -> None:
    code, answer = run(home, "destination", "test", "lake")
    assert code == 0, answer
    assert [each["layer"] for each in answer["reader"]][:4] == ["credentials", "name", "connection", "TLS"]
    stranger = Home(home.config_dir, home.state_dir, home.emulator, {**home.more_env, "SSL_CERT_FILE": ""})
    code, answer = run(stranger, "destination", "test", "lake")
    assert code == 1
    assert failing(answer)["layer"] == "TLS"
    assert "certificate" in failing(answer)["found"]


def test_a_landed_run_that_we_may_not_list_is_not_called_proved(home: Home) -> None:
    code, answer = run(home, "export", "--dataset", "small", "--to", "s3-may-not-list")
    assert (code, answer["status"], answer["verified"]) == (1, "failed", None)
    assert answer["error"]["code"] == "storage-not-allowed"


def test_slashes_around_a_folder_change_nothing(home: Home) -> None:
    code, answer = run(home, "export", "--dataset", "small", "--to", "s3-slashes", "--path", "/ml/slashes/")
    assert code == 0, answer
    assert answer["folder"].startswith("ml/slashes/")


def test_a_very_long_path_lands_where_the_storage_takes_it(home: Home) -> None:
    code, answer = run(home, "export", "--dataset", "small", "--to", "sftp-long")
    assert code == 0, answer
    assert answer["folder"].startswith(LONG)


@pytest.mark.parametrize("name", ["s3", "blob"])
def test_a_path_that_no_storage_takes_is_refused_before_anything_is_sent(home: Home, name: str) -> None:
    code, answer = run(home, "export", "--dataset", "small", "--to", name, "--path", LONG, "--name", "long")
    assert (code, answer["status"]) == (64, "refused"), answer
    assert "1,024" in answer["error"]["message"] + answer["error"]["meaning"]
    assert answer["error"]["next"]


ILLEGAL = {
    "upper-case": ({"kind": "amazon-s3", "bucket": "Acme-ML", "path": "x"}, "bucket", "lower-case"),
    "an-address": ({"kind": "amazon-s3", "bucket": "10.0.0.1", "path": "x"}, "bucket", "IP address"),
    "two-hyphens": ({"kind": "azure-blob", "container": "a--b", "path": "x"}, "container", "single hyphens"),
    "googles": (
        {"kind": "google-cloud-storage", "bucket": "goog-ml", "path": "x"},
        "bucket",
        "without the word google",
    ),
    "upwards": ({"kind": "sftp", "path": "ml/../../etc"}, "path", ".."),
    "over-long": ({"kind": "sftp", "path": "a" * 1_025}, "path", "1,024"),
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_name_is_refused_by_file_and_line(name: str, tmp_path: Path) -> None:
    table, field, words = ILLEGAL[name]
    settings = {"org_id": "A" * 24 + "@AdobeOrg", "client_id": "c", "client_secret": "s", "sandbox": "ml-dev"}
    credentials = {"base_connection": "b0000000-0000-4000-8000-000000000001"}
    profile = tmp_path / "config" / "profiles" / "local.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text(tomli_w.dumps({"platform": settings, "destinations": {"there": {**table, **credentials}}}))
    profile.chmod(0o600)
    home = Home(tmp_path / "config", tmp_path / "state", {})
    code, answer = run(home, "destination", "test", "there")
    assert (code, answer["status"]) == (64, "refused"), answer
    assert field in answer["error"]["message"]
    assert words in json.dumps(answer["error"], ensure_ascii=False)
    assert answer["error"]["next"]


def test_keys_are_rotated_in_place(home: Home, s3_server: S3Server, tmp_path: Path) -> None:
    """A key that was wrong is corrected where the profile finds it; the dataflow goes on with the same base connection."""
    profile = (home.config_dir / "profiles" / "local.toml").read_text()
    file = Path(
        profile.partition('{ file = "')[2].partition('"')[0] or profile.partition('file = "')[2].partition('"')[0]
    )
    file.write_text("w" * 40)
    file.chmod(0o600)
    code, answer = run(home, "export", "--dataset", "small", "--to", "s3-rotate")
    assert code == 1, answer
    flow = answer["flow_id"]

    file.write_text(home.more_env["T_S3_SECRET"])
    code, answer = run(home, "destination", "rotate", "s3-rotate")
    assert (code, answer["status"], answer["writer"]["ok"]) == (0, "done", True), answer
    base = answer["base_connection"]["id"]
    code, answer = run(home, "plan", "--dataset", "small", "--to", "s3-rotate")
    assert (code, answer["has_changes"]) == (0, False), answer
    code, answer = run(home, "export", "--dataset", "small", "--to", "s3-rotate")
    assert code == 0, answer
    assert answer["flow_id"] == flow
    assert base in answer["reused"]
    assert answer["created"] == []


def test_destinations_are_listed_with_what_exists(home: Home) -> None:
    code, answer = run(home, "destination", "list")
    assert code == 0
    names = [each["name"] for each in answer["destinations"]]
    assert {"landing", "s3", "lake", "sftp-long"} <= set(names)


def test_a_landing_zone_has_no_keys_to_rotate(home: Home) -> None:
    code, answer = run(home, "destination", "rotate", "landing")
    assert (code, answer["status"]) == (64, "refused")
    assert "hands out its credentials itself" in answer["error"]["message"]
