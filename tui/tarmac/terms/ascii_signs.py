"""Every sign that tarmac draws or writes, in ASCII, for terminals and files whose encoding does not have it."""

from __future__ import annotations

import unicodedata

ASCII_SIGNS = {
    **dict.fromkeys("▸›→⏎", ">"),
    **dict.fromkeys("‹←", "<"),
    **dict.fromkeys("↑", "^"),
    **dict.fromkeys("↓", "_"),
    **dict.fromkeys("●•◆■", "*"),
    **dict.fromkeys("○", "o"),
    **dict.fromkeys("✔✓", "v"),  # "+" is what a plan creates
    **dict.fromkeys("✘✗×", "x"),
    **dict.fromkeys("–—─━-", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▉▊▋▌", "#"),
    **dict.fromkeys("░▒▓", ":"),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "·": "|",  # "-" is a value that there is none of
    "…": "~",
    "┄": ".",
    "≠": "!",
    "≤": "<",
    "≥": ">",
    "≈": "~",
}


def encodable(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding does not have, as many cells wide; an error handler for `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(ASCII_SIGNS.get(char, "?" * _cells(char)) for char in missing), error.end


def _cells(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
