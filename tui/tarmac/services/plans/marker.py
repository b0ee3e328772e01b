"""The marker by which our objects are found again, on any machine, without any memory of our own (design §6.2).

Every object that is created for an export is named `tarmac <export> [<marker>]`. The marker is derived from the
organization, the sandbox and what the object belongs to, so the same wish always looks for, and finds, the same names.
A base connection belongs to a destination (it holds its credentials), everything else to an export.
"""

from __future__ import annotations

import base64
import hashlib
import re

_LENGTH = 13  # 65 bits: no two exports of one sandbox will ever share it
# A comma means "any of" in a Flow Service filter (§3.3), and names are searched by that filter: keep to plain characters.
_UNSAFE = re.compile(r"[^A-Za-z0-9._\- ]+")
_MARKED = re.compile(r"^tarmac (?P<label>.*) \[(?P<marker>[a-z2-7]{13})\]$")


def export_marker(org_id: str, sandbox: str, export: str) -> str:
    """Return the marker of an export's source connection, target connection and flow."""
    return _digest("export", org_id, sandbox, export)


def destination_marker(org_id: str, sandbox: str, destination: str) -> str:
    """Return the marker of a destination's base connection."""
    return _digest("destination", org_id, sandbox, destination)


def marked_name(label: str, marker: str) -> str:
    """Return the full name of an object: `tarmac churn [k3f9ac2…]`."""
    shown = _UNSAFE.sub("-", label).strip()[:80] or "export"
    return f"tarmac {shown} [{marker}]"


def read_marker(name: str) -> tuple[str, str] | None:
    """Return label and marker of a name that `marked_name` made; None for any other name."""
    match = _MARKED.match(name)
    return None if match is None else (match["label"], match["marker"])


def _digest(*parts: str) -> str:
    # Lengths in front keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:_LENGTH]
