"""Trouble with the platform as the app tells it: a word for the top line, and the keys that help."""

from __future__ import annotations

from tarmac.terms.errors import TarmacError

_NOT_REACHABLE = frozenset({"unreachable", "tls", "no-answer"})
_IN_THE_PROFILE = frozenset({"secret", "bad-setting", "bad-url", "unreachable", "tls"})


def state_words(error: TarmacError) -> str:
    """Say how things stand with the platform after this error."""
    if error.code == "sign-in-invalid_client":
        return "not signed in: wrong secret"
    if error.code.startswith("sign-in"):
        return "not signed in"
    if error.code == "secret":
        return "secret missing"
    if error.code in _NOT_REACHABLE:
        return "not reachable"
    status = getattr(error, "status", None)
    return f"refused: {status}" if status else "trouble"


def profile_keys(error: TarmacError) -> str:
    """Name the keys that lead to the profile where the error has its cause there; else empty."""
    is_there = (
        error.code in _IN_THE_PROFILE or error.code.startswith("sign-in") or getattr(error, "status", None) == 401
    )
    return "p: profiles, and e there to edit one" if is_there else ""


def keys_that_help(error: TarmacError) -> str:
    """Name the keys to press after a list could not be read."""
    return " · ".join(filter(None, ("r: read again", profile_keys(error))))


def in_short(error: TarmacError) -> str:
    """Write what happened and what to do, for the line below a list."""
    message = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    return " ".join(filter(None, (message, error.next_step, keys_that_help(error))))


def in_full(error: TarmacError) -> str:
    """Write everything about it, a line each, for the place of the list itself."""
    words = "\n".join(part for part in (error.message, error.meaning, error.next_step) if part)
    return f"{words}\n\n{keys_that_help(error)}"
