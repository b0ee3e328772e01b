"""What `reader = {…}` of a destination may hold: how *we* read, where that differs from what the platform is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tarmac.terms.destinations import DestinationKind


class ReaderValue(Enum):
    """What kind of value a reader key takes."""

    TEXT = "text"
    ADDRESS = "address"
    PORT = "port"
    PATH = "path"
    CREDENTIAL = "credential"


@dataclass(frozen=True)
class ReaderKey:
    """One key: its value, a right example as written in TOML, whether several lines are one value."""

    key: str
    value: ReaderValue
    example: str
    whole: bool = False


def _credential(key: str, *, whole: bool = False) -> ReaderKey:
    return ReaderKey(key, ReaderValue.CREDENTIAL, f'{{ env = "{key.upper()}" }}', whole)


_ENDPOINT = ReaderKey("endpoint", ReaderValue.ADDRESS, "http://127.0.0.1:9000")
_REGION = ReaderKey("region", ReaderValue.TEXT, "eu-west-1")
# A shared access signature reads a container without the account's key; it needs the account's name.
_BY_SIGNATURE = (ReaderKey("account", ReaderValue.TEXT, "acmestorage"), _credential("sas_token"))

READER_KEYS: Mapping[DestinationKind, tuple[ReaderKey, ...]] = {
    DestinationKind.AMAZON_S3: (
        _ENDPOINT,
        _REGION,
        _credential("access_key"),
        _credential("secret_key"),
        _credential("session_token"),
    ),
    DestinationKind.AZURE_BLOB: (_ENDPOINT, *_BY_SIGNATURE, _credential("connection_string")),
    DestinationKind.AZURE_DATA_LAKE: (
        _ENDPOINT,
        ReaderKey("container", ReaderValue.TEXT, "ml"),
        *_BY_SIGNATURE,
        ReaderKey("url", ReaderValue.TEXT, "https://acme.dfs.core.windows.net/ml"),
        ReaderKey("authority_host", ReaderValue.ADDRESS, "https://login.microsoftonline.com"),
        ReaderKey("tenant", ReaderValue.TEXT, "0f0f0f0f-0000-4000-8000-000000000001"),
        ReaderKey("service_principal_id", ReaderValue.TEXT, "0f0f0f0f-0000-4000-8000-000000000002"),
        _credential("service_principal_key"),
    ),
    # The landing zone is read with what the platform hands out, at the address it names.
    DestinationKind.DATA_LANDING_ZONE: (_ENDPOINT, _REGION),
    DestinationKind.GOOGLE_CLOUD_STORAGE: (_ENDPOINT, _credential("access_key_id"), _credential("secret_access_key")),
    DestinationKind.SFTP: (
        ReaderKey("host", ReaderValue.TEXT, "sftp.acme.com"),
        ReaderKey("port", ReaderValue.PORT, "22"),
        ReaderKey("username", ReaderValue.TEXT, "reader"),
        _credential("password"),
        _credential("ssh_key", whole=True),
        ReaderKey("known_hosts", ReaderValue.PATH, "~/.ssh/known_hosts"),
        ReaderKey("host_key", ReaderValue.TEXT, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…"),
        ReaderKey("root", ReaderValue.TEXT, "/"),
    ),
}
