"""Sandboxes that this credential may use (platform-api §2.6)."""

from __future__ import annotations

from tarmac.platform.catalog_answers import sandboxes
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.models import Sandbox
from tarmac.platform.paging import Sender

_PATH = "/data/foundation/sandbox-management/"


class Sandboxes:
    """`/sandbox-management`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def usable(self) -> tuple[Sandbox, ...]:
        """Return the sandboxes that we may use."""
        answer = await self._sender.send(PlannedRequest("GET", _PATH, {"Accept": "application/json"}))
        return sandboxes(answer.json())
