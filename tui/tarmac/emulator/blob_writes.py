"""Put Blob, Put Block, Put Block List, Delete Blob: a blob is seen when it is whole."""

from __future__ import annotations

import base64
import binascii
import hashlib
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import anyio
from starlette.requests import Request
from starlette.responses import Response

from tarmac.emulator.blob_answers import AzureFault, blob_not_found, common_headers, http_date
from tarmac.emulator.blob_folder import Blob, BlobFolder
from tarmac.emulator.blob_reads import check_conditions
from tarmac.emulator.sinks import STAGING

# 50,000 blocks, each named by at most 64 bytes, in their elements.
_BLOCK_LIST_BYTES = 8 * 1024 * 1024


class BlobWriter:
    """The writing half of the container; `now` is the virtual time that new blobs carry."""

    def __init__(self, folder: BlobFolder, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def serve(self, request: Request, name: str, comp: str) -> Response:
        """Answer a PUT or DELETE on the blob `name`. Raises AzureFault, BadName."""
        self._folder.path(name)
        if request.method == "DELETE" and not comp:
            return await self._delete(request, name)
        if request.method == "PUT" and comp == "block":
            return await self._put_block(request, name)
        if request.method == "PUT" and comp == "blocklist":
            return await self._put_block_list(request, name)
        if request.method == "PUT" and not comp:
            return await self._put(request, name)
        raise AzureFault(400, "InvalidQueryParameterValue", "This request on a blob is not served here.")

    async def _put(self, request: Request, name: str) -> Response:
        kind = request.headers.get("x-ms-blob-type")
        if "x-ms-copy-source" in request.headers:
            raise AzureFault(400, "UnsupportedHeader", "Copies are not served here.")
        if kind != "BlockBlob":
            code = "MissingRequiredHeader" if kind is None else "InvalidHeaderValue"
            raise AzureFault(400, code, "x-ms-blob-type must be BlockBlob here.")
        check_conditions(request, await self._find(name))
        staged = await self._receive(request)
        try:
            # Looked at again: another writer may have been quicker while the body came in.
            check_conditions(request, await self._find(name))
            blob = await anyio.to_thread.run_sync(self._folder.put, staged, name, self._now())
        finally:
            staged.unlink(missing_ok=True)
        return _created(request, blob)

    async def _put_block(self, request: Request, name: str) -> Response:
        block = self._block(name, request.query_params.get("blockid", ""))
        staged = await self._receive(request)
        await anyio.to_thread.run_sync(_move, staged, block)
        return Response(status_code=201, headers=common_headers(request) | {"x-ms-request-server-encrypted": "true"})

    async def _put_block_list(self, request: Request, name: str) -> Response:
        check_conditions(request, await self._find(name))
        blocks = [self._block(name, id_) for id_ in _block_ids(await _small_body(request))]
        staged = await anyio.to_thread.run_sync(self._folder.new_staging)
        try:
            await anyio.to_thread.run_sync(_join, blocks, staged)
            blob = await anyio.to_thread.run_sync(self._folder.put, staged, name, self._now())
        finally:
            staged.unlink(missing_ok=True)
        await anyio.to_thread.run_sync(shutil.rmtree, self._blocks(name), True)
        return _created(request, blob)

    async def _delete(self, request: Request, name: str) -> Response:
        check_conditions(request, await self._find(name))
        if not await anyio.to_thread.run_sync(self._folder.delete, name):
            raise blob_not_found()
        return Response(status_code=202, headers=common_headers(request) | {"x-ms-delete-type-permanent": "true"})

    async def _find(self, name: str) -> Blob | None:
        return await anyio.to_thread.run_sync(self._folder.find, name)

    async def _receive(self, request: Request) -> Path:
        """Write the request's body into a staging file."""
        staged = await anyio.to_thread.run_sync(self._folder.new_staging)
        received = False
        try:
            async with await anyio.open_file(staged, "wb") as file:
                async for chunk in request.stream():
                    await file.write(chunk)
            received = True
        finally:
            if not received:
                staged.unlink(missing_ok=True)
        return staged

    def _blocks(self, name: str) -> Path:
        return self._folder.root / STAGING / f"blocks-{hashlib.sha256(name.encode()).hexdigest()}"

    def _block(self, name: str, block_id: str) -> Path:
        try:
            raw = base64.b64decode(block_id, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not 1 <= len(raw) <= 64:
            raise AzureFault(
                400, "InvalidQueryParameterValue", "A block id is the Base64 of 1 to 64 bytes: blockid is not."
            )
        return self._blocks(name) / raw.hex()


def _created(request: Request, blob: Blob) -> Response:
    headers = common_headers(request) | {
        "ETag": blob.etag,
        "Last-Modified": http_date(blob.modified_at),
        "x-ms-request-server-encrypted": "true",
    }
    return Response(status_code=201, headers=headers)


async def _small_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BLOCK_LIST_BYTES:
            raise AzureFault(413, "RequestBodyTooLarge", "The block list is too long.")
    return bytes(body)


def _block_ids(body: bytes) -> list[str]:
    # A document type could make the parser expand entities without end; a block list has none.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _bad_xml()
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - see above
    except ElementTree.ParseError as error:
        raise _bad_xml() from error
    if root.tag != "BlockList":
        raise _bad_xml()
    return [(block.text or "").strip() for block in root]


def _bad_xml() -> AzureFault:
    return AzureFault(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")


def _move(staged: Path, block: Path) -> None:
    block.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(block)


def _join(blocks: list[Path], target: Path) -> None:
    with target.open("wb") as whole:
        for block in blocks:
            try:
                with block.open("rb") as part:
                    shutil.copyfileobj(part, whole, 1024 * 1024)
            except FileNotFoundError as error:
                raise AzureFault(400, "InvalidBlockList", "The specified block list is invalid.") from error
