"""The name that was probably meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """Return `Did you mean …?` with what is nearest to `name`, empty where nothing is near."""
    import difflib  # for slips only: not part of every start

    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]}?" if close else ""
