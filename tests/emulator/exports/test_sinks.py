import asyncio
import base64
import io
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import polars as pl
import pytest

from support.certificates import loopback_certificate
from support.entra import PRINCIPAL, PRINCIPAL_KEY, TENANT, running_authority
from support.servers import Azurite, S3Server, running_azurite
from support.sftp_servers import Sshd
from tarmac.emulator.contracts import EmulatedDataset, ExportFailed, ExportJob, SinkTarget
from tarmac.emulator.engine import Engine
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

FOLDER = "ml/churn/66c0/exportTime=20261123010000"
FAILED = "ACTIVATION_BATCH-0000-FAILED"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(1)
    yield engine
    await engine.close()


@pytest.fixture
def job(samples: dict[str, EmulatedDataset]) -> ExportJob:
    return ExportJob(
        job_id="run",
        files=samples["loyalty_profiles"].files,
        format=FileFormat.PARQUET,
        compression=Compression.GZIP,
        folder=FOLDER,
        file_stem_seed=3,
        rows_per_file=10_000,
        sink=SinkTarget(DestinationKind.AMAZON_S3),
        written_at=datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
    )


def assert_landed(job: ExportJob, files: dict[str, bytes]) -> None:
    assert len(files) == 3
    assert all(name.startswith(f"{FOLDER}/part-0000") for name in files)
    found = pl.concat([pl.read_parquet(io.BytesIO(files[name])) for name in sorted(files)])
    assert found.equals(pl.read_parquet(list(job.files)))


async def failure(engine: Engine, job: ExportJob, sink: SinkTarget) -> str:
    async with asyncio.timeout(20):
        with pytest.raises(ExportFailed) as caught:
            await engine.export(replace(job, sink=sink))
    assert caught.value.code == FAILED
    assert not any(secret in caught.value.message for secret in sink.credentials.values() if len(secret) > 12)
    return caught.value.message


# --- S3 and Google Cloud Storage -------------------------------------------------------------------------------------


@pytest.fixture(params=["amazon-s3", "google-cloud-storage"])
def bucket(s3_server: S3Server, request: pytest.FixtureRequest) -> SinkTarget:
    name = f"acme-{uuid.uuid4()}"
    s3_server.bucket(name, {})
    keys = s3_server.admin
    names = ("s3AccessKey", "s3SecretKey") if request.param == "amazon-s3" else ("accessKeyId", "secretAccessKey")
    return SinkTarget(
        DestinationKind(request.param),
        endpoint=s3_server.url,
        container=name,
        auth="Access Key",
        credentials=dict(zip(names, (keys.access_key_id, keys.secret_access_key), strict=True)),
    )


async def test_an_export_lands_in_a_bucket(
    engine: Engine, job: ExportJob, bucket: SinkTarget, s3_server: S3Server
) -> None:
    result = await engine.export(replace(job, sink=bucket))
    client = s3_server.client("s3")
    listed = client.list_objects_v2(Bucket=bucket.container)["Contents"]
    files = {each["Key"]: client.get_object(Bucket=bucket.container, Key=each["Key"])["Body"].read() for each in listed}
    assert_landed(job, files)
    assert [(file.path, file.bytes) for file in result.files] == [(name, len(files[name])) for name in sorted(files)]


async def test_a_bucket_that_refuses_is_named_with_the_cause(
    engine: Engine, job: ExportJob, bucket: SinkTarget, closed_port: int
) -> None:
    wrong = {key: value if "cessKey" in key else "wrong" * 8 for key, value in bucket.credentials.items()}
    wrong |= {key: "w" * 40 for key in wrong if "ecret" in key}
    assert "Access denied" in await failure(engine, job, replace(bucket, credentials=wrong))
    none = replace(bucket, container="acme-nobody-made-this")
    assert "no bucket or container acme-nobody-made-this" in await failure(engine, job, none)
    closed = replace(bucket, endpoint=f"http://127.0.0.1:{closed_port}")
    assert "cannot be reached" in await failure(engine, job, closed)
    plain = replace(bucket, endpoint="http://storage.example.com")
    assert "use https" in await failure(engine, job, plain)
    assert (await engine.export(replace(job, sink=bucket))).rows == 25_000


async def test_a_failed_export_takes_its_files_back(
    engine: Engine, job: ExportJob, bucket: SinkTarget, s3_server: S3Server, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.parquet"
    whole = bytearray(job.files[0].read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 100_000] = bytes(100_000)
    broken.write_bytes(whole)
    heard: list[object] = []
    with pytest.raises(ExportFailed, match=r"broken\.parquet"):
        await engine.export(replace(job, sink=bucket, files=(*job.files, broken)), heard.append)
    assert len(heard) >= 2
    assert s3_server.client("s3").list_objects_v2(Bucket=bucket.container)["KeyCount"] == 0


# --- Azure -----------------------------------------------------------------------------------------------------------


def in_container(server: Azurite, name: str) -> dict[str, bytes]:
    with server.service as service:
        client = service.get_container_client(name)
        return {blob.name: client.download_blob(blob.name).readall() for blob in client.list_blobs()}


async def test_an_export_lands_in_azure_blob(engine: Engine, job: ExportJob, azurite: Azurite) -> None:
    azurite.container("sink-blob", {})
    sink = SinkTarget(
        DestinationKind.AZURE_BLOB,
        endpoint=azurite.url,
        container="sink-blob",
        auth="ConnectionString",
        credentials={"connectionString": azurite.connection_string()},
    )
    await engine.export(replace(job, sink=sink))
    assert_landed(job, in_container(azurite, "sink-blob"))
    wrong = azurite.connection_string().replace(azurite.key, base64.b64encode(b"another key").decode())
    assert "Access denied" in await failure(engine, job, replace(sink, credentials={"connectionString": wrong}))
    assert "no bucket or container" in await failure(engine, job, replace(sink, container="sink-nobody"))
    unreadable = replace(sink, credentials={"connectionString": "AccountName=x;AccountKey=?"})
    assert "cannot be set up" in await failure(engine, job, unreadable)
    assert "has no connectionString" in await failure(engine, job, replace(sink, credentials={}))


async def test_an_export_lands_in_a_landing_zone_of_its_own_server(
    engine: Engine, job: ExportJob, azurite: Azurite
) -> None:
    azurite.container("sink-dlz", {})
    sink = SinkTarget(
        DestinationKind.DATA_LANDING_ZONE,
        endpoint=azurite.url,
        container="sink-dlz",
        auth="SAS",
        credentials={"SASToken": azurite.policy("sink-dlz", "dlz-1", "racwdl")},
    )
    await engine.export(replace(job, sink=sink))
    assert_landed(job, in_container(azurite, "sink-dlz"))
    azurite.policy("sink-dlz", "dlz-2")
    assert "Access denied" in await failure(engine, job, sink)


@pytest.fixture
def authority() -> Iterator[str]:
    with running_authority() as address:
        yield address


async def test_an_export_lands_in_data_lake_gen2_by_service_principal(
    job: ExportJob, authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = loopback_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    engine = Engine(1)
    with running_azurite(tmp_path, "--oauth", "basic", certificate=(certificate, key)) as server:
        server.container("lake", {})
        principal = {
            "url": f"{server.url}/lake",
            "tenant": TENANT,
            "servicePrincipalId": PRINCIPAL,
            "servicePrincipalKey": PRINCIPAL_KEY,
        }
        sink = SinkTarget(
            DestinationKind.AZURE_DATA_LAKE,
            endpoint=f"{server.url}?authority={authority}",
            auth="Azure Service Principal Auth",
            credentials=principal,
        )
        await engine.export(replace(job, sink=sink))
        assert_landed(job, in_container(server, "lake"))
        wrong = replace(sink, credentials=principal | {"servicePrincipalKey": "wrong"})
        assert "Access denied" in await failure(engine, job, wrong)
        nameless = replace(sink, credentials=principal | {"url": server.url})
        assert "names no file system" in await failure(engine, job, nameless)
    await engine.close()


# --- SFTP ------------------------------------------------------------------------------------------------------------


def on_disk(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def test_an_export_lands_on_an_sftp_server_by_key(
    engine: Engine, job: ExportJob, sshd: Sshd, closed_port: int, tmp_path: Path
) -> None:
    root = sshd.root / f"sink-{uuid.uuid4()}"
    known = {"domain": sshd.host, "username": sshd.user, "sshKey": base64.b64encode(sshd.private_key.encode()).decode()}
    sink = SinkTarget(
        DestinationKind.SFTP,
        endpoint=f"sftp://{sshd.host}:{sshd.port}{root}",
        auth="SFTP with SSH Key",
        credentials=known,
    )
    await engine.export(replace(job, sink=sink))
    assert_landed(job, on_disk(root))

    another = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
    wrong = known | {"sshKey": base64.b64encode(another).decode()}
    assert "Access denied" in await failure(engine, job, replace(sink, credentials=wrong))
    assert "Base64" in await failure(engine, job, replace(sink, credentials=known | {"sshKey": "no key"}))
    closed = replace(sink, endpoint=f"sftp://127.0.0.1:{closed_port}")
    assert "cannot be reached" in await failure(engine, job, closed)
    (sshd.root / "in-the-way").touch()
    blocked = replace(sink, endpoint=f"sftp://{sshd.host}:{sshd.port}{sshd.root}/in-the-way")
    assert "in-the-way" in await failure(engine, job, blocked)


async def test_an_export_lands_on_an_sftp_server_by_password(engine: Engine, job: ExportJob, tmp_path: Path) -> None:
    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("aep", "open sesame")

    root = tmp_path / "files"
    root.mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Login,
        server_host_keys=[key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=bytes(root)),
    )
    known = {"domain": "127.0.0.1", "port": str(server.get_port()), "username": "aep", "password": "open sesame"}
    sink = SinkTarget(
        DestinationKind.SFTP,
        endpoint=f"sftp://127.0.0.1:{server.get_port()}",
        auth="SFTP with Password",
        credentials=known,
    )
    try:
        await engine.export(replace(job, sink=sink))
        assert_landed(job, on_disk(root))
        wrong = replace(sink, credentials=known | {"password": "open barley"})
        assert "Access denied" in await failure(engine, job, wrong)
    finally:
        server.close()
        await server.wait_closed()
