"""What was said and answered, made safe to keep: for the log and for whoever listens (`on_exchange`)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

from tarmac.platform.messages import Answer, PlannedRequest
from tarmac.platform.retries import parse_http_date
from tarmac.terms.secrets import MASK, Secret, redact
from tarmac.terms.text import plain

_LOG = logging.getLogger("tarmac.platform")
_BODY_LIMIT = 4 * 1024 * 1024
_KEPT_HEADERS = ("content-type", "retry-after")
# Field names whose values nobody should read, without `_` and `-`, in lower case.
_SENSITIVE = frozenset(
    (
        *("accesstoken", "refreshtoken", "authorization", "clientsecret", "secret", "password", "passphrase"),
        *("sastoken", "sasuri", "sig", "connectionstring", "accountkey", "serviceprincipalkey", "sshkey", "privatekey"),
        *(
            "s3secretkey",
            "s3role",
            "secretkey",
            "secretaccesskey",
            "awssecretaccesskey",
            "awssessiontoken",
            "sessiontoken",
        ),
    )
)


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it; no secret in it. `status` is None and `error` set when no answer came.

    `moment` is when the request started (UTC), `duration_ms` how long it took, `path` includes the query. The bodies are
    text, redacted and shortened; None if there was none. `headers` are the few that change what is done with an answer,
    `ahead_s` how many seconds the server's `Date` was ahead of ours.
    """

    method: str
    path: str
    status: int | None
    duration_ms: float
    request_body: str | None
    answer_body: str | None
    request_id: str | None
    moment: datetime
    sandbox: str = ""
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ahead_s: float = 0.0


Listener = Callable[[Exchange], None]


def record(
    request: PlannedRequest,
    answer: Answer | None,
    *,
    moment: datetime,
    duration_ms: float,
    sandbox: str,
    known: tuple[Secret, ...],
    error: str | None,
    listener: Listener | None,
) -> None:
    """Log one exchange on one line and hand it to the listener, if there is one."""
    status = None if answer is None else answer.status
    request_id = None if answer is None else answer.request_id
    _LOG.log(
        logging.INFO if status is not None and status < 400 else logging.WARNING,
        "%s %s -> %s in %.0f ms%s",
        request.method,
        plain(hide(request.path, known), 500),
        status if status is not None else error,
        duration_ms,
        f" ({plain(request_id, 100)})" if request_id else "",
    )
    if listener is None:
        return
    listener(
        Exchange(
            method=request.method,
            path=hide(request.path, known),
            status=status,
            duration_ms=duration_ms,
            request_body=None if request.body is None else _shown(json.dumps(masked(request.shown_body())), known),
            answer_body=_answer_text(request, answer, known),
            request_id=request_id,
            moment=moment,
            sandbox=sandbox,
            error=error,
            headers={} if answer is None else {k: answer.headers[k] for k in _KEPT_HEADERS if k in answer.headers},
            ahead_s=_ahead_s(answer, moment),
        )
    )


def _ahead_s(answer: Answer | None, moment: datetime) -> float:
    date = None if answer is None else parse_http_date(answer.headers.get("date"))
    return 0.0 if date is None else (date - moment).total_seconds()


def redacted_body(answer: Answer, known: tuple[Secret, ...], limit: int = _BODY_LIMIT) -> str:
    """Return an answer's body as text without secrets, at most `limit` characters."""
    try:
        text = json.dumps(masked(json.loads(answer.body)), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = answer.text
    return _shown(text, known, limit)


def hide(text: str, known: tuple[Secret, ...]) -> str:
    """Return `text` without the known secrets, also where they stand as JSON or in a form."""
    return redact(text, *known, *(Secret(form) for secret in known for form in _forms(secret.reveal())))


def _forms(value: str) -> set[str]:
    return {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote_plus(value), quote(value)} - {
        value
    }


def masked(value: Any) -> Any:
    """Return JSON with the values of secret-looking fields masked, whatever their case and spelling."""
    if isinstance(value, Mapping):
        return {key: MASK if item and _is_sensitive(key) else masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return value


def _is_sensitive(key: object) -> bool:
    return isinstance(key, str) and key.lower().replace("_", "").replace("-", "") in _SENSITIVE


def _answer_text(request: PlannedRequest, answer: Answer | None, known: tuple[Secret, ...]) -> str | None:
    if answer is None or not answer.body:
        return None
    if request.holds_data and answer.is_success:
        return f"(dataset rows, {len(answer.body)} bytes, not recorded)"
    return redacted_body(answer, known)


def _shown(text: str, known: tuple[Secret, ...], limit: int = _BODY_LIMIT) -> str:
    # Redact before shortening: a cut secret is no longer recognized.
    clean = hide(text, known)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
