"""The built-in landing zone, read and written by the clients that people have."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import obstore
import polars as pl
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from support.zone import MORNING, Zone, code
from tarmac.emulator import sas
from tarmac.emulator.blob_folder import WRITER_MARK
from tarmac.emulator.contracts import ExportJob
from tarmac.emulator.engine import Engine
from tarmac.emulator.samples import load_datasets
from tarmac.terms.formats import Compression, FileFormat


def test_obstore_writes_lists_and_reads(zone: Zone) -> None:
    store = zone.store()
    body = bytes(range(256)) * 60_000
    obstore.put(store, "ml/churn/a.bin", body, chunk_size=5 * 1024 * 1024)
    obstore.put(store, "ml/b.bin", b"b")
    found = {entry["path"]: entry["size"] for page in obstore.list(store) for entry in page}
    assert found == {"ml/churn/a.bin": len(body), "ml/b.bin": 1}
    assert bytes(obstore.get(store, "ml/churn/a.bin").bytes()) == body
    assert bytes(obstore.get_range(store, "ml/churn/a.bin", start=len(body) - 8, end=len(body))) == body[-8:]
    assert obstore.head(store, "ml/b.bin")["last_modified"] == MORNING
    below = obstore.list_with_delimiter(store, "ml")
    assert list(below["common_prefixes"]) == ["ml/churn"]
    obstore.put(store, "ml/ü b.bin", b"c")
    obstore.delete(store, ["ml/b.bin", "ml/ü b.bin"])
    with pytest.raises(FileNotFoundError):
        obstore.head(store, "ml/b.bin")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(store, "ml/churn/a.bin", b"again", mode="create")


def test_azures_own_client_writes_lists_and_reads(zone: Zone) -> None:
    with ContainerClient.from_container_url(
        zone.uri, max_single_put_size=64 * 1024, max_block_size=64 * 1024
    ) as client:
        body = bytes(range(256)) * 1_000
        client.upload_blob("ml/large.bin", body)
        client.upload_blob("ml/empty.bin", b"")
        names = {blob.name: blob.size for blob in client.list_blobs(name_starts_with="ml/")}
        assert names == {"ml/large.bin": len(body), "ml/empty.bin": 0}
        assert client.download_blob("ml/large.bin").readall() == body
        assert client.download_blob("ml/empty.bin").readall() == b""
        assert client.download_blob("ml/large.bin", offset=10, length=5).readall() == body[10:15]
        assert client.get_blob_client("ml/large.bin").get_blob_properties().last_modified == MORNING
        assert client.get_container_properties().name == "dlz-destination"
        assert [item.name for item in client.walk_blobs(delimiter="/")] == [f"{WRITER_MARK}/", "ml/"]
        client.delete_blob("ml/large.bin")
        with pytest.raises(ResourceNotFoundError) as caught:
            client.download_blob("ml/large.bin")
        assert "ErrorCode:BlobNotFound" in str(caught.value)


async def test_polars_scans_an_export(zone: Zone, tmp_path: Path) -> None:
    churn = (await load_datasets((), tmp_path / "cache"))[0]
    engine = Engine(1)
    job = ExportJob(
        "run",
        churn.files,
        FileFormat.PARQUET,
        Compression.GZIP,
        "ml/churn/exportTime=20261123010000",
        1,
        60_000,
        zone.zone.sink(),
        MORNING,
    )
    result = await engine.export(job)
    await engine.close()
    assert zone.names(prefix="ml/") == [file.path for file in result.files]
    known = zone.credentials
    scan = pl.scan_parquet(
        f"az://{known['containerName']}/{job.folder}/*.parquet",
        storage_options={
            "account_name": known["storageAccountName"],
            "sas_token": known["SASToken"],
            "endpoint": zone.uri.partition("?")[0].rpartition("/")[0],
            "allow_http": "true",
        },
        credential_provider=None,
    )
    assert scan.collect().equals(pl.read_parquet(list(churn.files)))


def test_plain_http_gets_ranges(zone: Zone) -> None:
    zone.put("a.bin", b"0123456789")
    whole = httpx.get(zone.url("a.bin"))
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["x-ms-blob-type"] == "BlockBlob"
    assert whole.headers["x-ms-request-id"]
    assert whole.headers["last-modified"] == "Mon, 23 Nov 2026 01:00:00 GMT"
    for header, value, part, span in (
        ("range", "bytes=2-4", b"234", "bytes 2-4/10"),
        ("x-ms-range", "bytes=8-", b"89", "bytes 8-9/10"),
        ("range", "bytes=8-100", b"89", "bytes 8-9/10"),
    ):
        answer = httpx.get(zone.url("a.bin"), headers={header: value})
        assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, part, span)
    both = httpx.get(zone.url("a.bin"), headers={"range": "bytes=0-0", "x-ms-range": "bytes=1-1"})
    assert both.content == b"1"
    head = httpx.head(zone.url("a.bin"))
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("wanted", ["bytes=-8", "bytes=10-", "bytes=4-2", "bytes=0-1,3-4", "bytes=a-b", "lines=1-2"])
def test_a_range_that_azure_does_not_take_is_refused(zone: Zone, wanted: str) -> None:
    zone.put("a.bin", b"0123456789")
    assert code(httpx.get(zone.url("a.bin"), headers={"range": wanted})) == (416, "InvalidRange")


def test_conditions_hold(zone: Zone) -> None:
    zone.put("a.bin", b"one")
    first = httpx.head(zone.url("a.bin")).headers["etag"]
    assert httpx.get(zone.url("a.bin"), headers={"if-none-match": first}).status_code == 304
    zone.put("a.bin", b"two")
    assert httpx.head(zone.url("a.bin")).headers["etag"] != first
    assert code(httpx.get(zone.url("a.bin"), headers={"if-match": first})) == (412, "ConditionNotMet")
    create = {"x-ms-blob-type": "BlockBlob", "if-none-match": "*"}
    assert code(httpx.put(zone.url("a.bin"), content=b"three", headers=create)) == (409, "BlobAlreadyExists")
    assert httpx.get(zone.url("a.bin")).content == b"two"


def test_what_is_not_there_is_not_found(zone: Zone) -> None:
    assert code(httpx.get(zone.url("no.bin"))) == (404, "BlobNotFound")
    assert code(httpx.delete(zone.url("no.bin"))) == (404, "BlobNotFound")
    zone.put("a.bin", b"a")
    assert code(httpx.get(zone.url("a.bin/b.bin"))) == (404, "BlobNotFound")
    head = httpx.head(zone.url("no.bin"))
    assert (head.status_code, head.headers["x-ms-error-code"], head.content) == (404, "BlobNotFound", b"")


def test_a_listing_comes_in_pages(zone: Zone) -> None:
    names = [f"d{folder}/f{file:02d}.bin" for folder in range(3) for file in range(7)]
    for name in names:
        path = zone.disk / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    seen: list[str] = []
    marker = ""
    for _ in range(20):
        page = zone.listing(maxresults="4", marker=marker)
        found = [blob.findtext("Name", "") for blob in page.iter("Blob")]
        assert len(found) <= 4
        seen += found
        if not (marker := page.findtext("NextMarker") or ""):
            break
    assert seen == [WRITER_MARK, *names]
    folders = zone.listing(delimiter="/", maxresults="2")
    assert [each.findtext("Name") for each in folders.iter("BlobPrefix")] == [f"{WRITER_MARK}/", "d0/"]
    rest = zone.listing(delimiter="/", maxresults="2", marker=folders.findtext("NextMarker") or "")
    assert [each.findtext("Name") for each in rest.iter("BlobPrefix")] == ["d1/", "d2/"]
    assert not rest.findtext("NextMarker")
    assert zone.names(prefix="d1/f0") == names[7:14]
    with ContainerClient.from_container_url(zone.uri) as client:
        assert [blob.name for blob in client.list_blobs(results_per_page=5)] == seen
    for wrong in ({"maxresults": "0"}, {"maxresults": "5001"}, {"maxresults": "x"}, {"marker": "d1"}):
        assert httpx.get(zone.url(restype="container", comp="list", **wrong)).status_code == 400


def test_names_that_xml_must_escape_come_through(zone: Zone) -> None:
    names = sorted(["a&b <c>.bin", "exportTime=20261123010000/ü%20+.bin", "one\x01two.bin"])
    for name in names:
        zone.put(name, b"x")
        assert httpx.get(zone.url(name)).content == b"x"
    with ContainerClient.from_container_url(zone.uri) as client:
        assert sorted(blob.name for blob in client.list_blobs() if blob.name != WRITER_MARK) == names


@pytest.mark.parametrize(
    "path",
    [
        "../landing-zone.json",
        "%2e%2e/landing-zone.json",
        "..%2flanding-zone.json",
        "a/../../landing-zone.json",
        "a/%2e%2e/%2e%2e/landing-zone.json",
        "%2fetc%2fpasswd",
        ".tarmac-staging/x",
        "link/landing-zone.json",
        "a%00b",
    ],
)
def test_no_name_leads_out_of_the_folder(zone: Zone, path: str) -> None:
    (zone.disk / "link").symlink_to(zone.root)
    parts = urlsplit(zone.uri)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
        for method in ("GET", "PUT", "DELETE"):
            extra = "x-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\n\r\nevil" if method == "PUT" else "\r\n"
            line.sendall(f"{method} {parts.path}/{path}?{parts.query} HTTP/1.1\r\nHost: x\r\n{extra}".encode())
            answer = httpx_free_read(line)
            assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 404")), answer
            assert b"AccountKey" not in answer
    assert (zone.root / "landing-zone.json").exists()
    assert sas.load(zone.root / "landing-zone.json") is not None
    assert WRITER_MARK in zone.names()


def httpx_free_read(line: socket.socket) -> bytes:
    """One answer, read by hand: HTTP clients tidy `..` away before they send."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65_536)
    return head + b"\r\n\r\n" + body


def test_files_go_after_their_virtual_week(zone: Zone) -> None:
    zone.put("ml/old/a.bin", b"a")
    zone.moment += timedelta(days=5)
    zone.put("ml/new/b.bin", b"b")
    zone.moment += timedelta(days=3)
    assert zone.zone.delete_older_than(zone.moment - timedelta(days=7)) == 1
    assert zone.names(prefix="ml/") == ["ml/new/b.bin"]
    assert not (zone.disk / "ml/old").exists()


def test_a_blob_below_a_blob_is_refused_in_words(zone: Zone) -> None:
    zone.put("a", b"a")
    put = httpx.put(zone.url("a/b"), content=b"b", headers={"x-ms-blob-type": "BlockBlob"})
    assert code(put) == (400, "InvalidResourceName")
    assert zone.names(prefix="a") == ["a"]


def test_what_is_not_served_is_refused(zone: Zone) -> None:
    zone.put("a", b"a")
    wrong_kind = httpx.put(zone.url("b"), content=b"", headers={"x-ms-blob-type": "PageBlob"})
    assert code(wrong_kind) == (400, "InvalidHeaderValue")
    assert code(httpx.put(zone.url("b"), content=b"")) == (400, "MissingRequiredHeader")
    assert code(httpx.get(zone.url("a", comp="tags"))) == (400, "InvalidQueryParameterValue")
    assert code(httpx.put(zone.url("a", comp="block", blockid="?"), content=b"x"))[0] == 400
    listing = b"<BlockList><Latest>QUFB</Latest></BlockList>"
    assert code(httpx.put(zone.url("a", comp="blocklist"), content=listing)) == (400, "InvalidBlockList")
    bomb = b'<!DOCTYPE x [<!ENTITY y "z">]><BlockList>&y;</BlockList>'
    assert code(httpx.put(zone.url("a", comp="blocklist"), content=bomb)) == (400, "InvalidXmlDocument")
    assert httpx.get(zone.url("a")).content == b"a"
