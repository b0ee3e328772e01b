"""An access turned into an obstore client that takes nothing from the environment.

obstore fills whatever is left open from `AWS_*` and `AZURE_*` variables, silently and with priority over a SAS: another
account's key, another endpoint, certificates unchecked. So every such setting is given here, and credentials always
come from a provider, which the environment cannot override.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from obstore.store import AzureStore, S3Store

from tarmac.storage.access import (
    GCS_ENDPOINT,
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    S3Access,
    StoreTimeouts,
    check_url,
)
from tarmac.storage.entra import EntraSignIn
from tarmac.storage.errors import StorageError
from tarmac.terms.errors import UsageError
from tarmac.terms.hosts import is_loopback

if TYPE_CHECKING:  # obstore's type names do not exist at run time
    from obstore.store import (
        AzureCredential,
        AzureCredentialProvider,
        ClientConfig,
        RetryConfig,
        S3Credential,
    )

DEFAULT_REGION = "us-east-1"
ObjectAccess = AzureSasAccess | AzureConnectionStringAccess | AzureServicePrincipalAccess | S3Access | GcsHmacAccess


@dataclass(frozen=True)
class OpenedClient:
    """A client, its root in words, the address it connects to, and where a failed sign-in is kept."""

    client: AzureStore | S3Store
    location: str
    address: str
    sign_in_failure: Callable[[], StorageError | None] = lambda: None


def open_client(access: ObjectAccess, timeouts: StoreTimeouts, ca_file: Path | None) -> OpenedClient:
    """Return a client for `access`. Raises UsageError for one that cannot be used."""
    match access:
        case AzureSasAccess(endpoint_url=endpoint, account=account, container=container, sas=sas):
            token = parse_qsl(sas.reveal().lstrip("?"), keep_blank_values=True)
            signed: AzureCredential = {"sas_token": token, "expires_at": None}
            return _azure(endpoint, account, container, "", lambda: signed, timeouts, ca_file)
        case AzureConnectionStringAccess():
            return _connection_string(access, timeouts, ca_file)
        case AzureServicePrincipalAccess():
            return _service_principal(access, timeouts, ca_file)
        case S3Access():
            region = access.region or DEFAULT_REGION
            endpoint = access.endpoint or f"https://s3.{region}.amazonaws.com"
            return _s3(access, "s3", endpoint, region, timeouts, ca_file)
        case GcsHmacAccess():
            return _s3(access, "gs", access.endpoint or GCS_ENDPOINT, "auto", timeouts, ca_file)


def _client_options(url: str, timeouts: StoreTimeouts, ca_file: Path | None) -> ClientConfig:
    parts = urlsplit(url)
    options: ClientConfig = {
        "allow_http": parts.scheme == "http",
        "allow_invalid_certificates": False,
        "connect_timeout": timedelta(seconds=timeouts.connect),
        "read_timeout": timedelta(seconds=timeouts.silence),
        # The whole of a streamed file may take long; silence ends it, and ObjectStore bounds the short operations.
        "timeout": timedelta(hours=12),
    }
    if ca_file is not None:
        options["root_certificate"] = ca_file.read_bytes()
    if is_loopback(parts.hostname):
        # A proxy from the environment must not be asked for this very machine; only an explicit proxy has exclusions.
        options["proxy_url"] = "http://127.0.0.1:9"
        options["proxy_excludes"] = "127.0.0.0/8,localhost,::1"
    return options


def _retries(timeouts: StoreTimeouts) -> RetryConfig:
    return {
        "max_retries": 2,
        "retry_timeout": timedelta(seconds=timeouts.operation),
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=1),
            "base": 2,
        },
    }


def _azure(
    endpoint: str,
    account: str,
    container: str,
    root: str,
    credentials: AzureCredentialProvider,
    timeouts: StoreTimeouts,
    ca_file: Path | None,
    sign_in_failure: Callable[[], StorageError | None] = lambda: None,
) -> OpenedClient:
    address = check_url(endpoint)
    client = AzureStore(
        container,
        prefix=root or None,
        account_name=account,
        endpoint=address,
        use_emulator=False,
        use_fabric_endpoint=False,
        use_azure_cli=False,
        skip_signature=False,
        client_options=_client_options(address, timeouts, ca_file),
        retry_config=_retries(timeouts),
        credential_provider=credentials,
    )
    abfss = f"abfss://{container}@{account}.dfs.core.windows.net"
    location = f"{address}/{container}" if is_loopback(urlsplit(address).hostname) else abfss
    return OpenedClient(client, f"{location}/{root}" if root else location, address, sign_in_failure)


def _connection_string(
    access: AzureConnectionStringAccess, timeouts: StoreTimeouts, ca_file: Path | None
) -> OpenedClient:
    parts = dict(part.strip().split("=", 1) for part in access.connection_string.reveal().split(";") if "=" in part)
    account, key, sas = (
        parts.get("AccountName", ""),
        parts.get("AccountKey", ""),
        parts.get("SharedAccessSignature", ""),
    )
    if not account or not (key or sas):
        raise UsageError(
            "the connection string names no account or no key",
            next_step="Copy it whole: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=…",
        )
    scheme = parts.get("DefaultEndpointsProtocol", "https")
    suffix = parts.get("EndpointSuffix", "core.windows.net")
    endpoint = access.endpoint or parts.get("BlobEndpoint") or f"{scheme}://{account}.blob.{suffix}"
    credential: AzureCredential
    if key:
        credential = {"access_key": key, "expires_at": None}
    else:
        credential = {"sas_token": parse_qsl(sas.lstrip("?"), keep_blank_values=True), "expires_at": None}
    return _azure(endpoint, account, access.container, "", lambda: credential, timeouts, ca_file)


def _service_principal(
    access: AzureServicePrincipalAccess, timeouts: StoreTimeouts, ca_file: Path | None
) -> OpenedClient:
    endpoint, account, container, root = split_data_lake_url(access.url)
    container = access.container or container
    if not container:
        raise UsageError(
            "the Data Lake address names no container",
            next_step="Write it as https://ACCOUNT.dfs.core.windows.net/CONTAINER.",
        )
    sign_in = EntraSignIn(access, timeouts, ca_file)
    return _azure(
        access.endpoint or endpoint,
        account,
        container,
        root,
        sign_in,
        timeouts,
        ca_file,
        lambda: sign_in.failure,
    )


def split_data_lake_url(url: str) -> tuple[str, str, str, str]:
    """Return Blob endpoint, account, container (may be empty) and folder of a Gen2 address. Raises UsageError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = [unquote(part) for part in parts.path.split("/") if part]
    if parts.scheme in ("abfss", "abfs") and parts.username:
        return f"https://{host.replace('.dfs.', '.blob.', 1)}", host.split(".")[0], parts.username, "/".join(path)
    check_url(url)
    if is_loopback(host):  # path style: the account is the first part
        account = path.pop(0) if path else ""
        endpoint = f"{parts.scheme}://{parts.netloc}/{account}"
    else:
        account = host.split(".")[0]
        endpoint = f"https://{parts.netloc.replace('.dfs.', '.blob.', 1)}"
    return endpoint, account, path[0] if path else "", "/".join(path[1:])


def _s3(
    access: S3Access | GcsHmacAccess,
    scheme: str,
    endpoint: str,
    region: str,
    timeouts: StoreTimeouts,
    ca_file: Path | None,
) -> OpenedClient:
    address = check_url(endpoint)
    token = access.session_token if isinstance(access, S3Access) else None
    keys: S3Credential = {
        "access_key_id": access.access_key_id,
        "secret_access_key": access.secret_access_key.reveal(),
        "token": token.reveal() if token else None,
        "expires_at": None,
    }
    root = access.root.strip("/")
    client = S3Store(
        access.bucket,
        prefix=root or None,
        endpoint=address,
        region=region,
        virtual_hosted_style_request=False,
        skip_signature=False,
        s3_express=False,
        request_payer=False,
        client_options=_client_options(address, timeouts, ca_file),
        retry_config=_retries(timeouts),
        credential_provider=lambda: keys,
    )
    location = f"{scheme}://{access.bucket}"
    return OpenedClient(client, f"{location}/{root}" if root else location, address)
