"""Hosts: which ones can only be this machine. Plain http is taken for these alone."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Whether `host` can only be this machine: `localhost`, 127.0.0.0/8 or ::1. Nothing is resolved.

    Names below `localhost` are not taken: some resolvers ask the network for them.
    """
    if not host:
        return False
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
