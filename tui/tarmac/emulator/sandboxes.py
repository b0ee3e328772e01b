"""Sandbox management: which sandboxes there are (§2.6)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.options import PROD_SANDBOX
from tarmac.emulator.platform import Platform
from tarmac.emulator.wire import answer

SANDBOX_MANAGEMENT = "/data/foundation/sandbox-management"


class Sandboxes:
    """`/sandbox-management/` (usable by me) and `/sandboxes` (all) list the same two."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the service."""
        return [
            Route(f"{SANDBOX_MANAGEMENT}{path}", self.sandboxes, methods=["GET"]) for path in ("", "/", "/sandboxes")
        ]

    async def sandboxes(self, _request: Request) -> Response:
        """GET the sandboxes."""
        found = [_wire(name, sandbox_id) for name, sandbox_id in self._platform.sandboxes().items()]
        links = {
            "page": {"href": f"{SANDBOX_MANAGEMENT}/sandboxes?limit={{limit}}&offset={{offset}}", "templated": True}
        }
        return answer({"sandboxes": found, "_page": {"limit": 50, "count": len(found)}, "_links": links})


def _wire(name: str, sandbox_id: str) -> dict[str, Any]:
    is_prod = name == PROD_SANDBOX
    return {
        "id": sandbox_id,
        "name": name,
        "title": "Production" if is_prod else name,
        "state": "active",
        "type": "production" if is_prod else "development",
        "region": "VA7",
        "isDefault": is_prod,
        "eTag": 1,
        "createdDate": "2026-01-05 08:00:00",
        "lastModifiedDate": "2026-01-05 08:00:00",
        "createdBy": "admin",
        "modifiedBy": "admin",
    }
