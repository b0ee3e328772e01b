"""A platform with many runs on simulated time, as an httpx transport: sign-in, `/runs` lists by flow, `/runs/{id}`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import httpx

from support.simulated_time import SimulatedClock


@dataclass(frozen=True)
class PlannedRun:
    """One run: when it begins and ends (seconds of the simulation), and the word it ends with."""

    id: str
    flow_id: str
    begins_s: float
    ends_s: float
    word: str = "success"


@dataclass
class ManyRuns(httpx.AsyncBaseTransport):
    """Answers by the clock. `outages` are spans (from, to) in which no connection can be made; tokens live `token_s`."""

    clock: SimulatedClock
    runs: dict[str, PlannedRun]
    outages: tuple[tuple[float, float], ...] = ()
    token_s: int = 86_399
    lists_several: bool = True
    asked_at: list[float] = field(default_factory=list)
    lists: int = 0
    sign_ins: int = 0
    _token_until: datetime | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        at = self.clock.monotonic()
        self.asked_at.append(at)
        if any(first <= at < last for first, last in self.outages):
            raise httpx.ConnectError("no route to host", request=request)
        if request.url.path == "/ims/token/v3":
            self.sign_ins += 1
            self._token_until = self.clock.now().fromtimestamp(self.clock.now().timestamp() + self.token_s).astimezone()
            return self._answer({"access_token": f"token-{self.sign_ins}", "expires_in": self.token_s})
        if (
            self._token_until is None
            or self.clock.now() >= self._token_until
            or request.headers["authorization"] != f"Bearer token-{self.sign_ins}"
        ):
            return self._answer({"error_code": "401013", "message": "Oauth token is not valid"}, 401)
        last = request.url.path.rpartition("/")[2]
        if last != "runs":
            return self._answer({"items": [self._wire(self.runs[last], at)]})
        self.lists += 1
        wanted = request.url.params["property"].removeprefix("flowId==").split(",")
        if not self.lists_several and len(wanted) > 1:
            return self._answer({"items": []})
        found = [self._wire(run, at) for run in self.runs.values() if run.flow_id in wanted and run.begins_s <= at]
        return self._answer({"items": found[:100]})

    def _answer(self, body: dict[str, Any], status: int = 200) -> httpx.Response:
        headers = {"content-type": "application/json", "date": format_datetime(self.clock.now(), usegmt=True)}
        return httpx.Response(status, headers=headers, content=json.dumps(body).encode())

    def _wire(self, run: PlannedRun, at: float) -> dict[str, Any]:
        begun = round((self.clock.now().timestamp() - at + run.begins_s) * 1000)
        over = at >= run.ends_s
        duration = {"startedAtUTC": begun}
        if over:
            duration["completedAtUTC"] = begun + round((run.ends_s - run.begins_s) * 1000)
        word = run.word if over else "IN_PROGRESS"
        return {
            "id": run.id,
            "flowId": run.flow_id,
            "createdAt": begun,
            "metrics": {"durationSummary": duration, "statusSummary": {"status": word, "errors": []}},
        }
