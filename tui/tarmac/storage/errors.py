"""What can go wrong when reading what landed. The whole tree is drawn in `tarmac.platform.errors`."""

from __future__ import annotations

from tarmac.terms.errors import TarmacError

# The `code` of a StorageDenied whose credentials are right, but lack the right to do this.
NOT_ALLOWED = "storage-not-allowed"


class StorageError(TarmacError):
    """Reading the storage failed."""

    default_code = "storage"


class StorageUnreachable(StorageError):
    """No connection: name, port, network or certificate."""

    default_code = "storage-unreachable"


class StorageDenied(StorageError):
    """The storage refused the credentials, or they may not do this."""

    default_code = "storage-denied"


class StorageMissing(StorageError):
    """The bucket, container, folder or file is not there."""

    default_code = "storage-missing"


class StorageCorrupt(StorageError):
    """A file cannot be read as what its name says; `path` names it."""

    default_code = "storage-corrupt"

    def __init__(self, message: str, *, path: str, meaning: str = "", next_step: str = "") -> None:
        super().__init__(message, meaning=meaning, next_step=next_step)
        self.path = path


class HostKeyUnknown(StorageDenied):
    """An SFTP server that nobody has vouched for yet; whether to trust it is for a person to decide.

    `fingerprint` is what OpenSSH shows (`SHA256:…`), `public_key` the line that pins it (`SftpAccess.host_key`).
    """

    default_code = "host-key-unknown"

    def __init__(self, host: str, *, fingerprint: str, public_key: str) -> None:
        super().__init__(
            f"{host} shows the host key {fingerprint}, and nobody has vouched for it yet",
            meaning="Without a known host key, anybody on the way could pose as this server.",
            next_step="Compare the fingerprint with the one its administrator gives you, then trust it.",
        )
        self.host = host
        self.fingerprint = fingerprint
        self.public_key = public_key


class HostKeyChanged(StorageDenied):
    """An SFTP server whose host key is not the one that is known for it, or is revoked."""

    default_code = "host-key-changed"

    def __init__(self, host: str, *, fingerprint: str, expected: str) -> None:
        super().__init__(
            f"{host} shows the host key {fingerprint}, but {expected} is known for it",
            meaning="Either the server was set up anew, or somebody poses as it. Nothing was sent, not even the user name.",
            next_step="Ask its administrator. Only if the key was really changed, remove the old one and trust the new one.",
        )
        self.host = host
        self.fingerprint = fingerprint
