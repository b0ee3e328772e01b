"""Who may use this emulator: the organization, one client, and its tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from tarmac.emulator.options import EmulatorOptions
from tarmac.emulator.state import State
from tarmac.terms.times import to_millis, to_seconds

TOKEN_SECONDS = 86_399


@dataclass(frozen=True)
class Identity:
    """The credentials a client must show. Tokens signed in an older `generation` have been revoked."""

    org_id: str
    client_id: str
    client_secret: str = field(repr=False)
    signing_key: str = field(repr=False)
    generation: int = 0

    @property
    def technical_account(self) -> str:
        """The id that `createdBy` and `updatedBy` show."""
        return hashlib.sha256(self.client_id.encode()).hexdigest()[:24].upper() + "@techacct.adobe.com"


class SignIn:
    """Issues and checks tokens; they are self-contained, so they outlive a restart of the emulator."""

    def __init__(self, options: EmulatorOptions, state: State) -> None:
        self._state = state
        kept = state.setting("identity")
        identity = (
            Identity(**kept)
            if kept is not None
            else Identity(
                org_id=f"{secrets.token_hex(12).upper()}@AdobeOrg",
                client_id=secrets.token_hex(16),
                client_secret=f"p8e-{secrets.token_urlsafe(24)}",
                signing_key=secrets.token_hex(32),
            )
        )
        self.identity = replace(
            identity,
            org_id=options.org_id or identity.org_id,
            client_id=options.client_id or identity.client_id,
            client_secret=options.client_secret or identity.client_secret,
        )
        self._keep()

    def issue(self, now: datetime, scopes: str) -> dict[str, Any]:
        """Return the 200 body of the token endpoint (§1.1)."""
        payload = {
            "id": f"{to_millis(now)}_{secrets.token_hex(8)}",
            "client_id": self.identity.client_id,
            "user_id": self.identity.technical_account,
            "scope": scopes,
            "created_at": str(to_millis(now)),
            "expires_in": str(TOKEN_SECONDS * 1000),
            "gen": self.identity.generation,
        }
        head = _encode({"alg": "HS256", "x5u": "emulator", "kid": "emulator", "itt": "at"})
        signed = f"{head}.{_encode(payload)}"
        return {"access_token": f"{signed}.{self._sign(signed)}", "token_type": "bearer", "expires_in": TOKEN_SECONDS}

    def accepts(self, token: str, now: datetime) -> bool:
        """Whether a bearer token was issued here, is not expired on the virtual clock and not revoked."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            return False
        try:
            payload = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        except (ValueError, binascii.Error):
            return False
        expires = int(payload["created_at"]) // 1000 + TOKEN_SECONDS
        return payload["gen"] == self.identity.generation and to_seconds(now) < expires

    def revoke_all(self) -> None:
        """Make every token issued so far invalid, as after a rotation."""
        self.identity = replace(self.identity, generation=self.identity.generation + 1)
        self._keep()

    def _keep(self) -> None:
        self._state.remember("identity", asdict(self.identity))

    def _sign(self, text: str) -> str:
        digest = hmac.new(self.identity.signing_key.encode(), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
