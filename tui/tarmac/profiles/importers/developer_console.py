"""The JSON that the Adobe Developer Console offers to download for a project."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tarmac.profiles.importers.recognised import Recognised, Values

TITLE = "Adobe Developer Console project (JSON)"
EXPECTED = "project.workspace.details.credentials with an oauth_server_to_server, and project.org.ims_org_id"


def recognise(document: Any) -> Recognised | None:
    """Return its values, or None where it is not such a file."""
    project = _part(document, "project")
    workspace = _part(project, "workspace")
    if project is None or workspace is None:
        return None
    org = Values(_part(project, "org") or {})
    listed = (_part(workspace, "details") or {}).get("credentials")
    credentials = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    oauth = [part for each in credentials if (part := _part(each, "oauth_server_to_server")) is not None]
    values = Values(oauth[0] if oauth else {})
    ignored = []
    if any("jwt" in each for each in credentials):
        ignored.append("the JWT credential: signing in by JWT has ended")
    if len(oauth) > 1:
        ignored.append(f"{len(oauth) - 1} more OAuth server-to-server credentials: the first one was taken")
    if not oauth:
        ignored.append("there is no OAuth server-to-server credential in this project: add one in the console")
    found = Recognised(
        TITLE,
        org_id=org.text("ims_org_id"),
        client_id=values.text("client_id"),
        secrets=values.secrets("client_secrets", "client_secret"),
        scopes=values.scopes("scopes"),
        ignored=tuple(ignored),
    )
    return replace(found, found=(*org.taken, *values.taken))


def _part(value: Any, key: str) -> dict[str, Any] | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None
