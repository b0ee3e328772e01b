"""One HTTP exchange over httpx: deadlines, a bound on the answer, no redirects, no cookies, TLS always verified.

This is the only module that knows httpx; it turns every fault of the way into the error tree. What it cannot know is told
apart by one question: can the other side have acted? Before a connection is there, no; after it, perhaps.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
import ssl
import sys
from collections.abc import Mapping
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

# httpx has a command line of its own, and imports it wherever click is installed: 3.5 MB of memory for nothing. A module
# that is known not to be there is what httpx expects without click.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None is how Python marks one
# httpcore asks at each of its locks whether this is trio by importing sniffio. Where that is not installed, Python looks
# through the whole path for it again each time, which was a third of what a request costs. Here it is always asyncio. Where
# it is installed it stays: an older anyio needs it.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]
import httpx  # noqa: E402

import tarmac  # noqa: E402
from tarmac.platform.errors import (  # noqa: E402
    BadAnswer,
    NoAnswer,
    OutcomeUnknown,
    PlatformError,
    TlsRefused,
    Unreachable,
)
from tarmac.platform.messages import Answer  # noqa: E402
from tarmac.terms.hosts import is_loopback  # noqa: E402

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_LONGEST_CONNECT = timedelta(seconds=10)
# A whole answer may take this many times the timeout of one read: slow, but not for ever.
_WHOLE_ANSWER_FACTOR = 4
# A proxy must not see what is said to this machine, whatever the environment names.
_NEVER_PROXIED = ("all://localhost", "all://127.0.0.1", "all://[::1]")

_LOOK_AT_THE_WAY = "Check the network, the proxy (HTTPS_PROXY) and the address in the profile, then try again."
_EMULATOR_AGAIN = (
    "An emulator has to be started again: `tarmac emulate --write-profile NAME` with the name of this profile. "
    "That of `tarmac demo` ends with it: use another profile."
)
_SYSTEM_WORDS = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.ENETUNREACH: "there is no way to that network",
    errno.EHOSTUNREACH: "there is no way to that host",
    errno.ECONNRESET: "the connection was closed at once",
}
# A chain of causes is a few links long; a ring of them would have no end.
_DEEPEST = 12


class Wire:
    """A connection pool with our rules. `transport` replaces the network in tests."""

    def __init__(
        self,
        request_timeout: timedelta,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        seconds = request_timeout.total_seconds()
        self._whole = seconds * _WHOLE_ANSWER_FACTOR
        self._seconds = seconds
        self._max_answer_bytes = max_answer_bytes
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, _LONGEST_CONNECT.total_seconds())),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"tarmac/{tarmac.__version__}"},
            transport=transport,
            verify=_certificates() if transport is None else True,
            mounts=None if transport is not None else dict.fromkeys(_NEVER_PROXIED),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30.0),
        )

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, *, is_write: bool
    ) -> Answer:
        """Send one request and return the whole answer, whatever its status.

        Raises Unreachable (`closed` after `aclose`) or TlsRefused when nothing was sent, NoAnswer for a read and
        OutcomeUnknown for a write that got no whole answer, BadAnswer for an answer that is too long or not HTTP.
        """
        host = urlsplit(url).netloc
        if self._client.is_closed:
            raise _closed(host)
        try:
            async with asyncio.timeout(self._whole):
                return await self._whole_answer(method, url, headers, content, host, is_write=is_write)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise _not_connected(host, error) from error
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            # Our own side refused to put it on the wire: nothing was sent.
            raise Unreachable(f"No request can be made to {host}: {error}.", code="bad-request") from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise _lost(host, f"no whole answer came within {self._seconds:g} s", is_write=is_write) from error
        except httpx.TransportError as error:
            raise _lost(host, "the connection broke before the whole answer was here", is_write=is_write) from error
        except httpx.DecodingError as error:
            raise _unreadable(f"{host} sent an answer that cannot be unpacked.", is_write=is_write) from error

    async def _whole_answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, host: str, *, is_write: bool
    ) -> Answer:
        async with self._client.stream(method, url, headers=dict(headers), content=content) as response:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > self._max_answer_bytes:
                    limit = self._max_answer_bytes // (1024 * 1024)
                    raise _unreadable(f"{host} sent more than {limit} MiB in one answer.", is_write=is_write)
                parts.append(part)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, b"".join(parts))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _certificates() -> ssl.SSLContext:
    """Return what judges certificates. The authorities are read once, for that takes longer than many a request."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        changed = Path(file).stat().st_mtime_ns if file else 0
    except OSError:
        changed = 0
    return _read_certificates(file, folder, changed)


@functools.lru_cache(maxsize=1)
def _read_certificates(_file: str | None, _folder: str | None, _changed: int) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _closed(host: str) -> Unreachable:
    error = Unreachable(
        f"{host} is not asked any more: tarmac has closed this connection.",
        code="closed",
        meaning="Nothing was sent, so nothing was changed.",
        next_step="Another connection profile was opened meanwhile: ask again there.",
    )
    error.is_passing = False  # this client stays closed
    return error


def _not_connected(host: str, error: Exception) -> Unreachable:
    tls = _tls_cause(error)
    if tls is not None:
        reason = getattr(tls, "verify_message", "") or getattr(tls, "reason", "") or str(tls)
        return TlsRefused(
            f"The certificate of {host} was not accepted: {reason}.",
            meaning="Somebody may be reading along, or a company proxy signs with its own authority.",
            next_step="If your company does so, set SSL_CERT_FILE to its certificate file and try again.",
        )
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        why = "no connection was made in time"
    elif isinstance(error, httpx.ProxyError):
        why = "the proxy refused to pass the connection on"
    else:
        why = _system_words(error) or "no connection was made"
    return Unreachable(
        f"{host} cannot be reached: {why}.",
        meaning="Nothing was sent, so nothing was changed.",
        next_step=_EMULATOR_AGAIN if is_loopback(urlsplit(f"//{host}").hostname) else _LOOK_AT_THE_WAY,
    )


def _system_words(error: BaseException | None) -> str:
    """Say what the operating system said, in words; empty where it said nothing that is known."""
    seen = 0
    while error is not None and seen < _DEEPEST:
        if isinstance(error, socket.gaierror):
            return "there is no such host name, or the name server does not answer"
        if isinstance(error, OSError) and error.errno in _SYSTEM_WORDS:
            return _SYSTEM_WORDS[error.errno]
        error, seen = error.__cause__ or error.__context__, seen + 1
    return ""


def _lost(host: str, why: str, *, is_write: bool) -> PlatformError:
    if is_write:
        return OutcomeUnknown(
            f"{host} got the request, but {why}.",
            meaning="It may have been carried out all the same.",
            next_step="Look whether it was done before it is sent again.",
        )
    return NoAnswer(
        f"{host} was asked, but {why}.",
        meaning="Nothing was changed: this was only a question.",
        next_step="Try again; a longer request_timeout in config.toml helps on a slow line.",
    )


def _unreadable(message: str, *, is_write: bool) -> BadAnswer:
    error = BadAnswer(message, next_step="Try again; if it stays, a proxy may be answering instead of the platform.")
    error.maybe_done = is_write
    return error


def _tls_cause(error: BaseException | None) -> ssl.SSLError | None:
    for _ in range(10):
        if error is None or isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None
