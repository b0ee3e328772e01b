"""Shared access signatures of one Azure container, as the Data Landing Zone hands them out (§6).

The token names a stored access policy (`si`): its life ends with the policy's, and a new policy makes every older token void.
The signature is Azure's own, an HMAC-SHA256 with the account key over the documented text ("Create a service SAS").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

SERVICE_VERSION = "2023-11-03"
# read, add, create, write, delete, list, move: what the real token grants.
PERMISSIONS = "racwdlm"
POLICY_LIFE = timedelta(days=90)
# From this version on the encryption scope is part of the signed text.
_WITH_ENCRYPTION_SCOPE = "2020-12-06"


@dataclass(frozen=True)
class AccessPolicy:
    """The container's one stored access policy."""

    id: str
    expires_at: datetime


@dataclass(frozen=True)
class Keyring:
    """The storage account: its name, its key (Base64) and the policy in force."""

    account: str
    key: str
    policy: AccessPolicy

    @classmethod
    def new(cls, now: datetime) -> Keyring:
        """Make an account with a key of its own."""
        name = f"dlblobstore{secrets.token_hex(4)}"
        return cls(name, base64.b64encode(secrets.token_bytes(64)).decode(), _new_policy(now))

    def renewed(self, now: datetime) -> Keyring:
        """The same account with a new policy; tokens of the old one are void."""
        return Keyring(self.account, self.key, _new_policy(now))

    def token(self, container: str) -> str:
        """A container token without the leading question mark: `sv=…&si=dlz-…&sr=c&sp=racwdlm&sig=…`."""
        fields = {"sv": SERVICE_VERSION, "si": self.policy.id, "sr": "c", "sp": PERMISSIONS}
        fields["sig"] = self.signature(container, fields)
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())

    def signature(self, container: str, fields: Mapping[str, str]) -> str:
        """The signature over a token's fields for `container`, Base64."""
        version = fields.get("sv", "")
        names = ["sp", "st", "se", "", "si", "sip", "spr", "sv", "sr", "snapshot"]
        if version >= _WITH_ENCRYPTION_SCOPE:
            names.append("ses")
        names += ["rscc", "rscd", "rsce", "rscl", "rsct"]
        resource = f"/blob/{self.account}/{container}"
        text = "\n".join(fields.get(name, "") if name else resource for name in names)
        digest = hmac.new(base64.b64decode(self.key), text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def refusal(self, container: str, fields: Mapping[str, str], now: datetime) -> str | None:
        """Say why the token `fields` does not open `container` at `now`; None when it does."""
        if "sig" not in fields:
            return "The request carries no shared access signature."
        if not hmac.compare_digest(self.signature(container, fields).encode(), fields["sig"].encode()):
            return "Signature did not match."
        if fields.get("sr") != "c" or fields.get("si") != self.policy.id:
            return "The specified signed identifier is not found."
        if now >= self.policy.expires_at:
            return f"Signed expiry time [{self.policy.expires_at:%a, %d %b %Y %H:%M:%S GMT}] must be after the present."
        return None


def load(path: Path) -> Keyring | None:
    """Read a stored keyring; None when there is none yet. Raises ValueError when the file is not one."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    try:
        policy = AccessPolicy(stored["policy"]["id"], datetime.fromisoformat(stored["policy"]["expires_at"]))
        return Keyring(stored["account"], stored["key"], policy)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not the landing zone's key file") from error


def save(keyring: Keyring, path: Path) -> None:
    """Write the keyring, whole or not at all, for its owner's eyes only."""
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(keyring), file, default=datetime.isoformat)
    unfinished.replace(path)


def _new_policy(now: datetime) -> AccessPolicy:
    return AccessPolicy(f"dlz-{uuid.uuid4()}", now.astimezone(UTC).replace(microsecond=0) + POLICY_LIFE)
