"""A bucket's region: asked for when nobody said it, and clear words when it is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from support.reading import listed
from tarmac.storage.access import S3Access, StoreTimeouts, open_store
from tarmac.storage.errors import StorageError
from tarmac.storage.object_store import ObjectStore
from tarmac.storage.s3_region import bucket_region
from tarmac.terms.secrets import Secret


@asynccontextmanager
async def answering(answer: str) -> AsyncIterator[tuple[str, list[str]]]:
    requests: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
    finally:
        server.close()


@pytest.mark.parametrize(
    ("header", "region"),
    [
        ("x-amz-bucket-region: eu-central-1\r\n", "eu-central-1"),
        ("", None),
        ("x-amz-bucket-region: http://evil\r\n", None),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "301 Moved Permanently", "403 Forbidden"])
async def test_amazon_names_the_region_whatever_the_status(status: str, header: str, region: str | None) -> None:
    async with answering(f"HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\n\r\n") as (url, requests):
        assert await bucket_region("acme-ml", StoreTimeouts(), endpoint=url) == region
    assert requests[0].startswith("HEAD /acme-ml HTTP/1.1")
    assert "authorization" not in requests[0].lower()


async def test_no_answer_names_no_region(closed_port: int) -> None:
    assert await bucket_region("acme-ml", StoreTimeouts(), endpoint=f"http://127.0.0.1:{closed_port}") is None


async def test_the_region_is_asked_for_once_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def region(bucket: str, timeouts: StoreTimeouts) -> str:
        asked.append(bucket)
        return "eu-west-3"

    monkeypatch.setattr("tarmac.storage.object_store.bucket_region", region)
    store = ObjectStore(S3Access("acme-ml", "AKIA", Secret("x")), StoreTimeouts())
    # Not a listing: that would go out to Amazon.
    await asyncio.gather(store._client(), store._client())
    assert asked == ["acme-ml"]
    assert store.address == "https://s3.eu-west-3.amazonaws.com"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda: "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n",
            "bucket's region",
        ),
        (
            lambda: _error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            'region = "eu-west-1"',
        ),
    ],
)
async def test_a_wrong_region_is_told(answer: Callable[[], str], said: str) -> None:
    async with answering(answer()) as (url, _):
        store = open_store(S3Access("acme-ml", "AKIA", Secret("x"), endpoint=url, region="us-east-1"))
        with pytest.raises(StorageError) as caught:
            await listed(store, "")
    assert caught.value.code == "storage-region"
    assert said in caught.value.next_step


def _error(status: int, code: str, more: str) -> str:
    body = f"<Error><Code>{code}</Code>{more}</Error>"
    return f"HTTP/1.1 {status} Bad\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
