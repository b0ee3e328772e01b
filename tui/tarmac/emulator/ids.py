"""Identifiers as the platform writes them."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from tarmac.terms.times import to_seconds


def new_id() -> str:
    """Return an id of a connection, flow or run."""
    return str(uuid.uuid4())


def new_etag(moment: datetime) -> str:
    """Return a new etag; the two double quotes are part of the value (§3.8)."""
    return f'"{secrets.token_hex(4)}-0000-0200-0000-{to_seconds(moment) & 0xFFFFFFFF:08x}0000"'


def stable_hex(text: str, length: int = 24) -> str:
    """Return `length` hex digits that are the same for the same text at every start."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def stable_uuid(text: str) -> str:
    """Return a UUID that is the same for the same text at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"tarmac-emulator:{text}"))
