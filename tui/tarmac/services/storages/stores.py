"""From a destination to an opened store: what the profile says about reading, else what the platform is given (design §5.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import assert_never, cast

from tarmac.platform.models import AwsLandingZone, LandingZoneCredentials
from tarmac.profiles.models import Destination
from tarmac.services.plans.plan import Wish
from tarmac.services.plans.wanted import sent_path
from tarmac.services.reading.read_address import ReadAddress, address_of
from tarmac.services.workspace import Workspace
from tarmac.storage.access import (
    AZURE_AUTHORITY,
    Access,
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    Renew,
    S3Access,
    SftpAccess,
)
from tarmac.storage.store import Store, WritableStore
from tarmac.terms.destination_fields import PORT
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.own_path import own_path
from tarmac.terms.secrets import Secret

Values = Mapping[str, Secret]
# The reader's settings that say where a storage is, not with what one signs in.
_WHERE = frozenset(
    {"endpoint", "region", "container", "authority_host", "host", "port", "known_hosts", "host_key", "root"}
)


@dataclass(frozen=True)
class OpenedStore:
    """A store and how others reach it."""

    store: Store
    address: ReadAddress


@asynccontextmanager
async def opened_store(ws: Workspace, wish: Wish) -> AsyncIterator[OpenedStore]:
    """Open the storage that a wish's files land in; closed on the way out.

    Raises UsageError for settings that cannot work, PlatformError when the landing zone's credentials cannot be had.
    Nothing is sent to the storage yet.
    """
    name = wish.destination.name
    replayed = None if ws.flight is None else await ws.flight.opened_store(name)
    if replayed is not None:
        yield replayed
        return
    try:
        access = await access_for(ws, wish)
    except TarmacError as error:
        if ws.flight is not None:
            ws.flight.not_opened(name, error)
        raise
    renew = _renewal(ws, wish.destination) if wish.destination.kind is DestinationKind.DATA_LANDING_ZONE else None
    # The client libraries are heavy: they are imported in a thread, while the screen goes on.
    address = await asyncio.to_thread(address_of, access)
    store = await asyncio.to_thread(_open, access, renew)
    if ws.flight is not None:
        store = ws.flight.watched(store, name, address)
    try:
        yield OpenedStore(store, address)
    finally:
        await store.close()


async def access_for(ws: Workspace, wish: Wish) -> Access:
    """Return how we read the wish's storage, with secrets resolved now. Raises UsageError or PlatformError."""
    destination = wish.destination
    if destination.kind is DestinationKind.DATA_LANDING_ZONE:
        return landing_zone_access(await (await ws.platform()).landing_zone.credentials(), destination)
    given = dict(await ws.secrets(destination.credentials))
    own = dict(await ws.secrets(destination.reader))
    rooted = sent_path(wish).startswith("/")
    return storage_access(destination, given, own, rooted=rooted)


@asynccontextmanager
async def writable_store(ws: Workspace, destination: Destination) -> AsyncIterator[WritableStore]:
    """Open a storage of one's own for writing, with the credentials that the platform writes with; closed on the way out.

    Raises UsageError for the landing zone, which would delete the files again, and for settings that cannot work.
    """
    if destination.kind is DestinationKind.DATA_LANDING_ZONE:
        raise UsageError(
            f"{destination.name} is a landing zone",
            meaning="What is copied there would be deleted after 7 days as well.",
            next_step="Name a folder of this machine, or a destination of another kind.",
        )
    given = dict(await ws.secrets(destination.credentials))
    own = dict(await ws.secrets(destination.reader))
    # A reader's own key often may not write. Where the platform writes by a role, it is all there is.
    settings = own if "role" in given else {key: own[key] for key in own if key in _WHERE}
    rooted = destination.location.get("path", "").startswith("/")
    access = storage_access(destination, given, settings, rooted=rooted)
    store = await asyncio.to_thread(_open, access, None)
    try:
        yield cast("WritableStore", store)
    finally:
        await store.close()


def landing_zone_access(credentials: LandingZoneCredentials, destination: Destination) -> Access:
    """Return the access to the landing zone, at the address that its `SASUri` names (design §5.2)."""
    endpoint, region = _plain(destination, "endpoint"), _plain(destination, "region")
    if isinstance(credentials, AwsLandingZone):
        return S3Access(
            credentials.bucket,
            credentials.access_key_id,
            credentials.secret_access_key,
            session_token=credentials.session_token,
            endpoint=endpoint or credentials.endpoint,
            region=region,
            root=credentials.folder,
        )
    access = AzureSasAccess.from_uri(credentials.uri, credentials.account, credentials.container, credentials.sas_token)
    return access if endpoint is None else replace(access, endpoint_url=endpoint.rstrip("/"))


def storage_access(destination: Destination, given: Values, own: Values, *, rooted: bool = False) -> Access:
    """Return the access to a storage of one's own: `own` are the reader's settings, `given` what the platform has.

    `rooted` says that an SFTP path starts at the server's root. Raises UsageError naming what is missing.
    """
    match destination.kind:
        case DestinationKind.AMAZON_S3:
            return S3Access(
                destination.location["bucket"],
                _need(destination, given, own, "access_key").reveal(),
                _need(destination, given, own, "secret_key"),
                session_token=own.get("session_token"),
                endpoint=_text(own, "endpoint"),
                region=_text(own, "region"),
            )
        case DestinationKind.AZURE_BLOB:
            return _blob(destination, given, own)
        case DestinationKind.AZURE_DATA_LAKE:
            return _data_lake(destination, given, own)
        case DestinationKind.GOOGLE_CLOUD_STORAGE:
            return GcsHmacAccess(
                destination.location["bucket"],
                _need(destination, given, own, "access_key_id").reveal(),
                _need(destination, given, own, "secret_access_key"),
                endpoint=_text(own, "endpoint"),
            )
        case DestinationKind.SFTP:
            return _sftp(destination, given, own, rooted=rooted)
        case DestinationKind.DATA_LANDING_ZONE:
            raise UsageError(
                f"the landing zone {destination.name} is read with the credentials that the platform hands out",
                next_step="Remove its credentials from the profile.",
            )
        case _:
            assert_never(destination.kind)


def _open(access: Access, renew: Renew | None) -> Store:
    from tarmac.storage.access import open_store

    return open_store(access, renew=renew)


def _renewal(ws: Workspace, destination: Destination) -> Renew:
    async def renew() -> Access:
        # Asking again after their end gives fresh ones; a rotation would lock out every other reader (§6).
        return landing_zone_access(await (await ws.platform()).landing_zone.credentials(), destination)

    return renew


def _blob(destination: Destination, given: Values, own: Values) -> Access:
    container, endpoint = destination.location["container"], _text(own, "endpoint")
    by_key = _by_account(container, endpoint, own)
    if by_key is not None:
        return by_key
    text = _need(destination, given, own, "connection_string")
    return AzureConnectionStringAccess(text, container, endpoint)


def _data_lake(destination: Destination, given: Values, own: Values) -> Access:
    from tarmac.storage.object_opening import split_data_lake_url

    url = _need(destination, given, own, "url").reveal()
    endpoint, account, container, folder = split_data_lake_url(url)
    container = _text(own, "container") or container
    own_account = {"account": Secret(account), **own}
    by_key = _by_account(container, _text(own, "endpoint") or endpoint, own_account)
    if by_key is None:
        return AzureServicePrincipalAccess(
            url,
            _need(destination, given, own, "tenant").reveal(),
            _need(destination, given, own, "service_principal_id").reveal(),
            _need(destination, given, own, "service_principal_key"),
            authority_host=_text(own, "authority_host") or AZURE_AUTHORITY,
            endpoint=_text(own, "endpoint"),
            container=_text(own, "container"),
        )
    if folder:
        raise UsageError(
            f"destination {destination.name} is read by account key or SAS, and its url holds the folder {folder!r}",
            meaning="Only a service principal is read below a folder of the url.",
            next_step="Move the folder from `url` to `path`, or remove account_key and sas_token from `reader`.",
        )
    return by_key


def _by_account(container: str, endpoint: str | None, own: Values) -> Access | None:
    """Return access by the reader's own account key or SAS; None where the reader has neither."""
    account, key, sas = _text(own, "account"), own.get("account_key"), own.get("sas_token")
    if key is None and sas is None:
        return None
    if not account:
        raise UsageError(
            "reader has an account_key or sas_token, but no account",
            next_step='Add account = "…" (the storage account\'s name) to `reader`.',
        )
    address = endpoint or f"https://{account}.blob.core.windows.net"
    if sas is not None:
        return AzureSasAccess(address.rstrip("/"), account, container, sas)
    text = f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={key.reveal() if key else ''}"
    return AzureConnectionStringAccess(Secret(text), container, endpoint)


def _sftp(destination: Destination, given: Values, own: Values, *, rooted: bool) -> Access:
    if "ssh_key_passphrase" in own:
        raise UsageError(
            f"destination {destination.name}: a private key with a passphrase cannot be used for reading",
            next_step="Give `reader` a key without a passphrase, or a password, and remove ssh_key_passphrase.",
        )
    port = _text(own, "port") or _text(given, "port") or "22"
    if complaint := PORT.complaint(port):
        raise UsageError(
            f"destination {destination.name} cannot be read: {complaint}",
            next_step=f"Correct port in the profile, for example: port = {PORT.example}.",
        )
    # A reader with a way of its own to sign in does not use the platform's.
    signing = own if "password" in own or "ssh_key" in own else given
    password, key = signing.get("password"), signing.get("ssh_key")
    if password is None and key is None:
        raise _missing(destination, "password")
    known_hosts = _text(own, "known_hosts")
    return SftpAccess(
        _text(own, "host") or _need(destination, given, {}, "domain").reveal(),
        _need(destination, given, own, "username").reveal(),
        port=int(port),
        password=password,
        private_key=key,
        known_hosts=None if known_hosts is None else own_path(known_hosts),
        host_key=_text(own, "host_key"),
        root="/" if rooted else _text(own, "root") or "",
    )


def _need(destination: Destination, given: Values, own: Values, key: str) -> Secret:
    found = own.get(key) or given.get(key)
    if not found:
        raise _missing(destination, key)
    return found


def _missing(destination: Destination, key: str) -> UsageError:
    role = "role" in destination.credentials
    return UsageError(
        f"destination {destination.name} cannot be read: {key} is missing",
        code="no-reader",
        meaning="The platform writes with a role that is its own; tarmac needs a key to read what landed."
        if role
        else "Neither `reader` nor `credentials` of the destination hold it.",
        next_step=f'Add it to the profile: reader = {{ {key} = {{ env = "…" }} }}.',
    )


def _text(values: Values, key: str) -> str | None:
    value = values.get(key)
    return value.reveal() if value else None


def _plain(destination: Destination, key: str) -> str | None:
    """Return a reader setting that is never secret."""
    value = destination.reader.get(key)
    return value if isinstance(value, str) and value else None
