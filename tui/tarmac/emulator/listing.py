"""Flow Service lists: `property` filters, `orderby`, `count`, `limit` and continuation tokens (§3.3)."""

from __future__ import annotations

import base64
import binascii
import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.datastructures import QueryParams

from tarmac.emulator.answers import bad_request, flow_error
from tarmac.emulator.state import Entity

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_CONDITION = re.compile(r"^(?P<path>[A-Za-z0-9_.\[\]@:/-]+?)(?P<op>==|!=|<=|>=|<|>|~)(?P<value>.*)$", re.DOTALL)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# In front of every token: its Base64 is `+/+/`, and the padding adds `=`, so that a client that does not encode is found out.
_TOKEN_PREFIX = b"\xfb\xff\xbf"


@dataclass(frozen=True)
class Condition:
    """One `property=<path><op><value>`."""

    path: tuple[str, ...]
    op: str
    value: str

    def holds(self, wire: dict[str, Any]) -> bool:
        """Whether any value at the path meets the condition; `!=` wants none of them to be equal."""
        found = list(_values(wire, self.path))
        if self.op in {"==", "!="}:
            wanted = self.value.split(",")
            caseless = self.path[-1] in {"status", "state"}
            equal = any(_equal(value, text, caseless) for value in found for text in wanted)
            return equal if self.op == "==" else not equal
        return any(_in_order(value, self.op, self.value) for value in found)


def select(entities: Iterable[Entity], query: QueryParams, href: str, *, links_repeat_filters: bool) -> dict[str, Any]:
    """Answer one list request over `entities`; `href` is the path that the next link names."""
    conditions = [parse_condition(text) for text in query.getlist("property")]
    counting = query.get("count", "false").lower() == "true"
    if counting and "limit" in query:
        raise flow_error("1401-400", "The query parameters limit and count cannot be used together.")
    limit = _limit(query)
    matching = [entity for entity in entities if all(condition.holds(entity.wire) for condition in conditions)]
    if counting:
        return {"count": len(matching)}
    ordered = _sorted(matching, query.get("orderby"))
    start = _start(ordered, query.get("continuationToken"))
    page = ordered[start : start + limit]
    links: dict[str, Any] = {}
    if page and start + limit < len(ordered):
        others = [pair for pair in query.multi_items() if pair[0] != "continuationToken" and links_repeat_filters]
        given = urlencode(
            [*others, ("continuationToken", _token(page[-1].id, start + limit))], quote_via=quote, safe=""
        )
        links["next"] = {"href": f"{href}?{given}"}
    return {"items": [entity.wire for entity in page], "_links": links}


def parse_condition(text: str) -> Condition:
    """Read one `property` parameter. Raises ApiError 400."""
    match = _CONDITION.match(text)
    if match is None:
        raise bad_request(f"The property filter [{text}] is not of the form name==value.")
    if match["op"] == "~":
        raise flow_error("1440-400", "The regular expression operator is not implemented.")
    return Condition(tuple(match["path"].split(".")), match["op"], match["value"])


def _limit(query: QueryParams) -> int:
    text = query.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not text.isdecimal() or not 1 <= int(text) <= MAX_LIMIT:
        raise bad_request(f"The limit [{text}] must be a number from 1 to {MAX_LIMIT}.")
    return int(text)


def _values(node: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        if node is not None:
            yield node
        return
    step, is_list = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(node, dict) or step not in node:
        return
    child = node[step]
    # A list is only looked into where the path says `[]` (SORT).
    for item in child if is_list and isinstance(child, list) else [child]:
        yield from _values(item, path[1:])


def _equal(value: Any, text: str, caseless: bool) -> bool:
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int | float):
        return _number(text) == value
    return isinstance(value, str) and (value.lower() == text.lower() if caseless else value == text)


def _in_order(value: Any, op: str, text: str) -> bool:
    compare = _ORDERED[op]
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = _number(text)
        return number is not None and compare(value, number)
    return isinstance(value, str) and compare(value, text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sorted(entities: list[Entity], orderby: str | None) -> list[Entity]:
    # Newest first (DST); the collections are oldest first, and the stable sort keeps that.
    ordered = sorted(entities, key=lambda entity: _touched(entity.wire))
    ordered.reverse()
    if orderby is None:
        return ordered
    for term in reversed(orderby.split(",")):
        # An unencoded `+name` arrives as ` name`.
        name = term.strip().lstrip("+-")
        if not _FIELD.fullmatch(name):
            raise flow_error("1432-400", f"The orderby value [{orderby}] is not valid.")
        path = tuple(name.split("."))
        ordered.sort(key=lambda entity, path=path: _sort_key(entity, path), reverse=term.strip().startswith("-"))  # type: ignore[misc]
    return ordered


def _touched(wire: dict[str, Any]) -> int:
    return max(int(wire.get("createdAt", 0)), int(wire.get("updatedAt", 0)))


def _sort_key(entity: Entity, path: tuple[str, ...]) -> tuple[int, float, str]:
    value = next(_values(entity.wire, path), None)
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, value) if isinstance(value, str) else (0, 0.0, "")


def _token(last_id: str, offset: int) -> str:
    text = json.dumps({"after": last_id, "at": offset}, separators=(",", ":"))
    # A length that is not a multiple of three makes Base64 end in `=`.
    padded = text if (len(text) + len(_TOKEN_PREFIX)) % 3 else text + " "
    return base64.b64encode(_TOKEN_PREFIX + padded.encode()).decode()


def _start(ordered: list[Entity], token: str | None) -> int:
    if token is None:
        return 0
    # aepp cuts the token out of the link still encoded and has it encoded once more.
    for text in (token, unquote(token)):
        try:
            raw = base64.b64decode(text, validate=True)
            if not raw.startswith(_TOKEN_PREFIX):
                continue
            place = json.loads(raw[len(_TOKEN_PREFIX) :])
            after, offset = str(place["after"]), int(place["at"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            continue
        return next((index + 1 for index, entity in enumerate(ordered) if entity.id == after), offset)
    raise bad_request("The continuationToken is not valid.")
