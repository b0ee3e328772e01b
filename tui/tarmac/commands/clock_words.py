"""The two clocks on the command line: two lines for people, one object for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.landed.clocks import Clocks


def clock_lines(clocks: Clocks, name: str) -> Iterator[str]:
    """Yield what is said of both, and what to do while there is time."""
    yield f"files: {clocks.files.words}"
    yield f"key: {clocks.credentials.words}"
    if clocks.should_copy:
        yield f"copy them before: tarmac copy {plain(name)} --to DIR"


def clock_document(clocks: Clocks) -> dict[str, Any]:
    """Return both as a JSON object; null is never, or unknown, as the words say."""
    return {
        "files_until": iso_z(clocks.files.at),
        "files": clocks.files.words,
        "credentials_until": iso_z(clocks.credentials.at),
        "credentials": clocks.credentials.words,
    }
