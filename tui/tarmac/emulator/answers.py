"""The error answers of the platform, one maker for each body shape of §8.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A request that is answered with an error status; handlers raise it, the gateway turns it into an answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def gateway_error(status: int, code: str, message: str) -> ApiError:
    """A flat body from the gateway (§1.5)."""
    return ApiError(status, {"error_code": code, "message": message})


def flow_error(code: str, text: str) -> ApiError:
    """An error of Flow Service's own catalogue, keyed `NNNN-HTTP` (§8.1); how the number travels is not documented."""
    return ApiError(int(code[-3:]), {"errorCode": code, "errorMessage": text, "errorDetails": text})


def bad_request(text: str) -> ApiError:
    """A request whose body or parameters break a rule that has no number in the catalogue."""
    return ApiError(400, {"errorMessage": text, "errorDetails": text})


def bad_spec_id() -> ApiError:
    """An unknown connection or flow spec (DST)."""
    return ApiError(400, {"message": "Please provide a valid spec id"})


def refused_message(text: str) -> ApiError:
    """A 400 of the ad-hoc run service (§4.1)."""
    return ApiError(400, {"message": text})


def not_found(noun: str, entity_id: str) -> ApiError:
    """A missing entity; flows carry `errorMessage` only, the others repeat it (§3.8)."""
    text = f"{noun} not found with id = [{entity_id}]"
    return ApiError(404, {"errorMessage": text} if noun == "flows" else {"errorMessage": text, "errorDetails": text})


def version_mismatch(supplied: str, entity_id: str) -> ApiError:
    """A wrong If-Match (DST, TRB)."""
    text = f"Supplied version=[{supplied}] does not match the current version on entity=[{entity_id}]"
    return ApiError(412, {"errorMessage": text, "errorDetails": text})


def problem(status: int, title: str, detail: str) -> ApiError:
    """An RFC 7807 body as Catalog, Sandbox and Schema Registry use it (§8.1)."""
    return ApiError(
        status, {"type": "/placeholder/type/uri", "title": title, "status": status, "detail": detail, "report": {}}
    )
