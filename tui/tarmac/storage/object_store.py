"""Azure, S3 and Google storage through obstore: one client for five of the six destinations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, S3Store

from tarmac.storage.access import S3Access, StoreTimeouts
from tarmac.storage.errors import StorageUnreachable
from tarmac.storage.object_errors import is_past_end, translate
from tarmac.storage.object_opening import DEFAULT_REGION, ObjectAccess, open_client
from tarmac.storage.paths import checked_path
from tarmac.storage.s3_region import bucket_region
from tarmac.storage.store import StoredFile

# The storages' own largest page (S3 1,000; Azure 5,000): bigger chunks would only delay the first rows.
_PAGE = 1000
_STREAM_CHUNK = 1 << 20
# S3 takes no smaller part than 5 MiB, and at most 10,000 of them.
_PUT_CHUNK = 8 << 20
_PUTS_AT_ONCE = 4
# What obstore raises; it uses three of Python's own errors besides its tree.
_CLIENT_ERRORS = (BaseError, FileNotFoundError, PermissionError, ValueError, OSError)


class ObjectStore:
    """A container or bucket, opened for reading. It retries twice, within a minute: a person is waiting."""

    def __init__(self, access: ObjectAccess, timeouts: StoreTimeouts, ca_file: Path | None = None) -> None:
        self._access = access
        self._timeouts = timeouts
        self._ca_file = ca_file
        self._opened = open_client(access, timeouts, ca_file)
        self._location = self._opened.location
        self._region_asked = asyncio.Lock()

    @property
    def location(self) -> str:
        """The root without secrets: `s3://bucket/root`, `gs://bucket`, `abfss://container@account…`."""
        return self._location

    @property
    def address(self) -> str:
        """Scheme, host and port (local servers: and account) that it connects to."""
        return self._opened.address

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the files below `folder` in pages of at most 1,000, sorted by path. A missing folder is empty."""
        async for page in self.list_files_after(folder, None):
            yield page

    async def list_files_after(self, folder: str, after: str | None) -> AsyncIterator[list[StoredFile]]:
        """Yield what `list_files` does, beginning behind the path `after`."""
        prefix = checked_path(folder, self._location)
        doing = f"list {prefix or 'the files'}"
        pages = obstore.list(await self._client(), prefix or None, offset=after, chunk_size=_PAGE)
        while True:
            try:
                async with asyncio.timeout(self._timeouts.operation):
                    page = await anext(pages)
            except StopAsyncIteration:
                return
            except TimeoutError:
                self._too_slow(doing)
            except _CLIENT_ERRORS as error:
                self._explain(error, doing)
            yield sorted(
                (StoredFile(meta["path"], meta["size"], meta["last_modified"]) for meta in page),
                key=lambda file: file.path,
            )

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`, asked for by absolute range (Azure has no suffix ranges)."""
        name = checked_path(path, self._location)
        if length <= 0:
            return b""
        doing = f"read {name}"
        client = await self._client()
        try:
            async with asyncio.timeout(self._timeouts.operation):
                answer = await obstore.get_range_async(client, name, start=start, length=length)
                return answer.to_bytes()
        except TimeoutError:
            self._too_slow(doing)
        except _CLIENT_ERRORS as error:
            if is_past_end(error):
                return b""
            self._explain(error, doing)

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the whole file in chunks of about 1 MiB; silence longer than the time-out ends it."""
        name = checked_path(path, self._location)
        client = await self._client()
        try:
            answer = await obstore.get_async(client, name)
            async for chunk in answer.stream(min_chunk_size=_STREAM_CHUNK):
                yield bytes(chunk)
        except _CLIENT_ERRORS as error:
            self._explain(error, f"read {name}")

    async def write_file(self, path: str, chunks: AsyncIterator[bytes]) -> None:
        """Put a file there, in parts; the storage shows it when the last one is in."""
        name = checked_path(path, self._location)
        client = await self._client()
        try:
            await obstore.put_async(client, name, chunks, chunk_size=_PUT_CHUNK, max_concurrency=_PUTS_AT_ONCE)
        except _CLIENT_ERRORS as error:
            self._explain(error, f"write {name}")

    async def close(self) -> None:
        """Nothing to do: connections are closed with the client, which has no state of its own."""

    async def _client(self) -> AzureStore | S3Store:
        """The client; for a bucket at Amazon without a region, its region is asked for first, once."""
        if isinstance(self._access, S3Access) and self._access.endpoint is None and self._access.region is None:
            async with self._region_asked:
                if self._access.region is None:
                    region = await bucket_region(self._access.bucket, self._timeouts) or DEFAULT_REGION
                    self._access = replace(self._access, region=region)
                    self._opened = open_client(self._access, self._timeouts, self._ca_file)
        return self._opened.client

    def _explain(self, error: Exception, doing: str) -> NoReturn:
        failure = self._opened.sign_in_failure()
        if failure is not None:
            raise failure from None
        translate(error, location=self._location, doing=doing)

    def _too_slow(self, doing: str) -> NoReturn:
        raise StorageUnreachable(
            f"{self._location}: could not {doing}: no whole answer within {self._timeouts.operation:g} s",
            meaning="The storage or the way to it is very slow.",
            next_step="Try again; check the network.",
        ) from None
