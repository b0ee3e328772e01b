"""Blob Batch, for deletes: obstore and Azure's own client remove several blobs by one request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tarmac.emulator.blob_answers import AzureFault, common_headers

# Azure's own limits on a batch.
_MOST_PARTS = 256
_MOST_BYTES = 4 * 1024 * 1024
_REQUEST_LINE = re.compile(r"^DELETE (\S+) HTTP/1\.1\r?$", re.MULTILINE)
_CONTENT_ID = re.compile(r"^Content-ID: *(\d+)\r?$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Delete:
    """One delete of a batch: its number, the blob's path with account or container before it, and its own token."""

    number: str
    path: str
    query: dict[str, str]


async def serve_batch(request: Request, delete: Callable[[Delete], Awaitable[AzureFault | None]]) -> Response:
    """Answer `comp=batch` by calling `delete` for each part; it returns the refusal, or None when the blob is gone."""
    deletes = _parts(request.headers.get("content-type", ""), await _body(request))
    boundary = f"batchresponse_{uuid.uuid4()}"
    answers = []
    for each in deletes:
        fault = await delete(each)
        status = "202 Accepted" if fault is None else f"{fault.status} {fault.code}"
        code = "" if fault is None else f"x-ms-error-code: {fault.code}\r\n"
        answers.append(
            f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: {each.number}\r\n\r\n"
            f"HTTP/1.1 {status}\r\n{code}x-ms-request-id: {uuid.uuid4()}\r\nContent-Length: 0\r\n\r\n"
        )
    headers = common_headers(request) | {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return Response(f"{''.join(answers)}--{boundary}--\r\n", 202, headers)


async def _body(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise AzureFault(413, "RequestBodyTooLarge", "The batch is too long.")
    return body.decode("utf-8", errors="replace")


def _parts(content_type: str, body: str) -> list[Delete]:
    boundary = content_type.partition("boundary=")[2].split(";")[0].strip().strip('"')
    if not content_type.startswith("multipart/mixed") or not boundary:
        raise AzureFault(400, "InvalidHeaderValue", "A batch is multipart/mixed with a boundary.")
    texts = body.split(f"--{boundary}")[1:-1]
    if not 1 <= len(texts) <= _MOST_PARTS:
        raise AzureFault(400, "InvalidInput", f"A batch has 1 to {_MOST_PARTS} parts.")
    return [_delete(text) for text in texts]


def _delete(text: str) -> Delete:
    line, number = _REQUEST_LINE.search(text), _CONTENT_ID.search(text)
    if line is None or number is None:
        raise AzureFault(400, "InvalidInput", "Only deletes are served in a batch here.")
    target = urlsplit(line[1])
    return Delete(number[1], unquote(target.path), dict(parse_qsl(target.query)))
