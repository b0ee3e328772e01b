"""An error answer becomes an error of the tree: five known bodies, HTML, or nothing at all (platform-api §8.1)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tarmac.platform import errors
from tarmac.platform.atlas import Explanation, Special, explain_code, explain_status, explain_text
from tarmac.platform.exchanges import hide, redacted_body
from tarmac.platform.messages import Answer
from tarmac.platform.retries import parse_retry_after
from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain

_RAW_LIMIT = 4_000
_TEXT_LIMIT = 500
_RUN_ID = re.compile(r"run id\W{1,3}([0-9A-Za-z][0-9A-Za-z_-]{5,80})", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{1,200}?)</title>", re.IGNORECASE | re.DOTALL)

_BY_STATUS: Mapping[int, type[errors.Refused]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.StaleEtag,
    422: errors.InvalidRequest,
    429: errors.RateLimited,
}
_BY_SPECIAL: Mapping[Special, type[errors.Refused]] = {
    Special.NOT_READY: errors.NotReady,
    Special.STORAGE_NOT_ALLOWED: errors.StorageNotAllowed,
    Special.RUN_EXISTS: errors.RunExists,
}


@dataclass(frozen=True)
class Problem:
    """What an error body says, whichever of the known shapes it has. Empty strings where it says nothing."""

    code: str = ""
    text: str = ""
    request_id: str | None = None


def read_problem(answer: Answer) -> Problem:
    """Read any body: JSON of a known or unknown shape, HTML, plain text, nothing. Never raises."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Problem(text=_from_text(answer.text))
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        return Problem(text="" if body is None else str(body)[:_TEXT_LIMIT])
    first = _first(body.get("errors"))
    code = (
        _word(body, "error_code", "errorCode", "code", "error")
        or _word(first, "code", "errorCode")
        or _code_in_type(body.get("type"))
    )
    text = (
        _word(body, "message", "errorMessage", "error_description", "detail")
        or _word(first, "message", "detail")
        or _word(body, "errorDetails", "title")
    )
    title = _word(body, "title")
    if title and text and title != text and _word(body, "detail") == text:
        text = f"{title}: {text}"
    return Problem(code=code, text=text or "", request_id=_request_id(body))


def refusal(answer: Answer, asked: str, now: datetime, known: tuple[Secret, ...] = ()) -> errors.Refused:
    """Return the error for an answer with an error status.

    `asked` names the request in words for the message ("POST /flows"); `known` are secrets to mask, should they be echoed.
    """
    problem = read_problem(answer)
    whole = f"{problem.code} {problem.text} {answer.text[:20_000]}"
    code, explanation = _explained(problem, whole, answer.status)
    kind = _kind(answer.status, explanation)
    words = plain(hide(problem.text, known), _TEXT_LIMIT).strip().rstrip(".")
    retry_after = parse_retry_after(answer.headers.get("retry-after"), now)
    error = kind(
        f"{asked} was refused with {answer.status}: {words}."
        if words
        else f"{asked} was refused with {answer.status}.",
        status=answer.status,
        raw=redacted_body(answer, known, _RAW_LIMIT),
        code=plain(hide(code, known), 80) or None,
        meaning=explanation.meaning,
        next_step=_next_step(explanation, kind, retry_after),
        request_id=_shown_id(answer.request_id or problem.request_id),
        retry_after=retry_after,
    )
    error.is_passing = explanation.passing or kind.is_passing
    if isinstance(error, errors.RunExists):
        match = _RUN_ID.search(whole)
        error.run_id = match[1] if match else None
    return error


def special_refusal(answer: Answer, asked: str, now: datetime, known: tuple[Secret, ...] = ()) -> errors.Refused | None:
    """Return one of the ad-hoc refusals if the answer's text is one, whatever its status (§4.1); else None."""
    found = explain_text(answer.text[:20_000])
    return refusal(answer, asked, now, known) if found is not None and found[1].special is not None else None


def _explained(problem: Problem, whole: str, status: int) -> tuple[str, Explanation]:
    by_text = explain_text(whole)
    if by_text is not None and by_text[1].special is not None:
        return by_text
    by_code = explain_code(problem.code) if problem.code else None
    if by_code is not None:
        return problem.code, by_code
    if by_text is not None:
        return by_text
    return problem.code or str(status), explain_status(status)


def _kind(status: int, explanation: Explanation) -> type[errors.Refused]:
    if explanation.special is not None and status != 401:
        return _BY_SPECIAL[explanation.special]
    if status >= 500:
        return errors.ServerFault
    return _BY_STATUS.get(status, errors.Refused)


def _next_step(explanation: Explanation, kind: type[errors.Refused], retry_after: timedelta | None) -> str:
    if retry_after is None or not issubclass(kind, errors.RateLimited | errors.ServerFault):
        return explanation.next_step
    seconds = math.ceil(retry_after.total_seconds())
    wait = f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"
    return f"Try again in {wait}: so long the platform asks to wait."


def _word(body: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        value = body.get(key)
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, str | int | float) and str(value).strip():
            return str(value).strip()
    return ""


def _first(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return value[0]
    return {}


def _code_in_type(value: Any) -> str:
    # RFC 7807 `type`, for example http://ns.adobe.com/aep/errors/XDM-1010-404; a placeholder says nothing.
    if not isinstance(value, str) or "placeholder" in value:
        return ""
    last = value.rstrip("/").rpartition("/")[2]
    return last if re.fullmatch(r"[A-Za-z_]*-?\d[\w-]*", last) else ""


def _request_id(body: Mapping[str, Any]) -> str | None:
    places = (body, body.get("report"))
    for place in places:
        if isinstance(place, Mapping):
            found = _word(place, "request_id", "requestId", "registryRequestId", "x-request-id")
            if found:
                return found
    return None


def _from_text(text: str) -> str:
    title = _TITLE.search(text[:20_000])
    if title:
        return title[1].strip()
    if "<" in text[:200]:
        return "a web page instead of an answer"
    return text.strip()[:_TEXT_LIMIT]


def _shown_id(value: str | None) -> str | None:
    return plain(value, 120) if value else None
