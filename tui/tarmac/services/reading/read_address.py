"""How reading code reaches a storage and what it is to read: addresses and names of environment variables, never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never
from urllib.parse import quote, urlsplit

from tarmac.storage.access import (
    GCS_ENDPOINT,
    Access,
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    S3Access,
    SftpAccess,
)
from tarmac.terms.formats import FileFormat
from tarmac.terms.hosts import is_loopback


class Protocol(StrEnum):
    """What the storage speaks; Google's storage is read through its S3-compatible address (platform-api §3.4)."""

    AZURE = "azure"
    S3 = "s3"
    GCS = "gcs"
    SFTP = "sftp"


class Signing(StrEnum):
    """With what the reader signs in; the values come from environment variables."""

    SAS = "sas"
    ACCOUNT_KEY = "account-key"
    SERVICE_PRINCIPAL = "service-principal"
    KEYS = "keys"
    PASSWORD = "password"  # noqa: S105 - the name of a way, not a password
    KEY_FILE = "key-file"


_VARIABLES: dict[Signing, tuple[str, ...]] = {
    Signing.SAS: ("AZURE_STORAGE_SAS_TOKEN",),
    Signing.ACCOUNT_KEY: ("AZURE_STORAGE_ACCOUNT_KEY",),
    Signing.SERVICE_PRINCIPAL: ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    Signing.KEYS: ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    Signing.PASSWORD: ("SFTP_PASSWORD",),
    Signing.KEY_FILE: ("SFTP_KEY_FILE",),
}
_GCS_VARIABLES = ("GCS_HMAC_ACCESS_ID", "GCS_HMAC_SECRET")


@dataclass(frozen=True)
class ReadAddress:
    """A storage's root as a reader names it. `endpoint` is set where it is not the storage's usual address.

    `container` is the container or bucket, the host on SFTP; `root` is the folder that the store's paths are relative to.
    """

    protocol: Protocol
    signing: Signing
    container: str
    account: str = ""
    endpoint: str | None = None
    region: str | None = None
    root: str = ""
    port: int = 22
    user: str = ""
    has_session: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that the reading code takes its credentials from."""
        if self.protocol is Protocol.GCS:
            return _GCS_VARIABLES
        return (*_VARIABLES[self.signing], "AWS_SESSION_TOKEN") if self.has_session else _VARIABLES[self.signing]

    def below_root(self, path: str) -> str:
        """Return `path`, which is relative to the store's root, relative to the container."""
        root = self.root.rstrip("/") if self.root.strip("/") else self.root
        return f"{root.rstrip('/')}/{path}" if root else path

    def url(self, path: str) -> str:
        """Return the full address of a folder or file, as people and most tools write it."""
        inside = quote(self.below_root(path), safe="/=!-_.*'()~ ")
        match self.protocol:
            case Protocol.AZURE if self.endpoint is not None:
                return f"{self.endpoint}/{self.container}/{inside}"
            case Protocol.AZURE:
                return f"abfss://{self.container}@{self.account}.dfs.core.windows.net/{inside}"
            case Protocol.S3:
                return f"s3://{self.container}/{inside}"
            case Protocol.GCS:
                return f"gs://{self.container}/{inside}"
            case Protocol.SFTP:
                port = "" if self.port == 22 else f":{self.port}"
                return f"sftp://{self.user}@{self.container}{port}/{inside.lstrip('/')}"
            case _:
                assert_never(self.protocol)


def address_of(access: Access) -> ReadAddress:
    """Return the reader's view of `access`, without its secrets."""
    match access:
        case AzureSasAccess():
            custom = _unless_usual(access.endpoint_url, access.account)
            return ReadAddress(Protocol.AZURE, Signing.SAS, access.container, access.account, custom)
        case AzureConnectionStringAccess():
            return _of_connection_string(access)
        case AzureServicePrincipalAccess():
            # The module opens real connections and is heavy; its one pure function knows both forms of the URL.
            from tarmac.storage.object_opening import split_data_lake_url

            found, account, container, root = split_data_lake_url(access.url)
            endpoint = _unless_usual(access.endpoint or found, account)
            name = access.container or container
            return ReadAddress(Protocol.AZURE, Signing.SERVICE_PRINCIPAL, name, account, endpoint, root=root)
        case S3Access():
            return ReadAddress(
                Protocol.S3,
                Signing.KEYS,
                access.bucket,
                endpoint=access.endpoint,
                region=access.region,
                root=access.root.strip("/"),
                has_session=access.session_token is not None,
            )
        case GcsHmacAccess():
            endpoint = access.endpoint or GCS_ENDPOINT
            return ReadAddress(
                Protocol.GCS, Signing.KEYS, access.bucket, endpoint=endpoint, root=access.root.strip("/")
            )
        case SftpAccess():
            signing = Signing.PASSWORD if access.password is not None else Signing.KEY_FILE
            return ReadAddress(
                Protocol.SFTP, signing, access.host, root=access.root, port=access.port, user=access.user
            )
        case _:
            assert_never(access)


def _unless_usual(endpoint: str, account: str) -> str | None:
    bare = endpoint.rstrip("/")
    return None if bare == f"https://{account}.blob.core.windows.net" else bare


def _of_connection_string(access: AzureConnectionStringAccess) -> ReadAddress:
    pairs = (part.strip().split("=", 1) for part in access.connection_string.reveal().split(";") if "=" in part)
    parts = {pair[0]: pair[1] for pair in pairs}
    account = parts.get("AccountName", "")
    endpoint = access.endpoint or parts.get("BlobEndpoint")
    signing = Signing.ACCOUNT_KEY if "AccountKey" in parts else Signing.SAS
    custom = None if endpoint is None else _unless_usual(endpoint, account)
    return ReadAddress(Protocol.AZURE, signing, access.container, account, custom)


def is_plain_http(address: ReadAddress) -> bool:
    """Whether the storage is a local one without TLS, which most libraries must be told to accept."""
    if address.endpoint is None:
        return False
    parts = urlsplit(address.endpoint)
    return parts.scheme == "http" and is_loopback(parts.hostname)


@dataclass(frozen=True)
class ReadRequest:
    """What is to be read: folders relative to the store's root, oldest first, all in one format."""

    title: str
    address: ReadAddress
    folders: tuple[str, ...]
    format: FileFormat = FileFormat.PARQUET
    files: tuple[str, ...] = ()
    rows: int | None = None
    roles: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said beside each folder: "full" or "delta"; nothing of a set that has no deltas."""
        return self.roles if len(self.roles) == len(self.folders) > 1 else ("",) * len(self.folders)

    @property
    def ending(self) -> str:
        """What the name of every data file ends with."""
        return ".parquet" if self.format is FileFormat.PARQUET else ".json.gz"


def listing(name: str, values: Sequence[str], notes: Sequence[str]) -> list[str]:
    """Return the lines of a Python list of texts, with a comment beside each where there is one."""
    lines = [f"    {value!r}," + (f"  # {note}" if note else "") for value, note in zip(values, notes, strict=True)]
    return [f"{name} = [", *lines, "]"]


def environ(name: str) -> str:
    """Return the Python expression for an environment variable."""
    return f"os.environ[{name!r}]"
