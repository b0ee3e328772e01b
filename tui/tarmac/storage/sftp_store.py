"""An SFTP server through asyncssh. Symbolic links are not followed below the listed folder, so nothing outside it appears."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

import asyncssh

from tarmac.storage.access import SftpAccess, StoreTimeouts
from tarmac.storage.paths import checked_path, is_safe
from tarmac.storage.sftp_connection import CLIENT_ERRORS, GONE, LOST, connect, explain
from tarmac.storage.store import StoredFile
from tarmac.terms.errors import first_of

T = TypeVar("T")

_PAGE = 1000
_STREAM_CHUNK = 4 << 20
# Folders listed at the same time; servers commonly allow few open handles.
_FOLDERS_AT_ONCE = 8
_MAX_DEPTH = 32


class SftpStore:
    """One server with one connection, made when first needed and made again when it was lost."""

    def __init__(self, access: SftpAccess, timeouts: StoreTimeouts) -> None:
        self._access = access
        self._timeouts = timeouts
        self._lock = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    @property
    def location(self) -> str:
        """The server without user and secrets: `sftp://host[:port][/root]`."""
        port = "" if self._access.port == 22 else f":{self._access.port}"
        root = self._access.root.strip("/")
        return f"sftp://{self._access.host}{port}" + (f"/{root}" if root else "")

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Yield the regular files below `folder`, page by page, sorted within a page. A missing folder is empty."""
        waiting = [checked_path(folder, self.location)]
        depth = 0
        while waiting and depth <= _MAX_DEPTH:
            deeper: list[str] = []
            for first in range(0, len(waiting), _FOLDERS_AT_ONCE):
                for files, folders in await self._read_folders(waiting[first : first + _FOLDERS_AT_ONCE]):
                    deeper += folders
                    for start in range(0, len(files), _PAGE):
                        yield files[start : start + _PAGE]
            waiting = deeper
            depth += 1

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`; fewer only at the end of the file."""
        name = checked_path(path, self.location)
        if length <= 0:
            return b""

        async def read(client: asyncssh.SFTPClient) -> bytes:
            async with asyncio.timeout(self._timeouts.operation), client.open(self._full(name), "rb") as file:
                return cast("bytes", await file.read(length, start))  # its types say str for every mode

        return await self._try(read, f"read {name}")

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the whole file in chunks of 4 MiB."""
        start = 0
        while chunk := await self.read_range(path, start, _STREAM_CHUNK):
            yield chunk
            start += len(chunk)

    async def write_file(self, path: str, chunks: AsyncIterator[bytes]) -> None:
        """Put a file there: written beside its place and renamed when it is whole."""
        name = checked_path(path, self.location)
        full, part = self._full(name), self._full(f"{name}.part")
        client = await self._ready()
        doing = f"write {name}"
        try:
            async with asyncio.timeout(self._timeouts.operation):
                await client.makedirs(full.rpartition(b"/")[0] or b".", exist_ok=True)
            async with client.open(part, "wb") as file:
                async for chunk in chunks:
                    async with asyncio.timeout(self._timeouts.operation):
                        await file.write(chunk)
            async with asyncio.timeout(self._timeouts.operation):
                await client.posix_rename(part, full)
        except (*LOST, *CLIENT_ERRORS) as error:
            explain(error, location=self.location, doing=doing)

    async def close(self) -> None:
        """Close the connection."""
        async with self._lock:
            await self._drop()

    async def _read_folders(self, folders: list[str]) -> list[tuple[list[StoredFile], list[str]]]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read_folder(folder)) for folder in folders]
        except ExceptionGroup as errors:
            raise first_of(errors) from None
        return [task.result() for task in tasks]

    async def _read_folder(self, folder: str) -> tuple[list[StoredFile], list[str]]:
        async def read(client: asyncssh.SFTPClient) -> tuple[list[StoredFile], list[str]]:
            files: list[StoredFile] = []
            folders: list[str] = []
            async with asyncio.timeout(self._timeouts.operation) as limit:
                try:
                    async for entry in client.scandir(self._full(folder)):
                        limit.reschedule(asyncio.get_running_loop().time() + self._timeouts.silence)
                        _sort_in(entry, folder, files, folders)
                except GONE:
                    return [], []
            return sorted(files, key=lambda file: file.path), sorted(folders)

        return await self._try(read, f"list {folder or 'the files'}")

    async def _try(self, action: Callable[[asyncssh.SFTPClient], Awaitable[T]], doing: str) -> T:
        """Do it; once more on a new connection when the old one turns out to be lost (idle ones are cut by many servers)."""
        for last in (False, True):
            client = await self._ready()
            try:
                return await action(client)
            except LOST as error:
                if last:
                    explain(error, location=self.location, doing=doing)
            except CLIENT_ERRORS as error:
                explain(error, location=self.location, doing=doing)
        raise AssertionError("the second round always ends")

    async def _ready(self) -> asyncssh.SFTPClient:
        async with self._lock:
            if self._client is not None and self._connection is not None and not self._connection.is_closed():
                return self._client
            await self._drop()
            self._connection = await connect(self._access, self._timeouts)
            try:
                async with asyncio.timeout(self._timeouts.silence):
                    self._client = await self._connection.start_sftp_client()
            except CLIENT_ERRORS as error:
                await self._drop()
                explain(error, location=self.location, doing="start SFTP")
            return self._client

    async def _drop(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            await connection.wait_closed()

    def _full(self, path: str) -> bytes:
        """The path as the server takes it. Bytes: a name that is not UTF-8 must not end a whole listing."""
        root = self._access.root
        base = "/" if root.startswith("/") and not root.strip("/") else root.rstrip("/")
        joined = f"{base.rstrip('/')}/{path}" if base else path
        return (joined or ".").encode()


def _sort_in(entry: asyncssh.SFTPName, folder: str, files: list[StoredFile], folders: list[str]) -> None:
    raw = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return  # the platform writes no such names
    if "/" in name or not is_safe(name):
        return
    path = f"{folder}/{name}" if folder else name
    mode = entry.attrs.permissions or 0
    if stat.S_ISDIR(mode):
        folders.append(path)
    elif stat.S_ISREG(mode):
        modified = entry.attrs.mtime
        files.append(
            StoredFile(path, entry.attrs.size or 0, None if modified is None else datetime.fromtimestamp(modified, UTC))
        )
