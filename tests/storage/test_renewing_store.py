"""Credentials that end while they are used: renewed once, nothing listed twice, nothing left out."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from support.http_relay import http_relay
from support.reading import listed, whole
from support.servers import Azurite, S3Keys, S3Server
from tarmac.storage.access import Access, AzureSasAccess, S3Access, open_store
from tarmac.storage.errors import StorageDenied
from tarmac.terms.secrets import Secret


class Renewal:
    """Hands out one access after the other, and counts."""

    def __init__(self, *fresh: Access) -> None:
        self._fresh = list(fresh)
        self.calls = 0

    async def __call__(self) -> Access:
        self.calls += 1
        return self._fresh.pop(0)


async def test_azure_renews_in_the_middle_of_a_listing(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarmac.storage.object_store._PAGE", 2)
    paths = [f"ml/part-{number}.parquet" for number in range(7)]
    azurite.container("renewing", dict.fromkeys(paths, b"x"))
    port = urlsplit(azurite.url).port
    assert port is not None
    # The relay asks for pages of two, where Azure itself would need 5,000 files for a second page.
    async with http_relay(port, lambda line: line.replace("comp=list", "comp=list&maxresults=2")) as relay:
        url = f"http://127.0.0.1:{relay.port}/{azurite.account}"

        def access(policy: str) -> AzureSasAccess:
            return AzureSasAccess(url, azurite.account, "renewing", Secret(azurite.policy("renewing", policy)))

        first = access("dlz-1")
        seen: list[str] = []

        async def renew() -> Access:
            seen.append("renewed")
            return access("dlz-2")

        store = open_store(first, renew=renew)
        async for page in store.list_files("ml"):
            seen += [file.path for file in page]
            if len(seen) == 2:
                azurite.policy("renewing", "somebody-rotated")  # ends dlz-1
    assert seen[:2] == paths[:2]
    assert seen[2] == "renewed"
    assert seen[3:] == paths[2:]


def s3_access(server: S3Server, bucket: str, keys: S3Keys) -> S3Access:
    return S3Access(bucket, keys.access_key_id, Secret(keys.secret_access_key), endpoint=server.url)


async def test_s3_lists_ten_thousand_files_through_a_renewal(s3_server: S3Server) -> None:
    paths = [f"ml/part-{number:05d}.parquet" for number in range(10_000)]
    s3_server.bucket_of_many("many-files", paths)
    old, new = s3_server.reader("many-files"), s3_server.reader("many-files")
    renew = Renewal(s3_access(s3_server, "many-files", new))
    store = open_store(s3_access(s3_server, "many-files", old), renew=renew)
    seen: list[str] = []
    async for page in store.list_files("ml"):
        assert [file.path for file in page] == sorted(file.path for file in page)
        seen += [file.path for file in page]
        if len(seen) == 4000:
            s3_server.revoke(old)
    assert seen == paths
    assert renew.calls == 1


async def test_reads_and_streams_are_renewed_too(s3_server: S3Server) -> None:
    s3_server.bucket("renewed-reads", {"a.json": b'{"a": 1}'})
    old, newer, newest = (s3_server.reader("renewed-reads") for _ in range(3))
    renew = Renewal(*(s3_access(s3_server, "renewed-reads", keys) for keys in (newer, newest)))
    store = open_store(s3_access(s3_server, "renewed-reads", old), renew=renew)
    s3_server.revoke(old)
    assert await store.read_range("a.json", 0, 4) == b'{"a"'
    s3_server.revoke(newer)
    assert await whole(store, "a.json") == b'{"a": 1}'
    assert renew.calls == 2


async def test_a_true_refusal_is_reported_after_one_renewal(s3_server: S3Server) -> None:
    s3_server.bucket("never-allowed", {"a.json": b"{}"})
    access = s3_access(s3_server, "never-allowed", s3_server.reader("another"))
    renew = Renewal(*[access] * 5)
    store = open_store(access, renew=renew)
    with pytest.raises(StorageDenied):
        await listed(store, "")
    assert renew.calls == 1
    # Nothing was answered since: fresh credentials would not help either.
    with pytest.raises(StorageDenied):
        await store.read_range("a.json", 0, 1)
    assert renew.calls == 1
