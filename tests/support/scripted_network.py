"""A network that answers from a script and remembers what it was asked; sign-in is answered by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tarmac.platform.client import Platform

# The fixture `connect` of tests/platform: a platform over a network, with changes to its address.
Connect = Callable[..., Platform]
Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

TOKEN_PATH = "/ims/token/v3"


def reply(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer with a JSON body, or none."""
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers={"Content-Type": "application/json", **(headers or {})})


class ScriptedNetwork(httpx.AsyncBaseTransport):
    """Replies in order; a script that runs out or is not used up is an error of the test (`assert_used_up`)."""

    def __init__(self, *replies: Reply, sign_in: Reply | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.sign_ins: list[httpx.Request] = []
        self._replies = list(replies)
        self._sign_in = sign_in

    def add(self, *replies: Reply) -> None:
        self._replies += replies

    def assert_used_up(self) -> None:
        assert not self._replies, f"never asked for: {self._replies}"

    @property
    def asked(self) -> list[str]:
        """Method and path with query of each request but the sign-ins."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await asyncio.sleep(0)  # other tasks get their turn, as on a real network
        if request.url.path == TOKEN_PATH:
            self.sign_ins.append(request)
            return _answer(self._sign_in, request) if self._sign_in is not None else self._token()
        self.requests.append(request)
        if not self._replies:
            raise AssertionError(f"nothing scripted for {request.method} {request.url}")
        return _answer(self._replies.pop(0), request)

    def _token(self) -> httpx.Response:
        return reply(200, {"access_token": f"token-{len(self.sign_ins)}", "token_type": "bearer", "expires_in": 86399})


def _answer(scripted: Reply, request: httpx.Request) -> httpx.Response:
    if isinstance(scripted, Exception):
        raise scripted
    return scripted if isinstance(scripted, httpx.Response) else scripted(request)


def body_of(request: httpx.Request) -> Any:
    """The JSON that was sent."""
    return json.loads(request.content)
