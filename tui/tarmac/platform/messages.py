"""A request as it will be sent and an answer as it came: plain values, without httpx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tarmac.platform.errors import BadAnswer
from tarmac.terms.secrets import MASK, Secret


@dataclass(frozen=True)
class PlannedRequest:
    """One request to the platform, complete but for the headers that every call carries (`Transport.common_headers`).

    `path` starts with a slash, is relative to the base URL and holds the encoded query. `headers` hold no secrets. `body` is
    JSON whose leaves may be `Secret`; they are revealed only when it is sent. `holds_data` marks answers with dataset rows:
    they are never logged or recorded.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    holds_data: bool = False

    @property
    def is_write(self) -> bool:
        """Whether the platform may change something because of it."""
        return self.method not in {"GET", "HEAD"}

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice ends as sending it once: not for a POST that creates an object or fires a run.

        An action of a flow (§3.8) is a POST too, but one that sets a state.
        """
        return self.method != "POST" or self.path.partition("?")[0].endswith("/action")

    def shown_body(self) -> Any:
        """Return the body with every secret masked; None if there is none."""
        return _leaves(self.body, reveal=False)

    def wire_body(self) -> bytes | None:
        """Return the bytes to send, secrets included; None if there is none."""
        if self.body is None:
            return None
        return json.dumps(_leaves(self.body, reveal=True), separators=(",", ":"), ensure_ascii=True).encode("ascii")

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret in the body."""
        found: list[Secret] = []
        _collect(self.body, found)
        return tuple(found)


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The platform's own id of this request, where a header gives one (platform-api §1.4)."""
        return self.headers.get("x-request-id") or self.headers.get("x-correlation-id")

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as JSON. Raises BadAnswer: no JSON, or nested beyond reason."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            start = " ".join(self.text[:80].split())
            raise BadAnswer(
                f"The platform answered {self.status} with {'nothing' if not self.body else 'something else than JSON'}.",
                meaning=f"The answer starts with {start!r}." if start else "The answer was empty.",
                next_step="Try again; if it stays, a proxy between here and the platform may be answering instead.",
                request_id=self.request_id,
            ) from error


def with_query(path: str, *pairs: tuple[str, str]) -> str:
    """Return `path` with the pairs as an encoded query; a name may be given several times."""
    if not pairs:
        return path
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe=',:')}" for name, value in pairs)
    return f"{path}{'&' if '?' in path else '?'}{query}"


def _leaves(value: Any, *, reveal: bool) -> Any:
    if isinstance(value, Secret):
        return value.reveal() if reveal else MASK
    if isinstance(value, Mapping):
        return {key: _leaves(item, reveal=reveal) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_leaves(item, reveal=reveal) for item in value]
    return value


def _collect(value: Any, found: list[Secret]) -> None:
    if isinstance(value, Secret):
        found.append(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)
