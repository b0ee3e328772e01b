"""Which things a text finds that have a name and an id: on screen and for `--find` alike."""

from __future__ import annotations

from collections.abc import Callable

_LEAST = 4  # signs of an id's beginning that can be meant: any two digits are in most ids somewhere


def finds(text: str) -> Callable[[str, str], bool]:
    """Return whether `text` finds something by (name, id): anywhere in the name, an id by its beginning, in any case."""
    wanted = text.casefold()
    if len(wanted) < _LEAST:
        return lambda name, _: wanted in name.casefold()
    return lambda name, key: wanted in name.casefold() or key.casefold().startswith(wanted)
