"""Reading JSON of which nothing is promised: a value of the wanted kind, or None; BadAnswer where there must be one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tarmac.platform.errors import BadAnswer
from tarmac.platform.models import Raw
from tarmac.terms.text import plain
from tarmac.terms.times import from_millis, from_seconds

_EMPTY: Raw = {}
# Epoch numbers above this are milliseconds: in seconds it would be the year 5138.
_SECONDS_LIMIT = 10**11


def obj(value: Any) -> Raw:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else _EMPTY


def array(value: Any) -> Sequence[Any]:
    """Return an array as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else ()


def at(value: Any, *path: str) -> Any:
    """Return what stands at the path of keys, or None."""
    for key in path:
        value = obj(value).get(key)
    return value


def text(value: Any) -> str | None:
    """Return a non-empty string that can be encoded, a number as text, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else None
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode("utf-8")


def first_text(*values: Any) -> str | None:
    """Return the first that is a text."""
    return next((found for value in values if (found := text(value)) is not None), None)


def whole(value: Any) -> int | None:
    """Return a whole number that is given as a number or as decimal text; None for anything else, None is not zero."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**18 else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 1e18 else None
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.removeprefix("-").isdecimal() and len(digits) < 19:
            return int(digits)
    return None


def count(value: Any) -> int | None:
    """Return a whole number that is not negative, or None."""
    number = whole(value)
    return number if number is not None and number >= 0 else None


def first_count(*values: Any) -> int | None:
    """Return the first that is a count; zero is one."""
    return next((found for value in values if (found := count(value)) is not None), None)


def moment(value: Any) -> datetime | None:
    """Return a time given in epoch milliseconds (everywhere but in schedules) or as ISO text; None for 0 or nonsense."""
    number = whole(value)
    if number is not None:
        try:
            return from_millis(number) if number > 0 else None
        except OverflowError:
            return None
    return iso_moment(value)


def moment_any_unit(value: Any) -> datetime | None:
    """Return a time given in epoch seconds or milliseconds, told apart by size, or as ISO text."""
    number = whole(value)
    if number is not None and 0 < number < _SECONDS_LIMIT:
        return from_seconds(number)
    return moment(value)


def iso_moment(value: Any) -> datetime | None:
    """Return an ISO date or time as aware UTC; a time without zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of an array, a lone text as one, nothing for anything else."""
    if isinstance(value, str):
        value = [value]
    return tuple(found for item in array(value) if (found := text(item)) is not None)


def require_object(value: Any, what: str) -> Raw:
    """Return an object. Raises BadAnswer, naming `what` it should have been."""
    if not isinstance(value, Mapping):
        raise unreadable(what, value)
    return value


def require_text(value: Any, what: str) -> str:
    """Return a text. Raises BadAnswer, naming `what` is missing."""
    found = text(value)
    if found is None:
        raise unreadable(what, value)
    return found


def unreadable(what: str, value: Any) -> BadAnswer:
    """Return the error for an answer that is not what it should be."""
    kind = {dict: "an object", list: "an array", str: "text", type(None): "nothing"}.get(type(value), "something else")
    shown = plain(repr(value)[:80], 60) if isinstance(value, str | int | float) else kind
    return BadAnswer(
        f"The platform's answer cannot be read: {what} should be there, but it holds {shown}.",
        meaning="The platform answered in a form that is not known here, or something else answered in its place.",
        next_step="Try again; if it stays, look at the raw answer and report it.",
    )


def envelope(value: Any, what: str) -> Sequence[Any]:
    """Return the `items` of a list answer; a bare array is taken as the items. Raises BadAnswer without either."""
    if isinstance(value, list):
        return value
    items = require_object(value, f"a list of {what}").get("items")
    if not isinstance(items, list):
        raise unreadable(f"a list of {what}", value)
    return items


def single(value: Any, what: str) -> Raw:
    """Return the one object of a by-id answer: `{"items": [{…}]}`, a bare array, or the object itself.

    Raises BadAnswer for none or several.
    """
    if isinstance(value, Mapping) and "items" not in value and text(value.get("id")) is not None:
        return value
    items = envelope(value, what)
    if len(items) != 1:
        raise unreadable(f"one {what}", value)
    return require_object(items[0], f"one {what}")


def etag_of(raw: Raw) -> str | None:
    """Return the etag with its quotes; `version` equals it in stored objects (§3.4), `eTag` is an old spelling (C10)."""
    found = first_text(raw.get("etag"), raw.get("eTag"))
    if found is None:
        version = text(raw.get("version"))
        found = version if version is not None and version.startswith('"') else None
    return found


def total(values: Iterable[int | None]) -> int | None:
    """Return the sum if every number is there and there is at least one, else None."""
    numbers = list(values)
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None
