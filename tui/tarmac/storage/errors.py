"""What can go wrong when reading what landed. The whole tree is drawn in `tarmac.platform.errors`."""

from __future__ import annotations

from tarmac.terms.errors import TarmacError


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
