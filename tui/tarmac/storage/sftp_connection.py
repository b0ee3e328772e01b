"""Connecting to an SFTP server: host key first, then user and key or password; nothing is taken from ~/.ssh or an agent."""

from __future__ import annotations

import base64
import binascii
import socket
from typing import NoReturn

import asyncssh

from tarmac.storage.access import SftpAccess, StoreTimeouts
from tarmac.storage.errors import (
    NOT_ALLOWED,
    HostKeyChanged,
    HostKeyUnknown,
    StorageDenied,
    StorageError,
    StorageMissing,
    StorageUnreachable,
)
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

# What a connection, or an operation on it, can fail with; TimeoutError is an OSError.
CLIENT_ERRORS = (asyncssh.Error, OSError)
LOST = (
    asyncssh.ConnectionLost,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    BrokenPipeError,
    ConnectionResetError,
)
GONE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)

_KeyLists = tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]


class _HostKeyCheck(asyncssh.SSHClient):
    """Asked only about host keys that are not known; remembers the one it saw, so that a person can decide about it."""

    def __init__(self, fingerprint: str | None) -> None:
        self._fingerprint = fingerprint
        self.seen: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        """Whether the key is the one with the pinned fingerprint."""
        self.seen = key
        return self._fingerprint is not None and key.get_fingerprint() == self._fingerprint


async def connect(access: SftpAccess, timeouts: StoreTimeouts) -> asyncssh.SSHClientConnection:
    """Return a signed-in connection. Raises StorageError, among them HostKeyUnknown and HostKeyChanged."""
    keys, authorities, revoked = known_keys(access)
    fingerprint = access.host_key if access.host_key and access.host_key.startswith("SHA256:") else None
    check = _HostKeyCheck(fingerprint)
    try:
        return await asyncssh.connect(
            access.host,
            access.port,
            username=access.user,
            password=access.password.reveal() if access.password else None,
            client_keys=[private_key(access)] if access.private_key else None,
            known_hosts=(keys, authorities, revoked),
            # The known kinds first, then all others: a server with another kind of key is to show it, not to hang up.
            server_host_key_algs="+*" if keys else (),
            client_factory=lambda: check,
            config=[],
            agent_path=None,
            gss_host=None,
            preferred_auth="publickey" if access.private_key else "password,keyboard-interactive",
            connect_timeout=timeouts.connect,
            login_timeout=timeouts.silence,
            keepalive_interval=timeouts.silence,
        )
    except asyncssh.HostKeyNotVerifiable:
        if check.seen is None:  # revoked, or a certificate of an unknown authority
            raise HostKeyChanged(
                _name(access), fingerprint="of a revoked or unknown kind", expected="another"
            ) from None
        raise _host_key_error(access, check.seen, keys, fingerprint) from None
    except CLIENT_ERRORS as error:
        explain(error, location=_name(access), doing="connect")


def known_keys(access: SftpAccess) -> _KeyLists:
    """Return the host keys, host authorities and revoked keys that are known for this server. Raises UsageError."""
    keys: list[asyncssh.SSHKey] = []
    authorities: list[asyncssh.SSHKey] = []
    revoked: list[asyncssh.SSHKey] = []
    if access.known_hosts is not None and access.known_hosts.is_file():
        try:
            found = asyncssh.match_known_hosts(str(access.known_hosts), access.host, "", access.port)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{access.known_hosts} cannot be read as a known_hosts file ({plain(str(error), 200)})",
                next_step="Correct the file.",
            ) from error
        keys, authorities, revoked = list(found[0]), list(found[1]), list(found[2])
    if access.host_key and not access.host_key.startswith("SHA256:"):
        try:
            keys.append(asyncssh.import_public_key(access.host_key))
        except asyncssh.KeyImportError as error:
            raise UsageError(
                f"the host key for {_name(access)} cannot be read",
                next_step="Write it as OpenSSH does (ssh-ed25519 AAAA…), or as its fingerprint SHA256:…",
            ) from error
    return keys, authorities, revoked


def private_key(access: SftpAccess) -> asyncssh.SSHKey:
    """Return the private key, given as PEM or OpenSSH text or as the Base64 of it (§3.4). Raises UsageError."""
    text = (access.private_key.reveal() if access.private_key else "").strip()
    try:
        data = text.encode() if text.startswith("-----BEGIN") else base64.b64decode(text, validate=False)
        return asyncssh.import_private_key(data.rstrip() + b"\n")
    except (asyncssh.KeyImportError, binascii.Error, UnicodeError) as error:
        protected = isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower()
        why = "is protected by a passphrase" if protected else "cannot be read"
        raise UsageError(
            f"the private key for {_name(access)} {why}",
            meaning="It has to be a PEM or OpenSSH private key without a passphrase, or the Base64 of one.",
            next_step="Give another key, or remove the passphrase with ssh-keygen -p.",
        ) from None


def explain(error: Exception, *, location: str, doing: str) -> NoReturn:
    """Raise the StorageError that `error` stands for. `doing` completes "could not …"."""
    raise _storage_error(error, location, plain(doing, 300)) from None


def _storage_error(error: Exception, location: str, doing: str) -> StorageError:
    message = f"{location}: could not {doing}"
    if isinstance(error, asyncssh.PermissionDenied):
        return StorageDenied(
            f"{location}: the server refused the user or the key",
            meaning="User, password or private key is wrong, or the key is not installed there.",
            next_step="Check the credentials with: sftp -P PORT USER@HOST",
        )
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return StorageDenied(
            f"{message} (permission denied)",
            code=NOT_ALLOWED,
            meaning="The user may sign in, but not do this.",
            next_step="Ask for the right to list and read there.",
        )
    if isinstance(error, GONE):
        return StorageMissing(
            f"{message}: it is not there",
            meaning="The file or folder is not there any more, or never was.",
            next_step="List the folder again.",
        )
    if isinstance(error, socket.gaierror):
        cause = "its name cannot be resolved"
    elif isinstance(error, ConnectionRefusedError):
        cause = "the connection was refused"
    elif isinstance(error, TimeoutError):
        cause = "no answer in time"
    elif isinstance(error, LOST):
        cause = "the connection was lost"
    elif isinstance(error, asyncssh.SFTPError):
        return StorageError(
            f"{message} ({plain(error.reason, 200) or type(error).__name__})",
            meaning="The server did not take the request.",
            next_step="Check the folder.",
        )
    else:
        cause = plain(getattr(error, "reason", "") or type(error).__name__, 200)
    return StorageUnreachable(
        f"{message}: {cause}", meaning="No answer came from the server.", next_step="Check host, port and network."
    )


def _host_key_error(
    access: SftpAccess, seen: asyncssh.SSHKey, keys: list[asyncssh.SSHKey], fingerprint: str | None
) -> StorageError:
    shown = seen.get_fingerprint()
    expected = fingerprint or (keys[0].get_fingerprint() if keys else None)
    if expected is not None:
        return HostKeyChanged(_name(access), fingerprint=shown, expected=expected)
    line = seen.export_public_key("openssh").decode().strip()
    return HostKeyUnknown(_name(access), fingerprint=shown, public_key=line)


def _name(access: SftpAccess) -> str:
    return f"sftp://{access.host}" + ("" if access.port == 22 else f":{access.port}")
