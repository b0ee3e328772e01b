"""What stands before every service: request ids, virtual dates, the checks of §1.5, faults and the request log."""

from __future__ import annotations

import asyncio
import email.utils
import json
import logging
import socket
import struct
import time
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tarmac.emulator.answers import ApiError, flow_error, gateway_error
from tarmac.emulator.faults import FaultClose, FaultMoment, RequestFault
from tarmac.emulator.options import PROD_SANDBOX
from tarmac.emulator.platform import Platform
from tarmac.emulator.request_log import LoggedRequest
from tarmac.emulator.wire import Caller

_log = logging.getLogger("tarmac.emulator")

CONTROL_PREFIX = "/_emulator"
_SERVICES_PREFIX = "/data/"


class _ConnectionClosed(Exception):
    """The client gets no answer; the connection is already gone."""


class Gateway:
    """The outermost ASGI application."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id") or uuid.uuid4().hex
        started, status = time.perf_counter(), 0

        async def stamped_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"date", email.utils.format_datetime(self._platform.now(), usegmt=True).encode()),
                    (b"x-request-id", request_id.encode("latin-1", "replace")),
                ]
            await send(message)

        try:
            await self._with_faults(scope, receive, stamped_send)
        except _ConnectionClosed:
            # The server answers 500 for an application that says nothing, unless it knows that nobody listens any more.
            while (await receive())["type"] != "http.disconnect":
                continue
        finally:
            if not scope["path"].startswith(CONTROL_PREFIX):
                self._record(scope, status, time.perf_counter() - started, request_id)

    async def _with_faults(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        fault = None if path.startswith(CONTROL_PREFIX) else self._platform.faults.for_request(scope["method"], path)
        if fault is None:
            await self._answer(scope, receive, send)
            return
        if fault.when is FaultMoment.BEFORE:
            await asyncio.sleep(fault.delay)
            if fault.answers:
                await self._misbehave(fault, scope, receive, send)
            else:
                await self._answer(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._answer(scope, receive, hold)
        await asyncio.sleep(fault.delay)
        if fault.answers:
            await self._misbehave(fault, scope, receive, send)
            return
        for message in held:
            await send(message)

    async def _misbehave(self, fault: RequestFault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.close is not None:
            _close(scope["tarmac.transport"], reset=fault.close is FaultClose.RESET)
            raise _ConnectionClosed
        await _fault_answer(fault)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"].startswith(_SERVICES_PREFIX):
                scope["tarmac.caller"] = self.check(Headers(scope=scope))
            await self._app(scope, receive, send)
        except ApiError as error:
            body = error.body
            if self._platform.options.strictness.numeric_codes and str(body.get("error_code", "")).isdecimal():
                body = {**body, "error_code": int(body["error_code"])}
            await _json(error.status, body, error.headers)(scope, receive, send)
        except Exception:  # noqa: BLE001 - one request that goes wrong must not end the emulator; it is logged whole
            _log.exception("%s %s failed", scope["method"], scope["path"])
            body = {"errorMessage": "The emulator made a mistake; its log says which."}
            await _json(500, body, {})(scope, receive, send)

    def check(self, headers: Headers) -> Caller:
        """Check the headers of a service request (§1.4, §1.5). Raises ApiError; returns the sandbox it is for."""
        sign_in, identity = self._platform.sign_in, self._platform.sign_in.identity
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not token or scheme.lower() != "bearer":
            raise gateway_error(403, "403010", "Oauth token is missing.")
        api_key = headers.get("x-api-key")
        if not api_key:
            raise gateway_error(403, "403000", "Api Key is required")
        if not sign_in.accepts(token.strip(), self._platform.now()):
            raise gateway_error(401, "401013", "Oauth token is not valid")
        if api_key != identity.client_id:
            raise gateway_error(403, "403003", "Api Key is invalid")
        org = headers.get("x-gw-ims-org-id")
        if not org:
            raise gateway_error(400, "400003", "Missing header")
        if not org.endswith("@AdobeOrg"):
            raise gateway_error(403, "403027", "User region is missing")
        if org != identity.org_id:
            raise gateway_error(403, "403025", "Profile is not valid")
        return self._sandbox(headers.get("x-sandbox-name"))

    def _sandbox(self, name: str | None) -> Caller:
        if not name:
            if self._platform.options.strictness.require_sandbox:
                raise flow_error("2105-400", "The x-sandbox-name header is missing.")
            name = PROD_SANDBOX
        sandbox_id = self._platform.sandboxes().get(name)
        if sandbox_id is None:
            raise flow_error("2100-404", f"The sandbox [{name}] was not found.")
        return Caller(name, sandbox_id)

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        path = scope["path"]
        query = scope["query_string"].decode("latin-1") if path.startswith(_SERVICES_PREFIX) else ""
        self._platform.log.add(
            LoggedRequest(
                at=self._platform.now().isoformat(timespec="milliseconds"),
                method=scope["method"],
                path=path,
                query=query,
                status=status,
                millis=round(seconds * 1000, 1),
                request_id=request_id,
            )
        )


async def unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a path that no service has."""
    text = f"Resource not found: {scope['method']} {scope['path']}"
    await _json(404, {"error_code": "404000", "message": text}, {})(scope, receive, send)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> Response:
    return JSONResponse(body, status, headers=dict(headers))


def _fault_answer(fault: RequestFault) -> Response:
    status = fault.status or 500
    if fault.body is None:
        return Response(b"", status, headers=dict(fault.headers))
    if isinstance(fault.body, str):
        media_type = "text/html" if fault.body.lstrip().startswith("<") else "text/plain"
        return Response(fault.body, status, headers=dict(fault.headers), media_type=media_type)
    return Response(json.dumps(fault.body), status, headers={"Content-Type": "application/json", **dict(fault.headers)})


def _close(transport: asyncio.Transport, *, reset: bool) -> None:
    if reset:
        # Lingering for zero seconds makes the system send RST instead of FIN.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
