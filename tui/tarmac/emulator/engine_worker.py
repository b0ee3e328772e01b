"""The engine's worker process: reads orders from stdin, converts and delivers, writes events to stdout (see engine_wire).

It ends when its stdin ends, in the middle of a job too: a parent that died leaves nobody behind.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from tarmac.emulator import engine_wire as wire
from tarmac.emulator.contracts import ExportedFile, ExportFailed, ExportJob
from tarmac.emulator.conversion import Part, failed, preview_rows, write_parts
from tarmac.emulator.sinks import Sink, disk_failed, open_sink


def main() -> None:
    """Serve orders one after the other until stdin ends."""
    # Whatever a library prints must not fall between the events.
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    # Behind the API, which shares the machine and has to answer at once.
    os.nice(5)
    orders: SimpleQueue[bytes] = SimpleQueue()
    reader = threading.Thread(target=_read_orders, args=(orders,), daemon=True)
    reader.start()
    while True:
        event = _obey(wire.from_line(orders.get()), events)
        try:
            events.write(wire.to_line(event))
        except BrokenPipeError:
            reader.join()  # the parent is gone: the reader sees it too, clears up and ends the process


def _read_orders(orders: SimpleQueue[bytes]) -> None:
    staging: Path | None = None
    for line in sys.stdin.buffer:
        order = wire.from_line(line)
        staging = Path(order["staging"]) if "staging" in order else None
        orders.put(line)
    if staging is not None:
        _remove(staging)
    os._exit(0)


def _remove(staging: Path) -> None:
    """Clear up as the parent does when it lives. Renamed first: the export may still be opening files in it."""
    doomed = staging.with_name(f"{staging.name}-abandoned")
    try:
        staging.rename(doomed)
    except FileNotFoundError:
        return  # that job was over
    shutil.rmtree(doomed, ignore_errors=True)


def _obey(order: wire.Message, events: BinaryIO) -> wire.Message:
    try:
        if order["do"] == "preview":
            return {"event": "rows", "rows": preview_rows([Path(file) for file in order["files"]], order["limit"])}
        return asyncio.run(_export(wire.job_from(order), Path(order["staging"]), events))
    except ExportFailed as error:
        fault = error
    except OSError as error:
        fault = disk_failed(error)
    except MemoryError:
        fault = failed("The export needs more memory than there is.")
    except Exception as error:  # noqa: BLE001 - the answer to a fault of ours is a failed run, not a silent worker
        fault = failed(f"The export stopped on {type(error).__name__}: {error}")
    return {"event": "failed", "code": fault.code, "message": fault.message}


async def _export(job: ExportJob, staging: Path, events: BinaryIO) -> wire.Message:
    sink = await open_sink(job.sink, job.written_at)
    try:
        input_rows = await _deliver_all(job, staging, sink, events)
        await sink.commit()
    except Exception:
        await sink.withdraw()
        raise
    finally:
        await sink.close()
    return {"event": "done", "input_rows": input_rows}


async def _deliver_all(job: ExportJob, staging: Path, sink: Sink, events: BinaryIO) -> int:
    parts, input_rows = write_parts(job, staging), 0
    # In a thread, so that connections stay alive while a part is written.
    while (part := await asyncio.to_thread(_next_part, parts)) is not None:
        input_rows = part.input_rows
        if part.rows:
            name, size = f"{job.folder}/{part.name}", part.path.stat().st_size
            await sink.deliver(part.path, name)
            events.write(wire.to_line(wire.file_message(ExportedFile(name, size, part.rows))))
    return input_rows


def _next_part(parts: Iterator[Part]) -> Part | None:
    return next(parts, None)


if __name__ == "__main__":
    main()
