"""Part files onto an SFTP server: uploaded under a hidden name, then renamed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncssh

from tarmac.emulator.contracts import ExportFailed, SinkTarget
from tarmac.emulator.conversion import failed
from tarmac.emulator.sinks import connection_failed

_log = logging.getLogger(__name__)
_DEFAULT_PORT = 22
_SIGN_IN_SECONDS = 15


async def open_sftp(target: SinkTarget) -> SftpSink:
    """Sign in at `sftp://host[:port][/root]`; without a root, files go below the folder the server puts the user in.

    The platform's form has no host key (§3.4), so any key of the server is taken. Raises ExportFailed.
    """
    address = urlsplit(target.endpoint or "")
    known = target.credentials
    host = address.hostname or known.get("domain", "")
    port = address.port or int(known.get("port") or _DEFAULT_PORT)
    options: dict[str, Any] = {"password": known.get("password"), "client_keys": None}
    if "sshKey" in known:
        options = {"client_keys": [_private_key(known["sshKey"])]}
    try:
        connection = await asyncssh.connect(
            host,
            port,
            username=known.get("username", ""),
            known_hosts=None,
            config=None,
            agent_path=None,
            connect_timeout=_SIGN_IN_SECONDS,
            login_timeout=_SIGN_IN_SECONDS,
            **options,
        )
        try:
            client = await connection.start_sftp_client()
        except BaseException:
            connection.abort()
            raise
    except asyncssh.PermissionDenied as error:
        raise failed(f"Access denied by the SFTP server {host}: user or password or key is wrong.") from error
    except (asyncssh.Error, OSError) as error:
        raise connection_failed(f"{host}:{port}") from error
    return SftpSink(connection, client, unquote(address.path).rstrip("/"))


class SftpSink:
    """One signed-in session during one export."""

    def __init__(self, connection: Any, client: Any, root: str) -> None:
        self._connection = connection
        self._client = client
        self._root = root
        self._delivered: list[str] = []

    async def deliver(self, staged: Path, name: str) -> None:
        """Upload under a hidden name in the same folder, rename, and drop the staged file."""
        place = f"{self._root}/{name}" if self._root else name
        folder, file = posixpath.split(place)
        hidden = posixpath.join(folder, f".{file}.unfinished")
        try:
            await self._client.makedirs(folder, exist_ok=True)
            await self._client.put(str(staged), hidden)
            await self._client.posix_rename(hidden, place)
        except (asyncssh.Error, OSError) as error:
            raise _refused(error, folder) from error
        self._delivered.append(place)
        await asyncio.to_thread(staged.unlink)

    async def check(self) -> None:
        """The sign-in is behind us."""

    async def commit(self) -> None:
        """Everything is visible already."""

    async def withdraw(self) -> None:
        """Remove what was uploaded, as far as the server lets us."""
        try:
            for place in self._delivered:
                await self._client.remove(place)
        except (asyncssh.Error, OSError):
            _log.warning("files of a failed export stay on the SFTP server")

    async def close(self) -> None:
        """End the session."""
        self._client.exit()
        self._connection.close()
        await self._connection.wait_closed()


def _private_key(text: str) -> Any:
    try:
        return asyncssh.import_private_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise failed("The SSH key is not the Base64 of a private key without a passphrase.") from error


def _refused(error: Exception, folder: str) -> ExportFailed:
    if isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPWriteProtect):
        return failed(f"Access denied: the SFTP user may not write to {folder}.")
    if isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
        return failed("The storage is full.")
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath | asyncssh.SFTPNotADirectory):
        return failed(f"The SFTP server has no folder {folder} and cannot make it.")
    if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection | asyncssh.ConnectionLost):
        return failed("The connection to the SFTP server was lost.")
    # Servers of the common protocol version say only "Failure", for a full disk too.
    return failed(f"The SFTP server refused the upload to {folder} ({error}); a full disk is a common cause.")
