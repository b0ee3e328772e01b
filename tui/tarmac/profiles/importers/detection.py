"""Which tool a file belongs to: tried one format after the other, the most telling first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.importers import aepp_json, cmle_ini, developer_console, postman
from tarmac.profiles.importers.recognised import MAX_BYTES, Recognised
from tarmac.terms.text import plain

_FORMATS = (developer_console, postman, aepp_json, cmle_ini)


def read_foreign(file: Path) -> Recognised:
    """Read a file of another tool; it is left as it is. Raises ProfileError. Blocks."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = (error.strerror if isinstance(error, OSError) else None) or "it cannot be opened"
        raise ProfileError(f"cannot be read: {cause}", file=file, next_step="Check the path.") from error
    return parse_foreign(data, file)


def parse_foreign(data: bytes, file: Path) -> Recognised:
    """Read `data`; `file` is named in errors. Raises ProfileError for anything that is none of the four formats."""
    if len(data) > MAX_BYTES:
        raise _unknown(file, "it is larger than 4 MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unknown(file, "it is not text") from None
    document = _json(text)
    if document is None:
        found = cmle_ini.recognise(text)
    else:
        found = next((each for format_ in _FORMATS[:3] if (each := format_.recognise(document)) is not None), None)
    if found is None:
        raise _unknown(
            file, "it is JSON, but of none of these tools" if document is not None else "it is none of these"
        )
    _check(found, file)
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _check(found: Recognised, file: Path) -> None:
    """What goes into headers must be able to."""
    for name, value in (("organization", found.org_id), ("client", found.client_id), ("sandbox", found.sandbox)):
        if value is not None and any(not "!" <= char <= "~" for char in value):
            raise ProfileError(
                f"the {name} {plain(value, 60)!r} holds a space or a character outside ASCII",
                file=file,
                next_step="Correct it there, or make a profile with `tarmac profile new NAME`.",
            )


def _unknown(file: Path, why: str) -> ProfileError:
    expected = "; ".join(f"{each.TITLE}: {each.EXPECTED}" for each in _FORMATS)
    return ProfileError(
        f"cannot be imported: {why}",
        file=file,
        meaning=f"What can be: {expected}.",
        next_step="Give such a file, or make a profile with `tarmac profile new NAME`.",
    )
