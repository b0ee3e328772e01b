"""The lines between the engine and its worker process: one JSON object a line, jobs one way, events the other.

To the worker: `{"do": "export", "job": …, "staging": …}` or `{"do": "preview", "files": […], "limit": n}`, one at a time.
From it: an event `file` for each finished file, then one of `done` (export), `rows` (preview) and `failed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tarmac.emulator.contracts import ExportedFile, ExportJob, ExportResult, SinkTarget, TimeWindow
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

Message = dict[str, Any]


def to_line(message: Message) -> bytes:
    """Write one message; paths and times become text."""
    return json.dumps(message, default=_plain, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """Read one message. Raises ValueError."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message


def job_message(job: ExportJob, staging: Path) -> Message:
    """The order to run `job`."""
    sink = job.sink
    return {
        "do": "export",
        "staging": staging,
        "job": {
            "job_id": job.job_id,
            "files": job.files,
            "format": job.format.value,
            "compression": job.compression.value,
            "folder": job.folder,
            "file_stem_seed": job.file_stem_seed,
            "rows_per_file": job.rows_per_file,
            "written_at": job.written_at,
            "row_filter": None if job.row_filter is None else asdict(job.row_filter),
            "file_limit": job.file_limit,
            "sink": {
                "kind": sink.kind.value,
                "local_root": sink.local_root,
                "endpoint": sink.endpoint,
                "container": sink.container,
                "auth": sink.auth,
                "credentials": dict(sink.credentials),
            },
        },
    }


def job_from(message: Mapping[str, Any]) -> ExportJob:
    """The job of an `export` order."""
    job = message["job"]
    sink, window = job["sink"], job["row_filter"]
    return ExportJob(
        job_id=job["job_id"],
        files=tuple(Path(file) for file in job["files"]),
        format=FileFormat(job["format"]),
        compression=Compression(job["compression"]),
        folder=job["folder"],
        file_stem_seed=job["file_stem_seed"],
        rows_per_file=job["rows_per_file"],
        written_at=datetime.fromisoformat(job["written_at"]),
        file_limit=job["file_limit"],
        row_filter=None
        if window is None
        else TimeWindow(window["column"], _moment(window["since"]), _moment(window["until"])),
        sink=SinkTarget(
            kind=DestinationKind(sink["kind"]),
            local_root=None if sink["local_root"] is None else Path(sink["local_root"]),
            endpoint=sink["endpoint"],
            container=sink["container"],
            auth=sink["auth"],
            credentials=sink["credentials"],
        ),
    )


def file_message(file: ExportedFile) -> Message:
    """The event that one file is finished."""
    return {"event": "file", "path": file.path, "bytes": file.bytes, "rows": file.rows}


def file_from(message: Mapping[str, Any]) -> ExportedFile:
    """The file of a `file` event."""
    return ExportedFile(message["path"], message["bytes"], message["rows"])


def result_from(files: list[ExportedFile], done: Mapping[str, Any]) -> ExportResult:
    """The result, from the `file` events and the `done` event."""
    return ExportResult(
        rows=sum(file.rows for file in files),
        input_rows=done["input_rows"],
        bytes=sum(file.bytes for file in files),
        files=tuple(files),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into a message")
