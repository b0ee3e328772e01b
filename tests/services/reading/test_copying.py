"""A copy is whole or not there, goes on where it ended, and is compared; names never lead out of its folder."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from support.memory_store import MemoryStore
from support.servers import S3Server
from support.sftp_servers import Sshd
from tarmac.services.reading.copying import CopyProgress, copy_files, copy_items
from tarmac.storage.access import Access, S3Access, SftpAccess, open_store
from tarmac.storage.errors import StorageError, StorageUnreachable
from tarmac.storage.local_folder import LocalFolder
from tarmac.storage.store import StoredFile, WritableStore
from tarmac.terms.secrets import Secret

BASE = "ml/churn"


def parquet(rows: int) -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"id": range(rows)}).write_parquet(out)
    return out.getvalue()


FILES = {f"{BASE}/d1/exportTime=2026112301000{n}/part-0.parquet": parquet(100 + n) for n in range(3)}
TARGETS = [path.removeprefix(f"{BASE}/") for path in sorted(FILES)]


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def test_everything_arrives_and_is_compared(tmp_path: Path) -> None:
    source, seen = MemoryStore(FILES), list[CopyProgress]()
    result = await copy_files(source, copy_items(source.entries(), BASE), LocalFolder(tmp_path), seen.append)
    assert result.verified
    assert (result.files, result.skipped, result.rows, result.bytes) == (3, 0, 303, sum(map(len, FILES.values())))
    assert {target: (tmp_path / target).read_bytes() for target in TARGETS} == {
        path.removeprefix(f"{BASE}/"): data for path, data in FILES.items()
    }
    assert (seen[-1].files_done, seen[-1].bytes_done) == (3, result.bytes)


async def test_a_copy_that_was_cut_off_goes_on_where_it_ended(tmp_path: Path) -> None:
    source, items = MemoryStore(FILES), copy_items(MemoryStore(FILES).entries(), BASE)
    whole, half = items[0], items[1]
    (tmp_path / whole.target).parent.mkdir(parents=True)
    (tmp_path / whole.target).write_bytes(FILES[whole.source.path])
    (tmp_path / half.target).parent.mkdir(parents=True)
    (tmp_path / f"{half.target}.part").write_bytes(FILES[half.source.path][:200])
    result = await copy_files(source, items, LocalFolder(tmp_path))
    assert result.verified
    assert result.skipped == 1
    assert names_in(tmp_path) == set(TARGETS)
    assert (tmp_path / half.target).read_bytes() == FILES[half.source.path]


async def test_a_source_that_fails_leaves_no_half_file_under_its_name(tmp_path: Path) -> None:
    broken = sorted(FILES)[1]
    source = MemoryStore(FILES, {broken: StorageUnreachable("gone")})
    with pytest.raises(StorageUnreachable):
        await copy_files(source, copy_items(source.entries(), BASE), LocalFolder(tmp_path))
    assert broken.removeprefix(f"{BASE}/") not in names_in(tmp_path)


async def test_a_copy_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    source, items = MemoryStore(FILES), copy_items(MemoryStore(FILES).entries(), BASE)
    data = bytearray(FILES[items[0].source.path])
    data[-4:] = b"ruin"
    (tmp_path / items[0].target).parent.mkdir(parents=True)
    (tmp_path / items[0].target).write_bytes(data)
    result = await copy_files(source, items, LocalFolder(tmp_path))
    assert not result.verified
    assert [(each.path, each.what) for each in result.differences] == [(items[0].target, "unreadable")]


@pytest.mark.parametrize("name", ["../evil.parquet", "ml/churn/../../evil.parquet", "/etc/x.parquet", "ml//x", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(StorageError):
        copy_items([StoredFile(name, 1)], BASE)


async def test_a_link_in_the_target_does_not_lead_out_of_it(tmp_path: Path) -> None:
    source, target, outside = MemoryStore(FILES), tmp_path / "target", tmp_path / "outside"
    target.mkdir()
    outside.mkdir()
    (target / "d1").symlink_to(outside)
    with pytest.raises(StorageError, match="leads out"):
        await copy_files(source, copy_items(source.entries(), BASE), LocalFolder(target))
    assert not list(outside.iterdir())


@pytest.fixture(params=["s3", "sftp"])
def access(request: pytest.FixtureRequest) -> Access:
    if request.param == "sftp":
        server: Sshd = request.getfixturevalue("sshd")
        return SftpAccess(
            server.host, server.user, server.port, private_key=Secret(server.private_key), host_key=server.host_key
        )
    s3: S3Server = request.getfixturevalue("s3_server")
    bucket = f"copies-{uuid.uuid4()}"
    s3.bucket(bucket, {})
    return S3Access(bucket, s3.admin.access_key_id, Secret(s3.admin.secret_access_key), endpoint=s3.url)


async def test_another_storage_gets_whole_files(access: Access) -> None:
    target: WritableStore = open_store(access)  # type: ignore[assignment]  # these stores are writable
    try:
        # More than one part of an upload.
        large = {**FILES, f"{BASE}/d1/exportTime=20261123010009/part-0.parquet": parquet(2_600_000)}
        source = MemoryStore(large)
        items = copy_items(source.entries(), BASE, f"copies/{uuid.uuid4()}")
        result = await copy_files(source, items, target)
        assert result.verified, result.differences
        assert result.rows == 2_600_303
        again = await copy_files(source, items, target)
        assert (again.skipped, again.verified) == (4, True)
        lost = MemoryStore(large, {items[0].source.path: StorageUnreachable("the source is gone")})
        moved = [replace(item, target=item.target + "x/part.parquet") for item in items]
        with pytest.raises(StorageUnreachable, match="the source is gone"):
            await copy_files(lost, moved, target)
        assert moved[0].target not in {file.path async for page in target.list_files("copies") for file in page}
    finally:
        await target.close()
