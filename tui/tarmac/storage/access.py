"""How to open each storage: frozen values made from a profile or from landing-zone credentials, and `open_store`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tarmac.storage.store import Store
from tarmac.terms.errors import UsageError
from tarmac.terms.hosts import is_loopback
from tarmac.terms.secrets import Secret

GCS_ENDPOINT = "https://storage.googleapis.com"
AZURE_AUTHORITY = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class StoreTimeouts:
    """Seconds to wait: for a connection, for the next bytes of an answer, and for one whole list page or ranged read."""

    connect: float = 5.0
    silence: float = 15.0
    operation: float = 45.0


@dataclass(frozen=True)
class AzureSasAccess:
    """A container by shared access signature: the landing zone (§6). `endpoint_url` is the part before the container.

    Azure: `https://ACCOUNT.blob.core.windows.net`; local servers: `http://127.0.0.1:PORT/ACCOUNT`.
    """

    endpoint_url: str
    account: str
    container: str
    sas: Secret

    @classmethod
    def from_uri(cls, uri: str, account: str, container: str, sas: Secret) -> AzureSasAccess:
        """Take the address from a `SASUri`, with or without its query: the landing zone is reached where that says."""
        bare = uri.partition("?")[0].rstrip("/")
        return cls(bare.removesuffix(f"/{container}"), account, container, sas)


@dataclass(frozen=True)
class AzureConnectionStringAccess:
    """A Blob container by connection string, as the platform takes it (§3.4). `endpoint` overrides its address."""

    connection_string: Secret
    container: str
    endpoint: str | None = None


@dataclass(frozen=True)
class AzureServicePrincipalAccess:
    """A Data Lake Gen2 container by service principal (§3.4).

    `url` is what the platform was given: `https://ACCOUNT.dfs.core.windows.net/CONTAINER[/folder]` or
    `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net[/folder]`; a folder in it becomes the root. We read through the
    account's Blob address; `endpoint` overrides that address (the part before the container).
    """

    url: str
    tenant: str
    service_principal_id: str
    service_principal_key: Secret
    authority_host: str = AZURE_AUTHORITY
    endpoint: str | None = None
    container: str | None = None


@dataclass(frozen=True)
class S3Access:
    """A bucket by access key, or the AWS landing zone with its session token. `root` is a folder (`dlzFolder`, §6).

    Without `endpoint` and `region`, Amazon is asked for the bucket's region first.
    """

    bucket: str
    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None
    endpoint: str | None = None
    region: str | None = None
    root: str = ""


@dataclass(frozen=True)
class GcsHmacAccess:
    """A Google bucket by HMAC key, through its S3-compatible address (§3.4)."""

    bucket: str
    access_key_id: str
    secret_access_key: Secret
    endpoint: str | None = None
    root: str = ""


@dataclass(frozen=True)
class SftpAccess:
    """An SFTP server by password or private key.

    `private_key` is PEM or OpenSSH text, or the Base64 of it (the platform's `sshKey`), without a passphrase.
    A server is believed when its key is in `known_hosts`, or is `host_key`: an OpenSSH public key line or a fingerprint
    (`SHA256:…`). `root` is where paths begin: the sign-in folder, or `/` for the whole server.
    """

    host: str
    user: str
    port: int = 22
    password: Secret | None = None
    private_key: Secret | None = None
    known_hosts: Path | None = None
    host_key: str | None = None
    root: str = ""


Access = (
    AzureSasAccess | AzureConnectionStringAccess | AzureServicePrincipalAccess | S3Access | GcsHmacAccess | SftpAccess
)
Renew = Callable[[], Awaitable[Access]]


def check_url(url: str) -> str:
    """Return `url`; plain http is for this machine only. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is not an address", next_step="Write it as https://host[:port].") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{url!r} is not an address", next_step="Write it as https://host[:port].")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"{host} is to be reached over plain http",
            meaning="Credentials and data would travel unprotected; plain http is for this machine only.",
            next_step=f"Use https://{parts.netloc}.",
        )
    return url.rstrip("/")


def open_store(
    access: Access,
    *,
    timeouts: StoreTimeouts | None = None,
    renew: Renew | None = None,
    ca_file: Path | None = None,
) -> Store:
    """Return a store for `access`; nothing is sent yet.

    `renew` brings fresh credentials when the storage refuses the present ones: they are renewed once, and a listing goes
    on where it was. `ca_file` (PEM) is trusted besides the usual authorities. Raises UsageError for an access that
    cannot be used, such as plain http to another machine.
    """
    limits = timeouts or StoreTimeouts()
    if isinstance(access, SftpAccess):
        from tarmac.storage.sftp_store import SftpStore

        return SftpStore(access, limits)
    from tarmac.storage.object_store import ObjectStore

    if renew is None:
        return ObjectStore(access, limits, ca_file)
    from tarmac.storage.renewing_store import RenewingStore

    def reopen(fresh: Access) -> ObjectStore:
        if isinstance(fresh, SftpAccess):
            raise TypeError("an object store cannot become an SFTP store")
        return ObjectStore(fresh, limits, ca_file)

    return RenewingStore(reopen(access), renew, reopen)
