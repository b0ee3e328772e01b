"""Catalog's query parameters: paging, ordering, property selection and filters (§2.2)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import QueryParams

from tarmac.emulator.answers import problem

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_SIMPLE = frozenset(
    {"name", "version", "created", "updated", "createdClient", "createdUser", "updatedUser", "description"}
)
_CONDITION = re.compile(
    r"^(?P<negated>!?)(?P<name>[A-Za-z0-9_./*-]+?)((?P<op>~|==|!=|<=|>=|<|>)(?P<value>.*))?$", re.DOTALL
)
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Item = tuple[str, Mapping[str, Any]]
Test = Callable[[Mapping[str, Any]], bool]


def page_bounds(query: QueryParams) -> tuple[int, int]:
    """Return `start` and `limit`. Raises ApiError 400 for anything that is not a number in range."""
    start, limit = query.get("start", "0"), query.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIMIT:
        raise problem(400, "BadRequest", f"The limit must be a number from 1 to {MAX_LIMIT}, not [{limit}].")
    if not start.isdecimal() or len(start) > 9:
        raise problem(400, "BadRequest", f"The start must be a number from 0, not [{start}].")
    return int(start), int(limit)


def find(items: list[Item], query: QueryParams) -> list[Item]:
    """Return the items that meet all filters, in the order asked for."""
    tests = [_simple_test(name, value) for name, value in query.multi_items() if name in _SIMPLE]
    tests += [_property_test(text) for text in query.getlist("property")]
    tests += [_tag_test(part) for text in query.getlist("tags") for part in text.split(",")]
    found = [item for item in items if all(test(item[1]) for test in tests)] if tests else list(items)
    for term in reversed(query.get("orderBy", "").split(",")):
        if term:
            direction, _, name = term.rpartition(":")
            if direction not in {"", "asc", "desc"}:
                raise problem(400, "BadRequest", f"The orderBy [{term}] is not of the form asc:name or desc:name.")
            found.sort(key=lambda item, name=name: _sort_key(item[1].get(name)), reverse=direction == "desc")  # type: ignore[misc]
    return found


def chosen(wire: Mapping[str, Any], query: QueryParams) -> dict[str, Any]:
    """Return the top-level properties asked for; an object that has none of them shows as `{}`."""
    names = query.get("properties")
    if not names:
        return dict(wire)
    wanted = {name.strip().partition(".")[0] for name in names.split(",")}
    return {name: value for name, value in wire.items() if name in wanted}


def _simple_test(name: str, text: str) -> Test:
    negated = text.startswith("!")
    wanted = set(text.removeprefix("!").split(","))
    return lambda wire: (str(wire.get(name)) in wanted) != negated


def _property_test(text: str) -> Test:
    match = _CONDITION.match(text)
    if match is None:
        raise problem(400, "BadRequest", f"The property filter [{text}] cannot be read.")
    name, op, value = match["name"], match["op"], match["value"] or ""
    if op is None:
        return lambda wire: any(True for _ in _found(wire, name)) != bool(match["negated"])
    if op == "~":
        try:
            pattern = re.compile(value)
        except re.error as error:
            raise problem(400, "BadRequest", f"The expression [{value}] cannot be read: {error}.") from error
        return lambda wire: any(pattern.search(str(found)) for found in _found(wire, name))
    if op in {"==", "!="}:
        return lambda wire: any(_text(found) == value for found in _found(wire, name)) == (op == "==")
    return lambda wire: any(_in_order(found, op, value) for found in _found(wire, name))


def _tag_test(text: str) -> Test:
    tag, _, value = text.partition(":")
    pattern = re.compile(".*".join(re.escape(part) for part in value.split("*")))
    return lambda wire: any(pattern.fullmatch(str(one)) for one in wire.get("tags", {}).get(tag, ()))


def _found(wire: Mapping[str, Any], name: str) -> list[Any]:
    """Return the values of a dotted name; `*` stands for any one step."""
    nodes: list[Any] = [wire]
    for step in name.split("."):
        following: list[Any] = []
        for node in nodes:
            if isinstance(node, Mapping):
                following += node.values() if step == "*" else [node[step]] if step in node else []
        nodes = following
    return [leaf for node in nodes for leaf in (node if isinstance(node, list) else [node]) if leaf is not None]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_order(value: Any, op: str, text: str) -> bool:
    if isinstance(value, int | float):
        try:
            return _ORDERED[op](value, float(text))
        except ValueError:
            return False
    return isinstance(value, str) and _ORDERED[op](value, text)


def _sort_key(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, value) if isinstance(value, str) else (0, 0.0, "")
