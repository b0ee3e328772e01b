"""Can we read there? Asked layer by layer, so that the first failing one names the cause."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tarmac.storage.access import Access, SftpAccess, StoreTimeouts, open_store
from tarmac.storage.errors import NOT_ALLOWED, HostKeyChanged, HostKeyUnknown, StorageDenied, StorageUnreachable
from tarmac.storage.layout import DataKind, data_kind
from tarmac.storage.parquet_footer import count_in_footer, fetch_footer
from tarmac.storage.store import Store, StoredFile
from tarmac.terms.errors import TarmacError
from tarmac.terms.hosts import is_loopback
from tarmac.terms.text import plain

_ENOUGH_FILES = 2000
_SPEED_BYTES = 4 << 20
_SPEED_LEAST = 256 << 10


@dataclass(frozen=True)
class ProbeStep:
    """One layer: its name, whether it holds, what was found, how long it took (seconds), and what to do if it fails."""

    name: str
    ok: bool
    detail: str
    took_s: float
    next_step: str = ""
    error: TarmacError | None = None


@dataclass(frozen=True)
class _Host:
    name: str
    port: int
    tls: bool


async def probe(
    access: Access, folder: str = "", *, timeouts: StoreTimeouts | None = None, ca_file: Path | None = None
) -> list[ProbeStep]:
    """Return the steps of `probe_steps` as a list; the last one failed, or all hold."""
    return [step async for step in probe_steps(access, folder, timeouts=timeouts, ca_file=ca_file)]


async def probe_steps(
    access: Access, folder: str = "", *, timeouts: StoreTimeouts | None = None, ca_file: Path | None = None
) -> AsyncIterator[ProbeStep]:
    """Yield each layer when it is known, and stop behind the first that fails.

    Layers: name, connection, TLS (SFTP: host key), sign-in, list, read, speed.
    """
    limits = timeouts or StoreTimeouts()
    try:
        store = open_store(access, timeouts=limits, ca_file=ca_file)
    except TarmacError as error:
        yield _failed("settings", 0.0, error)
        return
    try:
        async for step in _network(_host_of(access, store), limits, ca_file):
            yield step
            if not step.ok:
                return
        async for step in _storage(store, folder, sftp=isinstance(access, SftpAccess)):
            yield step
    finally:
        await store.close()


def _host_of(access: Access, store: Store) -> _Host:
    if isinstance(access, SftpAccess):
        return _Host(access.host, access.port, tls=False)
    from tarmac.storage.object_store import ObjectStore

    assert isinstance(store, ObjectStore)  # noqa: S101  # open_store gives one where nothing renews
    parts = urlsplit(store.address)
    tls = parts.scheme == "https"
    return _Host(parts.hostname or "", parts.port or (443 if tls else 80), tls)


async def _network(host: _Host, limits: StoreTimeouts, ca_file: Path | None) -> AsyncIterator[ProbeStep]:
    proxy = _proxy_for(host)
    if proxy is not None:
        yield ProbeStep("connection", True, f"through the proxy {proxy}, which is not looked at", 0.0)
        return

    async def resolve() -> str:
        found = await asyncio.get_running_loop().getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
        address = found[0][4][0]
        return f"{host.name} is an address already" if address == host.name else f"{host.name} is {address}"

    async def connect() -> str:
        await _connection(host, None)
        return f"port {host.port} answers"

    async def secure() -> str:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        return await _connection(host, context)

    layers: list[tuple[str, Callable[[], Awaitable[str]]]] = [("name", resolve), ("connection", connect)]
    if host.tls:
        layers.append(("TLS", secure))
    for name, layer in layers:
        started = time.monotonic()
        try:
            async with asyncio.timeout(limits.connect):
                detail = await layer()
        except OSError as error:
            yield _failed(name, time.monotonic() - started, _network_error(host, error))
            return
        yield ProbeStep(name, True, detail, time.monotonic() - started)


async def _connection(host: _Host, context: ssl.SSLContext | None) -> str:
    _, writer = await asyncio.open_connection(host.name, host.port, ssl=context)
    try:
        secured = writer.get_extra_info("ssl_object")
        if secured is None:
            return ""
        ends = (secured.getpeercert() or {}).get("notAfter", "")
        return f"{secured.version()}, certificate until {ends}" if ends else str(secured.version())
    finally:
        writer.transport.abort()  # nothing was said, nothing needs to be finished


def _network_error(host: _Host, error: OSError) -> StorageUnreachable:
    step = "Check the port, the firewall, and whether a VPN is needed."
    if isinstance(error, socket.gaierror):
        said, step = f"the name {host.name} cannot be resolved", "Check the address and the name server."
    elif isinstance(error, ssl.SSLCertVerificationError):
        said = f"the certificate of {host.name} is not accepted: {error.verify_message}"
        step = "Check the address; behind an inspecting proxy, its authority must be known to this machine."
    elif isinstance(error, ssl.SSLError):
        said, step = f"{host.name}:{host.port} does not speak TLS", "Check address and port."
    elif isinstance(error, ConnectionRefusedError):
        said = f"{host.name}:{host.port} refuses connections"
    elif isinstance(error, TimeoutError):
        said = f"{host.name}:{host.port} does not answer in time"
    else:
        said = f"no connection to {host.name}:{host.port} ({error.strerror or type(error).__name__})"
    return StorageUnreachable(plain(said, 300), next_step=step)


def _proxy_for(host: _Host) -> str | None:
    if is_loopback(host.name) or host.port not in (80, 443) or proxy_bypass(host.name):
        return None
    proxies = getproxies()
    found = proxies.get("https" if host.tls else "http") or proxies.get("all")
    return urlsplit(found).hostname if found else None


async def _storage(store: Store, folder: str, *, sftp: bool) -> AsyncIterator[ProbeStep]:
    started = time.monotonic()
    seen: list[StoredFile] = []
    try:
        async for page in store.list_files(folder):
            seen += page
            if len(seen) >= _ENOUGH_FILES:
                break
    except TarmacError as error:
        took = time.monotonic() - started
        for step in _refusal(error, took, sftp=sftp):
            yield step
        return
    took = time.monotonic() - started
    if sftp:
        yield ProbeStep("host key", True, "the known one", 0.0)
    yield ProbeStep("sign-in", True, "accepted", 0.0)
    where = f"below {plain(folder, 200)}" if folder else "there"
    more = "at least " if len(seen) >= _ENOUGH_FILES else ""
    yield ProbeStep("list", True, f"{more}{len(seen):,} files {where}" if seen else f"nothing {where} yet", took)
    async for step in _reading(store, seen):
        yield step


def _refusal(error: TarmacError, took: float, *, sftp: bool) -> list[ProbeStep]:
    """Say at which layer a failed listing failed, and which ones before it hold."""
    key, signed = ProbeStep("host key", True, "the known one", 0.0), ProbeStep("sign-in", True, "accepted", 0.0)
    before = [key] if sftp else []
    if isinstance(error, HostKeyUnknown | HostKeyChanged):
        return [_failed("host key", took, error)]
    if isinstance(error, StorageDenied) and error.code != NOT_ALLOWED:
        return [*before, _failed("sign-in", took, error)]
    if isinstance(error, StorageUnreachable) or not isinstance(error, StorageDenied):
        return [_failed("list", took, error)]
    return [*before, signed, _failed("list", took, error)]


async def _reading(store: Store, seen: list[StoredFile]) -> AsyncIterator[ProbeStep]:
    data = [file for file in seen if data_kind(file.path) and file.bytes > 0]
    if not data:
        yield ProbeStep("read", True, "no data file to read yet", 0.0)
        return
    small, large = data[0], max(data, key=lambda file: file.bytes)
    name, started = "read", time.monotonic()
    try:
        detail = await _read_one(store, small)
        yield ProbeStep(name, True, detail, time.monotonic() - started)
        if large.bytes < _SPEED_LEAST:
            return
        name, started = "speed", time.monotonic()
        count = len(await store.read_range(large.path, 0, min(_SPEED_BYTES, large.bytes)))
    except TarmacError as error:
        yield _failed(name, time.monotonic() - started, error)
        return
    took = time.monotonic() - started
    yield ProbeStep(name, True, f"{count / max(took, 1e-6) / 1e6:,.1f} MB/s over {count / 1e6:,.1f} MB", took)


async def _read_one(store: Store, file: StoredFile) -> str:
    shown = plain(file.path.rpartition("/")[2], 80)
    if data_kind(file.path) is DataKind.PARQUET:
        rows = count_in_footer((await fetch_footer(store, file)).footer, file.path)
        return f"{shown} has {rows:,} rows"
    count = len(await store.read_range(file.path, 0, 64 << 10))
    return f"{shown}: {count:,} bytes read"


def _failed(name: str, took: float, error: TarmacError) -> ProbeStep:
    return ProbeStep(name, False, error.message, took, error.next_step, error)
