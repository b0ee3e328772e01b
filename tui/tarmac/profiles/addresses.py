"""Web addresses in a profile: TLS always, plain http for this machine only."""

from __future__ import annotations

from urllib.parse import urlsplit

from tarmac.terms.hosts import is_loopback


def webhook_complaint(address: str) -> str | None:
    """Say in one sentence what is wrong with `address` as what a hook calls, or return None. It may hold a key in its query."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return "is not a web address"
    if parts.scheme not in {"http", "https"} or not host or not address.isprintable() or " " in address:
        return "is not a web address"
    return _plain_http_complaint(parts.scheme, host)


def address_complaint(address: str) -> str | None:
    """Say in one sentence what is wrong with `address` as the root of a service, or return None."""
    if not address.isascii() or any(character <= " " for character in address):
        return "holds a character that no web address has"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is not a web address"
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "is not a web address such as https://platform.adobe.io"
    if complaint := _plain_http_complaint(parts.scheme, host):
        return complaint
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password, which does not belong into an address"
    if parts.query or parts.fragment:
        return "ends in ? or #, which does not belong here"
    return None


def _plain_http_complaint(scheme: str, host: str) -> str | None:
    if scheme == "http" and not is_loopback(host):
        return "uses http, which is accepted for this machine (127.0.0.1, localhost) only; write https"
    return None
