"""`/_emulator`: what the emulator itself offers, outside the platform: clock, faults, damaged files, request log."""

from __future__ import annotations

import json
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError
from tarmac.emulator.blob_folder import BadName
from tarmac.emulator.faults import FaultDocument, InvalidFault
from tarmac.emulator.gateway import CONTROL_PREFIX
from tarmac.emulator.platform import Platform
from tarmac.emulator.scheduler import Scheduler
from tarmac.emulator.wire import answer


class Control:
    """No credentials are asked for: the emulator listens on loopback only."""

    def __init__(self, platform: Platform, scheduler: Scheduler) -> None:
        self._platform = platform
        self._scheduler = scheduler

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(CONTROL_PREFIX, self.status, methods=["GET"]),
            Route(f"{CONTROL_PREFIX}/clock", self.clock, methods=["GET", "POST"]),
            Route(f"{CONTROL_PREFIX}/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL_PREFIX}/storage", self.storage, methods=["POST"]),
            Route(f"{CONTROL_PREFIX}/requests", self.requests, methods=["GET", "DELETE"]),
        ]

    async def status(self, _request: Request) -> Response:
        """GET: clock, and how many of each thing exist."""
        state = self._platform.state
        counts = {
            collection.name: len(collection) for collection in state.collections() if collection is not state.settings
        }
        return answer({"clock": self._clock(), "datasets": len(self._platform.datasets), **counts})

    async def clock(self, request: Request) -> Response:
        """POST {"advance": seconds} or {"speed": x} or both; runs that became due exist when this is answered."""
        if request.method == "POST":
            body = await _body(request)
            if not body or not set(body) <= {"advance", "speed"}:
                raise _bad('the body must be {"advance": virtual seconds} or {"speed": virtual seconds per second}')
            try:
                if "speed" in body:
                    self._platform.clock.set_speed(_number(body["speed"], "speed"))
                if "advance" in body:
                    self._platform.clock.advance(_number(body["advance"], "advance"))
            except (ValueError, OverflowError) as error:
                raise _bad(str(error)) from error
            self._scheduler.catch_up()
            self._platform.remember_clock()
        return answer(self._clock())

    async def faults(self, request: Request) -> Response:
        """GET the rules, POST more of them, DELETE all."""
        if request.method == "DELETE":
            self._platform.faults.clear()
        elif request.method == "POST":
            try:
                self._platform.arm(FaultDocument.parse(await _body(request)))
            except InvalidFault as error:
                raise _bad(error.message) from error
        return answer(self._platform.faults.as_wire())

    async def requests(self, request: Request) -> Response:
        """GET ?method=&path=GLOB: the requests so far; DELETE forgets them."""
        if request.method == "DELETE":
            self._platform.log.clear()
        return answer(self._platform.log.as_wire(request.query_params))

    async def storage(self, request: Request) -> Response:
        """POST {"truncate": NAME, "bytes": n} or {"delete": NAME}: a file of the built-in landing zone is cut, or gone."""
        body = await _body(request)
        if set(body) == {"truncate", "bytes"}:
            name, kept = body["truncate"], int(_number(body["bytes"], "bytes"))
        elif set(body) == {"delete"}:
            name, kept = body["delete"], None
        else:
            raise _bad('the body must be {"truncate": name, "bytes": n} or {"delete": name}')
        if not isinstance(name, str) or (kept is not None and kept < 0):
            raise _bad("name must be text, bytes a number from 0 on")
        try:
            found = await to_thread.run_sync(self._platform.landing_zone.damage, name, kept)
        except BadName as error:
            raise _bad(str(error)) from error
        if not found:
            raise ApiError(404, {"error": f"the landing zone holds no file {name}"})
        return answer({"name": name, "bytes": kept})

    def _clock(self) -> dict[str, Any]:
        now = self._platform.now()
        return {"now": now.isoformat(timespec="milliseconds"), "speed": self._platform.clock.speed}


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise _bad(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise _bad("the body must be a JSON object")
    return body


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(f"{key} must be a number")
    return float(value)


def _bad(text: str) -> ApiError:
    return ApiError(400, {"error": text})
