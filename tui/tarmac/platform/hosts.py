"""Hosts: which ones may be used at all, and how a link in an answer is brought back to the configured one.

A token goes only to the configured hosts (design §6.5). Links in answers may name regional or other hosts (platform-api
§1.3), so of such a link only the query or the last path segment is ever used.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from tarmac.terms.errors import UsageError
from tarmac.terms.hosts import is_loopback
from tarmac.terms.text import plain

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What may stand in a query as it is; everything else in a server's own link is percent-encoded, never re-interpreted.
_QUERY_SAFE = "!$&'()*+,;=:@/?%-._~"


def checked_base(url: str, key: str) -> str:
    """Return `url` without a trailing slash if a token may go there: https, or http on loopback.

    `key` is the profile key, for the message. Raises UsageError: not a URL, plain http elsewhere, a user, query or fragment.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _not_usable(text, key, "it is not a URL") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise _not_usable(text, key, "it is not an https URL")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise _not_usable(text, key, "it holds blanks or control characters")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _not_usable(text, key, "it may hold a host, a port and a path only")
    if parts.scheme == "http" and not is_loopback(host):
        raise _not_usable(text, key, "plain http is accepted for this machine (127.0.0.1, ::1, localhost) only")
    return text.rstrip("/")


def _not_usable(url: str, key: str, why: str) -> UsageError:
    shown = re.sub(r"//[^/@]*@", "//", plain(url, 200))
    return UsageError(
        f"{key} = {shown!r} cannot be used: {why}.",
        code="bad-url",
        meaning="Tokens and credentials are sent to this address, so it has to be a safe one.",
        next_step=f"Set {key} to an https address, for example https://platform.adobe.io.",
    )


def host_of(url: str) -> str:
    """Return the host and port of a checked base, as a person would write it."""
    return urlsplit(url).netloc


def next_query(href: str) -> str:
    """Return the query of a `_links.next.href`, byte for byte, made safe to send again; "" if it has none.

    Tokens may hold any character, `=` and `+` and `#` among them, so nothing is split, decoded or encoded twice.
    """
    _path, mark, query = href.strip().partition("?")
    if not mark:
        return ""
    clean = query.encode("utf-8", "replace").decode("utf-8")
    return quote(_LONE_PERCENT.sub("%25", clean), safe=_QUERY_SAFE)


def last_segment(url: str) -> str | None:
    """Return the decoded last path segment of a link such as `statusURL`; None if there is none."""
    path = re.split(r"[?#]", url.strip(), maxsplit=1)[0].rstrip("/")
    segment = unquote(path.rpartition("/")[2]).strip()
    return segment if segment and "/" not in segment else None


def path_segment(value: str) -> str:
    """Return an id as one path segment, percent-encoded. Raises UsageError for what could leave the path."""
    if not value or value in {".", ".."} or any(not char.isprintable() for char in value):
        raise UsageError(
            f"{plain(value, 60)!r} is not an id.", code="bad-id", next_step="Give the id as the platform shows it."
        )
    return quote(value, safe="")
