"""The probe names the layer that fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from support.servers import S3Server, running_azurite
from support.sftp_servers import Sshd
from tarmac.storage.access import AzureSasAccess, S3Access, SftpAccess, StoreTimeouts
from tarmac.storage.errors import HostKeyUnknown
from tarmac.storage.probe import ProbeStep, probe
from tarmac.terms.secrets import Secret


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server, landed: dict[str, bytes]) -> S3Access:
    s3_server.bucket("probed", landed | {"big/part-0.json": b"{}\n" * 500_000})
    s3_server.bucket("probed-elsewhere", {})
    keys = s3_server.reader("probed", "no-such-bucket")
    return S3Access("probed", keys.access_key_id, Secret(keys.secret_access_key), endpoint=s3_server.url)


def names(steps: list[ProbeStep]) -> list[str]:
    return [step.name + ("" if step.ok else "!") for step in steps]


async def test_all_layers_hold(bucket: S3Access) -> None:
    steps = await probe(bucket)
    assert names(steps) == ["name", "connection", "sign-in", "list", "read", "speed"]
    assert "6 files" in steps[3].detail
    assert "MB/s" in steps[5].detail
    below = await probe(bucket, "ml/churn")
    assert "has 250 rows" in below[4].detail
    assert all(step.took_s >= 0 for step in steps)


async def test_an_empty_folder_is_no_failure(bucket: S3Access) -> None:
    steps = await probe(bucket, "not/yet")
    assert names(steps) == ["name", "connection", "sign-in", "list", "read"]
    assert "nothing below not/yet yet" in steps[3].detail


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"endpoint": "https://storage.invalid"}, ["name!"]),
        ({"endpoint": "CLOSED"}, ["name", "connection!"]),
        ({"endpoint": "http://storage.example.com"}, ["settings!"]),
        ({"secret_access_key": Secret("secret-of-nobody")}, ["name", "connection", "sign-in!"]),
        ({"bucket": "probed-elsewhere"}, ["name", "connection", "sign-in", "list!"]),
        ({"bucket": "no-such-bucket"}, ["name", "connection", "list!"]),
    ],
)
async def test_the_failing_layer_is_the_last(
    bucket: S3Access, changes: dict[str, str], expected: list[str], closed_port: int
) -> None:
    if changes.get("endpoint") == "CLOSED":
        changes = {"endpoint": f"http://127.0.0.1:{closed_port}"}
    steps = await probe(replace(bucket, **changes))  # type: ignore[arg-type]  # one field of several types
    assert names(steps) == expected
    assert steps[-1].next_step
    assert steps[-1].error is not None
    assert "secret-of-nobody" not in steps[-1].detail


async def test_the_certificate_is_a_layer_of_its_own(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with running_azurite(tmp_path, certificate=certificate) as server:
        server.container("probed", {})
        access = AzureSasAccess(server.url, server.account, "probed", Secret(server.sas("probed")))
        assert names(await probe(access)) == ["name", "connection", "TLS!"]
        steps = await probe(access, ca_file=certificate[0])
        assert names(steps) == ["name", "connection", "TLS", "sign-in", "list", "read"]
        assert "TLSv1" in steps[2].detail


async def test_sftp_layers(sshd: Sshd) -> None:
    (sshd.root / "probed").mkdir()
    (sshd.root / "probed" / "a.json").write_bytes(b"{}")
    access = SftpAccess(sshd.host, sshd.user, sshd.port, private_key=Secret(sshd.private_key), host_key=sshd.host_key)
    steps = await probe(access, "probed")
    assert names(steps) == ["name", "connection", "host key", "sign-in", "list", "read"]
    unknown = await probe(replace(access, host_key=None))
    assert names(unknown) == ["name", "connection", "host key!"]
    assert isinstance(unknown[-1].error, HostKeyUnknown)
    stranger = await probe(replace(access, user="nobody-here"))
    assert names(stranger) == ["name", "connection", "host key", "sign-in!"]


async def test_a_silent_server_ends_the_probe() -> None:
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    access = S3Access("bucket", "AKIA", Secret("x"), endpoint=f"https://127.0.0.1:{port}")
    async with asyncio.timeout(5):
        steps = await probe(access, timeouts=StoreTimeouts(connect=0.3, silence=0.3, operation=0.5))
    assert names(steps) == ["name", "connection", "TLS!"]
    assert "in time" in steps[-1].detail
    server.close()
    for writer in writers:
        writer.close()
