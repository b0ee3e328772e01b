"""Reading requests and making answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from tarmac.emulator.answers import ApiError, flow_error


@dataclass(frozen=True)
class Caller:
    """Who asks, as the gateway found out: the sandbox named by `x-sandbox-name` (or `prod`)."""

    sandbox_name: str
    sandbox_id: str


def caller_of(request: Request) -> Caller:
    """Return what the gateway put into the request."""
    caller = request.scope["tarmac.caller"]
    assert isinstance(caller, Caller)  # noqa: S101 - the gateway sets it for every path below /data
    return caller


async def json_body(request: Request) -> Any:
    """Return the JSON body. Raises ApiError: 415 for another content type, 400 for none or a broken one."""
    raw = await request.body()
    if not raw:
        raise flow_error("1405-400", "The request body is empty.")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise ApiError(415, {"message": f"Content type '{content_type}' not supported", "error_code": "415000"})
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, {"errorMessage": f"The request body is not valid JSON: {error}"}) from error


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON body, which must be an object."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise ApiError(400, {"errorMessage": "The request body must be a JSON object."})
    return body


def answer(body: Any, status: int = 200) -> JSONResponse:
    """Return a JSON answer."""
    return JSONResponse(body, status)


def text_of(body: dict[str, Any], key: str) -> str | None:
    """Return a non-empty string field or None."""
    value = body.get(key)
    return value if isinstance(value, str) and value else None
