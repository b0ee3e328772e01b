"""The state of a flow or a connection, as Flow Service says it (platform-api §3.9)."""

from __future__ import annotations

from enum import StrEnum


class ObjectState(StrEnum):
    """The states that mean something here; the platform has more words, for those that it only passes through."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    INITIALIZING = "initializing"
