"""Get Blob and Get Blob Properties: ranges, conditions, and files handed out in chunks."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tarmac.emulator.blob_answers import AzureFault, blob_headers, blob_not_found, common_headers
from tarmac.emulator.blob_folder import Blob, BlobFolder

_CHUNK_BYTES = 256 * 1024
# Azure takes no suffix range (bytes=-8) and one range only.
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


async def head_blob(request: Request, folder: BlobFolder, name: str) -> Response:
    """Get Blob Properties."""
    blob = await anyio.to_thread.run_sync(folder.find, name)
    if blob is None:
        raise blob_not_found()
    check_conditions(request, blob)
    return Response(headers=common_headers(request) | blob_headers(blob) | {"Content-Length": str(blob.size)})


async def get_blob(request: Request, folder: BlobFolder, name: str) -> Response:
    """Get Blob, whole (200) or one range (206)."""
    blob = await anyio.to_thread.run_sync(folder.find, name)
    if blob is None:
        raise blob_not_found()
    if blob.is_folder:
        return Response(headers=common_headers(request) | blob_headers(blob))
    try:
        file = await anyio.open_file(folder.path(name), "rb")
    except FileNotFoundError as error:
        raise blob_not_found() from error
    try:
        # The open file's own facts: the name may mean another file by now.
        blob = Blob.of(name, os.fstat(file.wrapped.fileno()))
        check_conditions(request, blob)
        wanted = request.headers.get("x-ms-range") or request.headers.get("range")
        first, last = (0, blob.size - 1) if wanted is None else _bounds(wanted, blob.size)
        headers = common_headers(request) | blob_headers(blob) | {"Content-Length": str(last - first + 1)}
        if wanted is not None:
            headers["Content-Range"] = f"bytes {first}-{last}/{blob.size}"
    except AzureFault:
        await file.aclose()
        raise
    return StreamingResponse(_chunks(file, first, last), 200 if wanted is None else 206, headers)


def check_conditions(request: Request, blob: Blob | None) -> None:
    """Hold `If-Match` and `If-None-Match` against the blob as it is. Raises AzureFault."""
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    if match is not None and (blob is None or match not in {"*", blob.etag}):
        raise AzureFault(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    if none_match is None or blob is None or none_match not in {"*", blob.etag}:
        return
    if request.method in {"GET", "HEAD"}:
        raise AzureFault(304, "ConditionNotMet", "The blob has not changed.")
    if none_match == "*":
        raise AzureFault(409, "BlobAlreadyExists", "The specified blob already exists.")
    raise AzureFault(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _bounds(wanted: str, size: int) -> tuple[int, int]:
    match = _RANGE.fullmatch(wanted.strip())
    if match is None:
        raise _invalid_range()
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if first >= size or last < first:
        raise _invalid_range()
    return first, last


def _invalid_range() -> AzureFault:
    return AzureFault(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")


async def _chunks(file: anyio.AsyncFile[bytes], first: int, last: int) -> AsyncIterator[bytes]:
    async with file:
        await file.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := await file.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
