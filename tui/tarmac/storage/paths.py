"""Paths below a store's root: names are untrusted, and none may leave its folder."""

from __future__ import annotations

import unicodedata

from tarmac.storage.errors import StorageMissing
from tarmac.terms.text import plain


def is_safe(path: str) -> bool:
    """Whether every part of `path` is an ordinary name: not empty, not `.` or `..`, no control characters."""
    return all(
        part not in ("", ".", "..") and not any(unicodedata.category(char) == "Cc" for char in part)
        for part in path.split("/")
    )


def checked_path(path: str, location: str) -> str:
    """Return `path` without slashes at its ends. Raises StorageMissing for one that could lead out of the root."""
    bare = path.strip("/")
    if bare and not is_safe(bare):
        raise StorageMissing(
            f"{location}: {plain(path, 200)!r} is not a path below it",
            meaning='A path has no empty parts, no "." or ".." and no control characters.',
            next_step="Correct the folder.",
        )
    return bare
