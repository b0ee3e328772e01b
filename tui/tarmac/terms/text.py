"""Text from elsewhere made safe to show: no escape sequences, no control characters, no line breaks."""

from __future__ import annotations

import re
import unicodedata

_MARKER = re.compile(r" \[[a-z2-7]{13}\]$")


def plain(text: str, limit: int | None = None) -> str:
    """Return `text` on one line without control, format or unassigned characters, at most `limit` characters long.

    Names of datasets and files and every text in a platform answer are untrusted: they pass through here before a terminal.
    """
    # Nearly every text is of this kind; looking at each of its characters is what watching many runs would cost most.
    cleaned = text if text.isprintable() else _cleaned(text)
    if limit is not None and len(cleaned) > limit:
        cleaned = cleaned[: max(0, limit - 1)] + "…"
    return cleaned


def _cleaned(text: str) -> str:
    return "".join(
        " " if char in "\n\r\t" else char
        for char in text
        if char in "\n\r\t" or not unicodedata.category(char).startswith("C")
    )


def without_marker(name: str) -> str:
    """Return the name of a flow or connection without the marker by which tarmac knows its own objects."""
    return _MARKER.sub("", name)
