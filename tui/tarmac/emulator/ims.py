"""The sign-in service (§1.1)."""

from __future__ import annotations

import hmac
import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError
from tarmac.emulator.platform import Platform
from tarmac.emulator.wire import answer

_SCOPES = re.compile(r"[A-Za-z0-9_.]+(,\s*[A-Za-z0-9_.]+)*")


class Ims:
    """`POST /ims/token/v3`; v2 and v4 take the same."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the service."""
        return [Route(f"/ims/token/{version}", self.token, methods=["POST"]) for version in ("v2", "v3", "v4")]

    async def token(self, request: Request) -> Response:
        """Exchange client credentials, from the form or the query, for a token."""
        form = parse_qsl((await request.body()).decode("utf-8", "replace"))
        given = {**dict(request.query_params), **dict(form)}
        identity = self._platform.sign_in.identity
        if given.get("grant_type") != "client_credentials":
            raise _refused("unsupported_grant_type", "the grant_type must be client_credentials")
        if given.get("client_id") != identity.client_id:
            raise _refused("invalid_client", "invalid client_id parameter")
        if not hmac.compare_digest(given.get("client_secret", "").encode(), identity.client_secret.encode()):
            raise _refused("invalid_client", "invalid client_secret parameter")
        scopes = given.get("scope", "")
        if not _SCOPES.fullmatch(scopes):
            raise _refused("invalid_scope", "invalid scope parameter")
        return answer(self._platform.sign_in.issue(self._platform.now(), scopes))


def _refused(error: str, description: str) -> ApiError:
    return ApiError(400, {"error": error, "error_description": description})
