"""Which requests came in, for tests that count them and for people who debug a client."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

CAPACITY = 20_000


@dataclass(frozen=True)
class LoggedRequest:
    """One request. `query` is kept for platform paths only: elsewhere it may hold a secret (SAS, token endpoint).

    `at` is the virtual moment (ISO 8601, UTC), `millis` how long the answer took in real milliseconds; `status` is 0 where the
    connection was closed without an answer.
    """

    at: str
    method: str
    path: str
    query: str
    status: int
    millis: float
    request_id: str


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=CAPACITY)
        self.total = 0

    def add(self, request: LoggedRequest) -> None:
        """Keep one."""
        self._requests.append(request)
        self.total += 1

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()
        self.total = 0

    def find(self, method: str | None = None, path: str | None = None) -> list[LoggedRequest]:
        """Return those with this method and a path that matches the glob."""
        return [
            request
            for request in self._requests
            if (method is None or request.method == method.upper())
            and (path is None or fnmatchcase(request.path, path))
        ]

    def as_wire(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /_emulator/requests?method=&path=`."""
        found = self.find(query.get("method"), query.get("path"))
        return {"total": self.total, "count": len(found), "requests": [asdict(request) for request in found]}
