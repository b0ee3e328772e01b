"""Whether credentials are still those that the platform was given, without keeping them.

The platform masks secrets, so a corrected key in the profile could not be told from the wrong one that a base connection
holds. The ledger keeps a salted scrypt hash: it says "the same" or "another", and gives nothing back.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from collections.abc import Mapping

from tarmac.services.exports.chain import Kind
from tarmac.services.exports.ledger import Ledger
from tarmac.terms.secrets import Secret

_ABOUT = "credentials"
_COST = 2**14


async def remember_secrets(ledger: Ledger, base_id: str, secrets: Mapping[str, Secret]) -> None:
    """Note what the base connection was given."""
    if not secrets:
        return
    salt = os.urandom(16)
    digest = await asyncio.to_thread(_digest, salt, secrets)
    await ledger.add(Kind.NOTE, "", about=_ABOUT, base_id=base_id, salt=salt.hex(), hash=digest.hex())


async def secrets_changed(ledger: Ledger, base_id: str, secrets: Mapping[str, Secret]) -> bool:
    """Whether the base connection was given other secrets by us; False also where we do not know."""
    notes = [note for note in await ledger.notes(_ABOUT) if note.text("base_id") == base_id]
    if not notes or not secrets:
        return False
    try:
        salt, known = bytes.fromhex(notes[-1].text("salt") or ""), bytes.fromhex(notes[-1].text("hash") or "")
    except ValueError:
        return False
    return not hmac.compare_digest(known, await asyncio.to_thread(_digest, salt, secrets))


def _digest(salt: bytes, secrets: Mapping[str, Secret]) -> bytes:
    text = "".join(f"{len(key)}:{key}={len(value.reveal())}:{value.reveal()}" for key, value in sorted(secrets.items()))
    return hashlib.scrypt(text.encode(), salt=salt, n=_COST, r=8, p=1, dklen=32)
