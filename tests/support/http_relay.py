"""A relay in front of an HTTP server: counts requests and bytes, and may rewrite the request line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class HttpRelay:
    """What went through, and where clients connect."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    body_bytes: int = 0


@asynccontextmanager
async def http_relay(target_port: int, rewrite: Callable[[str], str] = lambda line: line) -> AsyncIterator[HttpRelay]:
    """Relay requests without a body to `target_port`, one a connection; `rewrite` gets and returns the request line."""
    relay = HttpRelay()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, _, rest = head.partition("\r\n")
            relay.requests.append(line)
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", target_port)
            upstream.write(f"{rewrite(line)}\r\nConnection: close\r\n{rest}".encode("latin-1"))
            answer = await upstream_reader.read()
            upstream.close()
            relay.body_bytes += len(answer.partition(b"\r\n\r\n")[2])
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
