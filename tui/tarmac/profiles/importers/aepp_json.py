"""The JSON configuration of the `aepp` package (oauthV2); its keys may be written in any case (platform-api §1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tarmac.profiles.importers.recognised import Recognised, Values

TITLE = "aepp configuration (JSON)"
EXPECTED = "an object with org_id, client_id (or api_key), secret (or client_secret) and sandbox-name"


def recognise(document: Any) -> Recognised | None:
    """Return its values, or None where it is not such a file."""
    if not isinstance(document, dict):
        return None
    values = Values(document)
    org_id = values.text("org_id")
    client_id = values.text("client_id", "api_key")
    if org_id is None and client_id is None:
        return None
    ignored = []
    if values.has("auth_code"):
        ignored.append("auth_code: this way to sign in (oauthV1) is for Adobe's own services")
    if values.has("pathToKey") or values.has("private_key"):
        ignored.append("the private key: signing in by JWT has ended; create an OAuth server-to-server credential")
    environment = values.text("environment")
    if environment is not None and environment.casefold() != "prod":
        ignored.append(f"environment {environment}: only the production gateway is known")
    found = Recognised(
        TITLE,
        org_id=org_id,
        client_id=client_id,
        secrets=values.secrets("secret", "client_secret", "client_secrets"),
        scopes=values.scopes("scopes"),
        sandbox=values.text("sandbox-name", "sandbox_name", "sandbox"),
        ignored=tuple(ignored),
    )
    return replace(found, found=tuple(values.taken))
