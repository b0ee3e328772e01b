"""One interface, checked against real servers: Azurite, moto with auth on, OpenSSH."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from support.reading import listed, whole
from support.servers import Azurite, S3Server
from support.sftp_servers import Sshd
from tarmac.storage.access import (
    Access,
    AzureConnectionStringAccess,
    AzureSasAccess,
    GcsHmacAccess,
    S3Access,
    SftpAccess,
    open_store,
)
from tarmac.storage.errors import StorageMissing
from tarmac.storage.row_count import count_rows
from tarmac.storage.store import Store
from tarmac.terms.secrets import Secret

KINDS = ["azure-sas", "azure-connection-string", "s3", "s3-root", "gcs", "sftp"]


@pytest.fixture(scope="session")
def azure_container(azurite: Azurite, landed: dict[str, bytes]) -> Azurite:
    azurite.container("dlz-destination", landed)
    return azurite


@pytest.fixture(scope="session")
def s3_access(s3_server: S3Server, landed: dict[str, bytes]) -> S3Access:
    rooted = {f"dlz-destination/{path}": data for path, data in landed.items()}
    s3_server.bucket("acme-ml", landed | rooted)
    keys = s3_server.reader("acme-ml")
    return S3Access("acme-ml", keys.access_key_id, Secret(keys.secret_access_key), endpoint=s3_server.url)


@pytest.fixture(scope="session")
def sftp_access(sshd: Sshd, landed: dict[str, bytes]) -> SftpAccess:
    for path, data in landed.items():
        file = sshd.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return SftpAccess(sshd.host, sshd.user, sshd.port, private_key=Secret(sshd.private_key), host_key=sshd.host_key)


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    opened = open_store(_access(request))
    yield opened
    await opened.close()


def _access(request: pytest.FixtureRequest) -> Access:
    kind = request.param
    if kind.startswith("azure"):
        server: Azurite = request.getfixturevalue("azure_container")
        if kind == "azure-connection-string":
            return AzureConnectionStringAccess(Secret(server.connection_string()), "dlz-destination")
        uri = f"{server.url}/dlz-destination?sv=ignored"
        sas = Secret(server.policy("dlz-destination", "dlz-1", "racwdl"))
        return AzureSasAccess.from_uri(uri, server.account, "dlz-destination", sas)
    if kind == "sftp":
        sftp: SftpAccess = request.getfixturevalue("sftp_access")
        return sftp
    s3: S3Access = request.getfixturevalue("s3_access")
    if kind == "gcs":
        return GcsHmacAccess(s3.bucket, s3.access_key_id, s3.secret_access_key, s3.endpoint)
    if kind == "s3-root":
        return S3Access(
            s3.bucket, s3.access_key_id, s3.secret_access_key, endpoint=s3.endpoint, root="/dlz-destination/"
        )
    return s3


async def test_lists_everything_below_a_folder_and_nothing_beside_it(store: Store, landed: dict[str, bytes]) -> None:
    files = await listed(store, "ml/churn")
    assert {file.path: file.bytes for file in files} == {
        path: len(data) for path, data in landed.items() if path.startswith("ml/churn/")
    }
    for file in files:
        assert file.modified_at is not None
        assert abs((datetime.now(UTC) - file.modified_at).total_seconds()) < 3600


async def test_a_folder_may_be_written_with_slashes_around_it(store: Store) -> None:
    assert await listed(store, "/ml/churn/") == await listed(store, "ml/churn")


async def test_the_root_lists_all(store: Store, landed: dict[str, bytes]) -> None:
    assert set(landed) <= {file.path for file in await listed(store, "")}


async def test_a_missing_folder_is_empty(store: Store) -> None:
    assert await listed(store, "ml/nothing-here") == []


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 10, b"0123456789"), (3, 4, b"3456"), (8, 100, b"89"), (10, 5, b""), (500, 5, b""), (2, 0, b"")],
)
async def test_reads_ranges_and_less_only_at_the_end(store: Store, start: int, length: int, expected: bytes) -> None:
    assert await store.read_range("ml/churn/notes/x y%20z/é.txt", start, length) == expected


async def test_streams_whole_files(store: Store, landed: dict[str, bytes]) -> None:
    for path, data in landed.items():
        assert await whole(store, path) == data


async def test_a_missing_file_is_named(store: Store) -> None:
    with pytest.raises(StorageMissing, match=r"ml/none\.parquet") as caught:
        await store.read_range("ml/none.parquet", 0, 10)
    assert caught.value.next_step
    with pytest.raises(StorageMissing):
        await whole(store, "ml/none.parquet")


@pytest.mark.parametrize("path", ["../secret", "ml/../../secret", "ml/./x", "ml//x", "ml/a\x1b[2Jb"])
async def test_paths_that_lead_elsewhere_are_refused(store: Store, path: str) -> None:
    with pytest.raises(StorageMissing) as caught:
        await store.read_range(path, 0, 10)
    assert "\x1b" not in caught.value.message
    with pytest.raises(StorageMissing):
        await listed(store, path)


async def test_counts_the_rows_of_an_export(store: Store) -> None:
    files = [file for file in await listed(store, "ml/churn") if file.path.endswith(".parquet")]
    counted = await count_rows(store, files)
    assert [(file.rows, file.problem) for file in counted] == [(250, None), (50, None)]


async def test_the_location_holds_no_secret(store: Store, request: pytest.FixtureRequest) -> None:
    assert store.location.startswith(("s3://acme-ml", "gs://acme-ml", "http://127.0.0.1:", "sftp://127.0.0.1:"))
    for part in ("sig=", "AccountKey", "@"):
        assert part not in store.location
        assert part not in repr(store)
