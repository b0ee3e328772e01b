"""Faults of the way, on real loopback sockets: what httpx's stand-ins cannot show."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from support.certificates import loopback_certificate
from tarmac.platform.errors import BadAnswer, NoAnswer, OutcomeUnknown, TlsRefused, Unreachable
from tarmac.platform.messages import Answer
from tarmac.platform.wire import Wire

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def ask(
    port: int, *, is_write: bool, timeout_s: float = 5.0, max_bytes: int = 1000, scheme: str = "http"
) -> Answer:
    wire = Wire(timedelta(seconds=timeout_s), max_answer_bytes=max_bytes)
    try:
        method = "POST" if is_write else "GET"
        return await wire.exchange(method, f"{scheme}://127.0.0.1:{port}/x", {}, None, is_write=is_write)
    finally:
        await wire.aclose()


def answering(*parts: bytes, hold: bool = False, reset: bool = False) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()
        if hold:
            await reader.read()  # until the client goes away
        if reset:
            writer.transport.abort()

    return handler


LOST: list[tuple[Handler, str]] = [
    (answering(hold=True), "no answer in time"),
    (answering(), "closed without a word"),
    (answering(reset=True), "reset"),
    (answering(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"), "cut in the body"),
    (answering(b"HTTP/1.1 201 Cre"), "cut in the head"),
    (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", hold=True), "stalls in the body"),
    (answering(b"SSH-2.0-OpenSSH_9\r\n"), "not HTTP"),
]


@pytest.mark.parametrize("handler", [pytest.param(handler, id=name) for handler, name in LOST])
async def test_an_answer_that_is_not_whole(handler: Handler) -> None:
    async with serving(handler) as port:
        with pytest.raises(OutcomeUnknown) as write:
            await ask(port, is_write=True, timeout_s=0.2)
        with pytest.raises(NoAnswer) as read:
            await ask(port, is_write=False, timeout_s=0.2)
    assert write.value.maybe_done
    assert not read.value.maybe_done
    assert f"127.0.0.1:{port}" in read.value.message


async def test_a_trickle_is_not_waited_for_for_ever() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:  # each byte comes within the timeout of one read
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(trickle) as port, asyncio.timeout(5):
        with pytest.raises(NoAnswer):
            await ask(port, is_write=False, timeout_s=0.1, max_bytes=10**6)


async def test_nobody_there_means_nothing_sent() -> None:
    async with serving(answering()) as port:
        pass
    with pytest.raises(Unreachable) as caught:
        await ask(port, is_write=True)
    assert not caught.value.maybe_done
    assert type(caught.value) is Unreachable
    assert "nothing listens there" in caught.value.message
    assert "tarmac emulate" in caught.value.next_step, "on this machine it can only be an emulator"


async def test_a_name_that_is_none_is_called_so() -> None:
    wire = Wire(timedelta(seconds=5))
    with pytest.raises(Unreachable) as caught:
        await wire.exchange("GET", "https://no-such-host.invalid/", {}, None, is_write=False)
    await wire.aclose()
    assert "no such host name" in caught.value.message
    assert "Check the network" in caught.value.next_step


@pytest.mark.parametrize("is_write", [True, False])
async def test_an_endless_answer_is_cut_off(is_write: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(answering(head, *[b"3e8\r\n" + b"x" * 1000 + b"\r\n"] * 5)) as port:
        with pytest.raises(BadAnswer) as caught:
            await ask(port, is_write=is_write, max_bytes=2000)
    assert caught.value.maybe_done is is_write


async def test_a_broken_compression_is_a_bad_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    async with serving(answering(head)) as port:
        with pytest.raises(BadAnswer):
            await ask(port, is_write=False)


async def test_a_whole_answer() -> None:
    head = b"HTTP/1.1 404 Not Found\r\nX-Request-Id: r-1\r\nContent-Length: 2\r\n\r\n{}"
    async with serving(answering(head)) as port:
        answer = await ask(port, is_write=False)
    assert (answer.status, answer.request_id, answer.json()) == (404, "r-1", {})


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody has signed but itself."""
    certificate, key = loopback_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_an_unknown_certificate_is_refused_before_anything_is_sent(own_certificate: ssl.SSLContext) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())

    async with serving(listen, own_certificate) as port:
        with pytest.raises(TlsRefused) as caught:
            await ask(port, is_write=True, scheme="https")
    assert not any(heard)
    assert not caught.value.maybe_done
    assert not caught.value.is_passing
    assert "certificate" in caught.value.message


async def test_what_is_said_to_this_machine_goes_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    async with serving(answering()) as proxy, serving(answering(body)) as port:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert (await ask(port, is_write=False)).status == 200


async def test_cancelling_ends_a_request_at_once() -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await reader.read()

    async with serving(silent) as port, asyncio.timeout(5):
        task = asyncio.create_task(ask(port, is_write=True, timeout_s=60))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("is_write", [True, False])
async def test_over_a_closed_connection_nothing_is_sent_and_nothing_asked_again(is_write: bool) -> None:
    wire = Wire(timedelta(seconds=5))
    await wire.aclose()
    with pytest.raises(Unreachable) as caught:
        await wire.exchange("GET", "http://127.0.0.1:9/x", {}, None, is_write=is_write)
    assert caught.value.code == "closed"
    assert not caught.value.maybe_done
    assert not caught.value.is_passing
