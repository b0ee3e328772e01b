"""Part files into Amazon S3, Google Cloud Storage (its S3 side, by HMAC key), Azure Blob and ADLS Gen2 (its Blob side).

An object store shows an object when its upload is complete and never before.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit, urlunsplit

from tarmac.emulator.contracts import ExportFailed, SinkTarget
from tarmac.emulator.conversion import failed
from tarmac.emulator.sinks import ANY_CONTAINER, connection_failed
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.hosts import is_loopback

if TYPE_CHECKING:
    from obstore.store import AzureStore, ClientConfig, RetryConfig, S3Store

_log = logging.getLogger(__name__)
_MICROSOFT = "https://login.microsoftonline.com"
_PART_BYTES = 8 * 1024 * 1024
# obstore's own ten tries within three minutes would look like a hanging run.
_TRIES_AFTER_THE_FIRST = 2
_GIVE_UP_AFTER = timedelta(seconds=30)
_ERROR_CODE = re.compile(r"<Code>\s*([A-Za-z]+)\s*</Code>")
_DENIED = {
    "AccessDenied",
    "AllAccessDisabled",
    "AuthenticationFailed",
    "AuthorizationFailure",
    "AuthorizationPermissionMismatch",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
_SIGNED_IN = {
    "AccessDenied",
    "AllAccessDisabled",
    "AuthorizationPermissionMismatch",
    "ContainerNotFound",
    "NoSuchBucket",
}
_FULL = {"AccountBeingCreated", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}


def open_objects(target: SinkTarget) -> ObjectSink:
    """Make the client of the storage that `target` names; nothing is sent yet. Raises ExportFailed."""
    from obstore.exceptions import BaseError

    opener = _OPENERS.get(target.kind)
    if opener is None:
        raise failed(f"The emulator cannot write to {target.kind.spec.title} at {target.endpoint}.")
    try:
        if target.kind is DestinationKind.AZURE_DATA_LAKE:
            # The address of a Gen2 base connection names the file system (§3.4).
            target = replace(target, container=_data_lake_names(_given(target.credentials, "url"))[1])
        return ObjectSink(opener(target), target)
    except (BaseError, ValueError, OSError) as error:
        raise failed(f"The connection to {target.kind.spec.title} cannot be set up: {error}") from error


class ObjectSink:
    """One bucket or container during one export."""

    def __init__(self, store: S3Store | AzureStore, target: SinkTarget) -> None:
        self._store = store
        self._target = target
        self._delivered: list[str] = []

    async def deliver(self, staged: Path, name: str) -> None:
        """Upload the file, in parts when it is large, and drop the staged one."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            await obstore.put_async(self._store, name, staged, chunk_size=_PART_BYTES, max_concurrency=4)
        except (BaseError, OSError) as error:
            raise _refused(error, self._target) from error
        self._delivered.append(name)
        await asyncio.to_thread(staged.unlink)

    async def check(self) -> None:
        """Ask for one page. Where no bucket is known, "not there" and "not yours" are answers to a valid signature only."""
        from obstore.exceptions import BaseError

        try:
            await self._store.list(chunk_size=1).collect_async()
        except (BaseError, OSError) as error:
            is_known = self._target.container != ANY_CONTAINER
            if is_known or error_code(error) not in _SIGNED_IN:
                raise _refused(error, self._target) from error

    async def commit(self) -> None:
        """Everything is visible already."""

    async def withdraw(self) -> None:
        """Delete what was uploaded; a storage that refuses keeps it, as the real platform's does."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            if self._delivered:
                await obstore.delete_async(self._store, self._delivered)
        except (BaseError, OSError):
            _log.warning("%d files of a failed export stay in %s", len(self._delivered), self._target.container)

    async def close(self) -> None:
        """The client holds nothing that must be given back."""


def _s3(target: SinkTarget) -> S3Store:
    from obstore.store import S3Store

    google = target.kind is DestinationKind.GOOGLE_CLOUD_STORAGE
    key, secret = ("accessKeyId", "secretAccessKey") if google else ("s3AccessKey", "s3SecretKey")
    if key not in target.credentials:
        raise failed(f"The emulator signs in to {target.kind.spec.title} with an access key only.")
    endpoint = _endpoint(target)
    return S3Store(
        _container(target),
        endpoint=endpoint,
        region="auto" if google else "us-east-1",
        access_key_id=target.credentials[key],
        secret_access_key=_given(target.credentials, secret),
        client_options=_client_options(endpoint),
        retry_config=_retries(),
    )


def _azure_blob(target: SinkTarget) -> AzureStore:
    from obstore.store import AzureStore

    # Values of a connection string may hold "=", as the Base64 of the key does.
    text = _given(target.credentials, "connectionString")
    parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    endpoint = _endpoint(target)
    return AzureStore(
        _container(target),
        account_name=_given(parts, "AccountName"),
        account_key=base64.b64encode(base64.b64decode(_given(parts, "AccountKey"), validate=True)).decode(),
        endpoint=endpoint,
        client_options=_client_options(endpoint),
        retry_config=_retries(),
    )


def _landing_zone(target: SinkTarget) -> AzureStore:
    """A landing zone on a server named with `--storage`, by a SAS that may write."""
    from obstore.store import AzureStore

    endpoint = _endpoint(target)
    return AzureStore(
        _container(target),
        account_name=endpoint.rpartition("/")[2],
        sas_key=_given(target.credentials, "SASToken"),
        endpoint=endpoint,
        client_options=_client_options(endpoint),
        retry_config=_retries(),
    )


def _data_lake(target: SinkTarget) -> AzureStore:
    """By the service principal, which signs in at Microsoft's address or at the one in `?authority=` of `--storage`."""
    from obstore.store import AzureStore

    endpoint = _endpoint(target)
    authority = parse_qs(urlsplit(target.endpoint or "").query).get("authority", [_MICROSOFT])[0]
    account, container = _data_lake_names(_given(target.credentials, "url"))
    return AzureStore(
        container,
        account_name=account,
        tenant_id=_given(target.credentials, "tenant"),
        client_id=_given(target.credentials, "servicePrincipalId"),
        client_secret=_given(target.credentials, "servicePrincipalKey"),
        authority_host=authority,
        endpoint=endpoint,
        client_options=_client_options(endpoint, authority),
        retry_config=_retries(),
    )


def _data_lake_names(url: str) -> tuple[str, str]:
    """Account and file system of a Gen2 address: `https://acme.dfs…/ml`, `abfss://ml@acme.dfs…`, or path style here."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.strip("/").split("/")
    if parts.username:
        names = host.partition(".")[0], parts.username
    elif is_loopback(host):
        names = path[0], path[1] if len(path) > 1 else ""
    else:
        names = host.partition(".")[0], path[0]
    if not all(names):
        raise failed("The Data Lake address of the base connection names no file system.")
    return names


def _endpoint(target: SinkTarget) -> str:
    parts = urlsplit(target.endpoint or "")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise failed(f"The address {target.endpoint} is not an http or https URL.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _container(target: SinkTarget) -> str:
    if not target.container:
        raise failed("The target connection names no bucket or container.")
    return target.container


def _given(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise failed(f"The base connection has no {name}.")
    return value


def _client_options(*addresses: str) -> ClientConfig:
    plain = [urlsplit(address) for address in addresses if address.startswith("http://")]
    if not all(is_loopback(address.hostname or "") for address in plain):
        raise failed("Plain http is accepted for this machine's own addresses only; use https.")
    options: ClientConfig = {
        "allow_http": bool(plain),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(seconds=60),
    }
    # A private certificate authority, named the usual way.
    authorities = os.environ.get("SSL_CERT_FILE")
    if authorities:
        options["root_certificate"] = Path(authorities).read_bytes()
    return options


def _retries() -> RetryConfig:
    return {"max_retries": _TRIES_AFTER_THE_FIRST, "retry_timeout": _GIVE_UP_AFTER}


def error_code(error: Exception) -> str:
    """Return the code in the server's own body, which is only in the text of the client's error."""
    match = _ERROR_CODE.search(str(error))
    return match[1] if match else ""


def _refused(error: Exception, target: SinkTarget) -> ExportFailed:
    """Name the cause: only some of obstore's errors have a class, the rest is in the server's own body."""
    from obstore.exceptions import NotFoundError, PermissionDeniedError, UnauthenticatedError

    title, text, code = target.kind.spec.title, str(error), error_code(error)
    said = f" ({code})" if code else ""
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or code in _DENIED or "AADSTS" in text:
        return failed(f"Access denied by {title}{said}.")
    if isinstance(error, (NotFoundError, FileNotFoundError)) or code in {"NoSuchBucket", "ContainerNotFound"}:
        return failed(f"{title} has no bucket or container {target.container}{said}.")
    if code in _FULL or "507" in text:
        return failed(f"The storage is full{said}.")
    if not code and ("error sending request" in text.lower() or "connect" in text.lower()):
        return connection_failed(target.endpoint or title)
    return failed(f"{title} refused the upload{said}: {text.splitlines()[0] if text else type(error).__name__}")


_OPENERS: Mapping[DestinationKind, Callable[[SinkTarget], S3Store | AzureStore]] = {
    DestinationKind.AMAZON_S3: _s3,
    DestinationKind.GOOGLE_CLOUD_STORAGE: _s3,
    DestinationKind.AZURE_BLOB: _azure_blob,
    DestinationKind.AZURE_DATA_LAKE: _data_lake,
    DestinationKind.DATA_LANDING_ZONE: _landing_zone,
}
