"""The Postman environment of Adobe's API collections: a list of `key` and `value` (platform-api §1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tarmac.profiles.importers.recognised import Recognised, Values

TITLE = "Postman environment (JSON)"
EXPECTED = "values with the keys CLIENT_SECRET, API_KEY, IMS_ORG, SANDBOX_NAME"
_DEFAULT_IMS = "ims-na1.adobelogin.com"


def recognise(document: Any) -> Recognised | None:
    """Return its values, or None where it is not such a file."""
    listed = document.get("values") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return None
    pairs = {
        each["key"]: each.get("value")
        for each in listed
        if isinstance(each, dict) and isinstance(each.get("key"), str) and each.get("enabled") is not False
    }
    values = Values(pairs)
    org_id, client_id = values.text("IMS_ORG"), values.text("API_KEY", "CLIENT_ID")
    if org_id is None and client_id is None:
        return None
    ignored = []
    if values.has("PRIVATE_KEY") or values.has("META_SCOPE"):
        ignored.append("the JWT values: signing in by JWT has ended")
    if values.has("ACCESS_TOKEN"):
        ignored.append("ACCESS_TOKEN: it ends within a day, tarmac gets its own")
    ims = values.text("IMS")
    found = Recognised(
        TITLE,
        org_id=org_id,
        client_id=client_id,
        secrets=values.secrets("CLIENT_SECRET"),
        scopes=values.scopes("SCOPES"),
        sandbox=values.text("SANDBOX_NAME", "X_SANDBOX_NAME"),
        ims_url=None if ims is None or ims.rstrip("/").endswith(_DEFAULT_IMS) else _address(ims),
        ignored=tuple(ignored),
    )
    return replace(found, found=tuple(values.taken))


def _address(text: str) -> str:
    return text.rstrip("/") if "://" in text else f"https://{text.rstrip('/')}"
