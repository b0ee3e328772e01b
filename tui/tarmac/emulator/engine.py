"""Export jobs in processes of their own: the Parquet library keeps Python's lock for seconds, the API must not wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from tarmac.emulator import engine_wire as wire
from tarmac.emulator.contracts import ExportedFile, ExportFailed, ExportJob, ExportResult, OnFile
from tarmac.emulator.conversion import failed
from tarmac.emulator.sinks import STAGING, disk_failed

_log = logging.getLogger(__name__)
# A preview of many wide rows is one line.
_LINE_BYTES = 64 * 1024 * 1024
_STDERR_TAIL = 2_000


class Engine:
    """Runs up to `exports_at_once` jobs, each in a worker process that starts when first needed (`ExportEngine`)."""

    def __init__(self, exports_at_once: int = 2) -> None:
        self._exporters = _Workers(exports_at_once)
        # A preview does not wait for exports.
        self._previewers = _Workers(1)

    async def start(self) -> None:
        """Start one worker ahead of the first job."""
        async with self._exporters.one() as worker:
            await worker.start()

    async def close(self) -> None:
        """End all workers at once, whatever they are doing."""
        await self._exporters.close()
        await self._previewers.close()

    async def export(self, job: ExportJob, on_file: OnFile | None = None) -> ExportResult:
        """Run one job; `on_file` hears of each file when it is finished.

        Raises ExportFailed, also when the worker dies. Cancelling ends the worker; a new one takes the next job.
        """
        staging = await asyncio.to_thread(_make_staging, job)
        try:
            files: list[ExportedFile] = []

            def finished(event: wire.Message) -> None:
                files.append(wire.file_from(event))
                if on_file is not None:
                    on_file(files[-1])

            async with self._exporters.one() as worker:
                return wire.result_from(files, await worker.ask(wire.job_message(job, staging), finished))
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True))

    async def preview(self, files: Sequence[Path], limit: int) -> list[dict[str, Any]]:
        """Return the first `limit` rows as JSON values. Raises ExportFailed."""
        if limit <= 0 or not files:
            return []
        async with self._previewers.one() as worker:
            answer = await worker.ask({"do": "preview", "files": list(files), "limit": limit}, lambda _: None)
        rows: list[dict[str, Any]] = answer["rows"]
        return rows


class _Workers:
    """A few workers, each lent to one job at a time."""

    def __init__(self, count: int) -> None:
        self._all = [_Worker() for _ in range(max(1, count))]
        self._free = list(self._all)
        self._turn = asyncio.Semaphore(len(self._all))

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[_Worker]:
        async with self._turn:
            worker = self._free.pop()
            try:
                yield worker
            finally:
                self._free.append(worker)

    async def close(self) -> None:
        for worker in self._all:
            await worker.close()


class _Worker:
    """One worker process; started when an order comes and it is not running."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._last_words = b""
        self._closed = False

    async def start(self) -> asyncio.subprocess.Process:
        if self._closed:
            raise failed("The emulator is shutting down.")
        if self._process is None or self._process.returncode is not None:
            await self._end()
            # -P: the folder in which the emulator was started is not searched for modules.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "tarmac.emulator.engine_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_BYTES,
            )
            self._last_words = b""
            self._listening = asyncio.create_task(self._listen(self._process))
        return self._process

    async def ask(self, order: wire.Message, on_file: Callable[[wire.Message], None]) -> wire.Message:
        """Send `order` and return its last event; `on_file` gets the others.

        Raises ExportFailed for a `failed` event and for a worker that dies. A worker that was not heard to the end is ended.
        """
        process = await self.start()
        assert process.stdin is not None  # noqa: S101 - both are pipes, see start
        assert process.stdout is not None  # noqa: S101
        settled = False
        try:
            with contextlib.suppress(ConnectionError):  # its end shows on stdout
                process.stdin.write(wire.to_line(order))
                await process.stdin.drain()
            while line := await process.stdout.readline():
                event = wire.from_line(line)
                if event["event"] == "file":
                    on_file(event)
                    continue
                settled = True
                if event["event"] == "failed":
                    raise ExportFailed(event["code"], event["message"])
                return event
            raise failed(f"The export process ended by itself ({await self._obituary(process)}).")
        finally:
            if not settled:
                await self._end()

    async def close(self) -> None:
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        """Kill the process if it runs, and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - a pipe, see start
        while chunk := await process.stderr.read(_STDERR_TAIL):
            self._last_words = (self._last_words + chunk)[-_STDERR_TAIL:]

    async def _obituary(self, process: asyncio.subprocess.Process) -> str:
        code = await process.wait()
        if self._listening is not None:
            await self._listening
        if self._last_words:
            _log.error("export worker ended: %s", self._last_words.decode(errors="replace"))
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _make_staging(job: ExportJob) -> Path:
    """A folder for files that are not whole yet; beside the final place when that is local, so that a move is one rename."""
    try:
        if job.sink.local_root is None:
            return Path(tempfile.mkdtemp(prefix="tarmac-export-"))
        parent = job.sink.local_root / STAGING
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="export-", dir=parent))
    except OSError as error:
        raise disk_failed(error) from error
