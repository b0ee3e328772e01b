"""A slow line: a relay in a thread of its own that delays every byte and lets only so many through in a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class SlowLine:
    """Where to connect, and what happened on the line."""

    port: int
    delay_s: float  # each way
    bytes_per_s: float  # each way
    down_bytes: int = 0  # from the far end to us
    _loop: asyncio.AbstractEventLoop | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Break every connection on it, as a train in a tunnel does when the provider gives up."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool) -> None:
        """Carry one direction until its end."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)
        loop = asyncio.get_running_loop()

        async def put() -> None:
            free_at = loop.time()
            with suppress(ConnectionError):
                while data := await reader.read(1024):
                    free_at = max(free_at, loop.time()) + len(data) / self.bytes_per_s
                    await queue.put((free_at + self.delay_s, data))
            await queue.put((loop.time(), b""))

        putting = asyncio.ensure_future(put())
        self._open.add(writer)
        try:
            while True:
                at, data = await queue.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    break
                if counts:
                    self.down_bytes += len(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            putting.cancel()
            self._open.discard(writer)
            writer.close()


@contextmanager
def slow_line(target_port: int, *, delay_s: float, bytes_per_s: float) -> Iterator[SlowLine]:
    """Relay connections to a port of this machine while the block runs; `delay_s` is the whole way there and back."""
    line = SlowLine(0, delay_s / 2, bytes_per_s)
    ready, stop = threading.Event(), asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
        async with asyncio.TaskGroup() as group:
            group.create_task(line.carry(reader, far_writer, counts=False))
            group.create_task(line.carry(far_reader, writer, counts=True))

    async def serve() -> None:
        line._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        line.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        line._abort()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="slow line")
    thread.start()
    assert ready.wait(10)
    try:
        yield line
    finally:
        assert line._loop is not None
        line._loop.call_soon_threadsafe(stop.set)
        thread.join(10)
