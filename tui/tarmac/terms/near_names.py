"""The names that were probably meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from tarmac.terms.text import plain

_MOST = 3
_LONGEST = 80
_LEAST = 0.65  # of letters in common: `bogus` is no slip for `mouse`, `kye` is one for `key`


def near(name: str, known: Iterable[str]) -> str:
    """Return `Did you mean …?` with what is nearest to `name`, empty where nothing is near."""
    close = _close(name, known, 1)
    return f"Did you mean {close[0]}?" if close else ""


def near_names(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return `Near names: ….` with up to three that may be meant, safe to show; `otherwise` where none is near."""
    close = _close(name, known, _MOST)
    return f"Near names: {', '.join(plain(each, _LONGEST) for each in close)}." if close else otherwise


def _close(name: str, known: Iterable[str], most: int) -> list[str]:
    import difflib  # for slips only: not part of every start

    return difflib.get_close_matches(name, list(known), n=most, cutoff=_LEAST)
