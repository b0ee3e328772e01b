"""Every way in which a storage says no becomes a clear error, quickly and without a secret in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from support.in_time import in_time
from support.reading import listed, whole
from support.servers import Azurite, S3Server, running_azurite
from tarmac.storage.access import (
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    S3Access,
    StoreTimeouts,
    open_store,
)
from tarmac.storage.errors import StorageCorrupt, StorageDenied, StorageError, StorageMissing, StorageUnreachable
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret


@pytest.fixture(scope="session")
def container(azurite: Azurite) -> str:
    azurite.container("refusals", {"a.json": b"{}"})
    return "refusals"


@pytest.fixture(scope="session")
def bucket(s3_server: S3Server) -> S3Access:
    s3_server.bucket("refusals", {"a.json": b"{}"})
    s3_server.bucket("somebody-elses", {"a.json": b"{}"})
    keys = s3_server.reader("refusals", "no-such-bucket")
    return S3Access("refusals", keys.access_key_id, Secret(keys.secret_access_key), endpoint=s3_server.url)


def sas_access(azurite: Azurite, container: str, sas: str) -> AzureSasAccess:
    return AzureSasAccess(azurite.url, azurite.account, container, Secret(sas))


async def refusal(access: AzureSasAccess | S3Access | GcsHmacAccess | AzureConnectionStringAccess) -> StorageError:
    with pytest.raises(StorageError) as caught:
        await listed(open_store(access), "")
    error = caught.value
    assert error.meaning
    assert error.next_step
    text = f"{error.message} {error.meaning} {error.next_step} {error.__cause__!r}"
    assert error.__suppress_context__
    for secret in ("sig=", "AccountKey=", "secret-of-nobody", "X-Amz"):
        assert secret not in text
    return error


async def test_azure_expired(azurite: Azurite, container: str) -> None:
    sas = azurite.sas(container, ends_in=timedelta(hours=-1))
    error = await refusal(sas_access(azurite, container, sas))
    assert isinstance(error, StorageDenied)
    assert "403" in error.message


async def test_azure_listing_not_allowed(azurite: Azurite, container: str) -> None:
    access = sas_access(azurite, container, azurite.sas(container, "r"))
    error = await refusal(access)
    assert isinstance(error, StorageDenied)
    assert "AuthorizationPermissionMismatch" in error.message
    assert await whole(open_store(access), "a.json") == b"{}"


async def test_azure_wrong_container(azurite: Azurite, container: str) -> None:
    error = await refusal(sas_access(azurite, "another-one", azurite.sas(container)))
    assert isinstance(error, StorageDenied)


async def test_azure_missing_container(azurite: Azurite) -> None:
    error = await refusal(AzureConnectionStringAccess(Secret(azurite.connection_string()), "not-there"))
    assert isinstance(error, StorageMissing)
    assert "ContainerNotFound" in error.message


async def test_azure_wrong_account_key(azurite: Azurite, container: str) -> None:
    broken = azurite.connection_string().replace(azurite.key, "c2VjcmV0LW9mLW5vYm9keQ==")
    assert isinstance(await refusal(AzureConnectionStringAccess(Secret(broken), container)), StorageDenied)


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"secret_access_key": Secret("secret-of-nobody")}, StorageDenied, "403 SignatureDoesNotMatch"),
        ({"access_key_id": "AKIAAAAAAAAAAAAAAAAA"}, StorageDenied, "403 InvalidAccessKeyId"),
        ({"bucket": "somebody-elses"}, StorageDenied, "403 AccessDenied"),
        ({"bucket": "no-such-bucket"}, StorageMissing, "404 NoSuchBucket"),
    ],
)
async def test_s3_refusals(bucket: S3Access, changes: dict[str, str], kind: type[StorageError], said: str) -> None:
    access = replace(bucket, **changes)  # type: ignore[arg-type]  # one field of several types
    error = await refusal(access)
    assert isinstance(error, kind)
    assert said in error.message
    google = GcsHmacAccess(access.bucket, access.access_key_id, access.secret_access_key, access.endpoint)
    assert said in (await refusal(google)).message


async def test_s3_reading_not_allowed(s3_server: S3Server, bucket: S3Access) -> None:
    keys = s3_server.reader("refusals", actions=("s3:ListBucket",))
    lister = replace(bucket, access_key_id=keys.access_key_id, secret_access_key=Secret(keys.secret_access_key))
    store = open_store(lister)
    assert len(await listed(store, "")) == 1
    with pytest.raises(StorageDenied, match=r"read a\.json"):
        await store.read_range("a.json", 0, 1)
    with pytest.raises(StorageDenied, match=r"read a\.json"):
        await whole(store, "a.json")


async def test_s3_names_that_lead_elsewhere_end_a_listing_with_their_name(s3_server: S3Server) -> None:
    s3_server.bucket_of_many("evil-names", ["ml/ok.json", "ml/../../etc/passwd\x1b[31m", "safe/ok.json"])
    keys = s3_server.reader("evil-names")
    store = open_store(
        S3Access("evil-names", keys.access_key_id, Secret(keys.secret_access_key), endpoint=s3_server.url)
    )
    with pytest.raises(StorageCorrupt, match=r"ml/\.\./\.\./etc/passwd") as caught:
        await listed(store, "ml")
    assert "\x1b" not in caught.value.message + caught.value.path
    assert [file.path for file in await listed(store, "safe")] == ["safe/ok.json"]


async def test_a_closed_port_is_reported_at_once(closed_port: int) -> None:
    with in_time(3):
        error = await refusal(AzureSasAccess(f"http://127.0.0.1:{closed_port}/a", "a", "container", Secret("sig=x")))
    assert isinstance(error, StorageUnreachable)
    assert "refused" in error.message


async def test_an_unknown_host_is_named() -> None:
    error = await refusal(S3Access("bucket", "AKIA", Secret("secret-of-nobody"), endpoint="https://storage.invalid"))
    assert isinstance(error, StorageUnreachable)
    assert "cannot be resolved" in error.message


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """A server that takes connections and never says a word."""
    connections: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: connections.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in connections:
        writer.close()


async def test_a_silent_server_is_given_up(silent_port: int) -> None:
    access = S3Access("bucket", "AKIA", Secret("secret-of-nobody"), endpoint=f"http://127.0.0.1:{silent_port}")
    store = open_store(access, timeouts=StoreTimeouts(connect=0.5, silence=0.2, operation=0.6))
    async with asyncio.timeout(5):
        with pytest.raises(StorageUnreachable):
            await listed(store, "")
        with pytest.raises(StorageUnreachable):
            await store.read_range("a", 0, 1)


async def test_what_the_environment_says_does_not_matter(
    bucket: S3Access, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_PROXY_URL"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "foreign")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    assert [file.path for file in await listed(open_store(bucket), "")] == ["a.json"]


async def test_another_azure_key_in_the_environment_is_not_used(
    azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", azurite.key)
    access = sas_access(azurite, container, azurite.sas(container, ends_in=timedelta(hours=-1)))
    assert isinstance(await refusal(access), StorageDenied)


@pytest.mark.parametrize(
    "access",
    [
        S3Access("bucket", "AKIA", Secret("x"), endpoint="http://storage.example.com"),
        AzureSasAccess("http://10.0.0.1/acc", "acc", "container", Secret("sig=x")),
        GcsHmacAccess("bucket", "GOOG", Secret("x"), endpoint="ftp://127.0.0.1"),
        AzureConnectionStringAccess(Secret("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aaaa"), "container"),
        AzureConnectionStringAccess(Secret("AccountName=a"), "container"),
        AzureServicePrincipalAccess("https://acme.dfs.core.windows.net", "tenant", "id", Secret("x")),
        AzureServicePrincipalAccess(
            "https://acme.dfs.core.windows.net/ml",
            "tenant",
            "id",
            Secret("x"),
            authority_host="http://login.example.com",
        ),
    ],
)
def test_what_cannot_be_opened_safely_is_a_usage_error(access: S3Access) -> None:
    with pytest.raises(UsageError):
        open_store(access)


async def test_certificates_are_checked_and_an_own_authority_can_be_trusted(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with running_azurite(tmp_path, certificate=certificate) as server:
        server.container("over-tls", {"a.json": b"{}"})
        access = sas_access(server, "over-tls", server.sas("over-tls"))
        error = await refusal(access)
        assert isinstance(error, StorageUnreachable)
        assert "certificate" in error.message
        assert [file.path for file in await listed(open_store(access, ca_file=certificate[0]), "")] == ["a.json"]
