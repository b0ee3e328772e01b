"""Reading TOML that a person wrote: strict, and each complaint names file, key and line and shows the right form."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.toml_lines import KeyPath, key_lines
from tarmac.terms.errors import UsageError
from tarmac.terms.near_names import near
from tarmac.terms.text import plain
from tarmac.terms.times import parse_duration

MAX_BYTES = 1 << 20
Choice = TypeVar("Choice", bound=StrEnum)

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class TomlSource:
    """The text behind a table, kept to find lines; the lines are looked up only when something is wrong."""

    file: Path
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> Mapping[KeyPath, int]:
        """The line of every key."""
        return key_lines(self.text)

    def line(self, path: KeyPath) -> int | None:
        """The line of `path`, or of the nearest table around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


@dataclass(frozen=True)
class TomlPlace:
    """Where one value stands, for errors that come up long after the file was read."""

    source: TomlSource
    path: KeyPath

    def __str__(self) -> str:
        line = self.source.line(self.path)
        return f"{self.source.file}" + (f":{line}" if line else "") + f": {written(self.path)}"

    def blamed(self, error: UsageError) -> UsageError:
        """Return `error` with this place at its beginning."""
        return UsageError(f"{self}: {error.message}", code=error.code, meaning=error.meaning, next_step=error.next_step)


class TomlTable:
    """One table and where it stands. The getters return None for a missing key and raise ProfileError for a wrong value.

    No message quotes a value: it may be a secret in the wrong place.
    """

    def __init__(self, source: TomlSource, values: Mapping[str, object], path: KeyPath = ()) -> None:
        self.source = source
        self._values = values
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def raw(self, key: str) -> object:
        """The value as `tomllib` gave it; None when missing."""
        return self._values.get(key)

    def error(
        self, message: str, key: str | int | None = None, *, meaning: str = "", next_step: str = ""
    ) -> ProfileError:
        """Return a ProfileError at `key` of this table, or at the table itself."""
        path = self._path if key is None else (*self._path, key)
        return ProfileError(
            message,
            file=self.source.file,
            key=written(path) or None,
            line=self.source.line(path),
            meaning=meaning,
            next_step=next_step,
        )

    def name(self, key: str | int | None = None) -> str:
        """The full dotted name of `key` for people."""
        return written(self._path if key is None else (*self._path, key))

    def place(self, key: str | int) -> TomlPlace:
        """Where `key` stands."""
        return TomlPlace(self.source, (*self._path, key))

    def only(self, *allowed: str) -> None:
        """Raise ProfileError for the first key that is not among `allowed`, with the one that was probably meant."""
        for key in self._values:
            if key in allowed:
                continue
            raise self.error(f"there is no setting {self.name(key)}", key, next_step=suggestion(key, allowed))

    def wrong_type(self, key: str | int, value: object, form: str, example: str) -> ProfileError:
        """Return the error for a value of another type than `form`; `example` is a whole right line."""
        return self.error(f"{self.name(key)} is {_type_name(value)}, not {form}", key, next_step=f"Write {example}")

    def text(self, key: str, example: str) -> str | None:
        """A non-empty text without control characters."""
        value = self._values.get(key)
        if value is None:
            return None
        form = _line(key, f'"{example}"')
        if not isinstance(value, str):
            raise self.wrong_type(key, value, "text in quotes", form)
        if not value.strip():
            raise self.error(f"{self.name(key)} is empty", key, next_step=f"Write {form}, or leave the line out.")
        if _CONTROL.search(value):
            raise self.error(f"{self.name(key)} holds a control character", key, next_step=f"Write {form}")
        return value

    def need_text(self, key: str, example: str) -> str:
        """A text that must be there."""
        value = self.text(key, example)
        if value is None:
            raise self.missing(key, f'"{example}"')
        return value

    def missing(self, key: str, example: str) -> ProfileError:
        """Return the error for a missing key; `example` is a right value as written in TOML."""
        return self.error(f"{self.name(key)} is missing", key, next_step=f"Add a line such as {_line(key, example)}")

    def texts(self, key: str, example: str) -> tuple[str, ...] | None:
        """A non-empty list of texts; `example` as written in TOML."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.wrong_type(key, value, "a list of texts", _line(key, example))
        if not value:
            raise self.error(f"{self.name(key)} is an empty list", key, next_step=f"Write {_line(key, example)}")
        for item in value:
            if not isinstance(item, str) or not item or _CONTROL.search(item):
                raise self.error(
                    f"{self.name(key)} holds {_type_name(item)} where plain text belongs",
                    key,
                    next_step=f"Write {_line(key, example)}",
                )
        return tuple(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong_type(key, value, "true or false", _line(key, "true"))
        return value

    def duration(self, key: str, example: str) -> timedelta | None:
        """A time such as `20s` or `6h`, greater than zero."""
        value = self.text(key, example)
        if value is None:
            return None
        try:
            duration = parse_duration(value)
        except ValueError:
            duration = timedelta(0)
        if duration <= timedelta(0):
            raise self.error(
                f"{self.name(key)} is not a duration above zero",
                key,
                meaning="A duration is a number and one of ms, s, m, h, d.",
                next_step=f"Write {_line(key, f'{chr(34)}{example}{chr(34)}')}",
            )
        return duration

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        """One word of a closed set, in any case."""
        value = self.text(key, default.value)
        if value is None:
            return default
        words = [member.value for member in kind]
        if value.lower() not in words:
            raise self.error(
                f"{self.name(key)} is none of {', '.join(words)}", key, next_step=suggestion(value.lower(), words)
            )
        return kind(value.lower())

    def table(self, key: str, example: str) -> TomlTable | None:
        """A table inside this one; `example` is a right line."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong_type(key, value, "a table", example)
        return TomlTable(self.source, value, (*self._path, key))

    def inner(self, *path: str | int, values: Mapping[str, object]) -> TomlTable:
        """The table `values`, which was found at `path` below this one."""
        return TomlTable(self.source, values, (*self._path, *path))


def read_toml(file: Path) -> TomlTable:
    """Read `file`. Raises ProfileError when it is missing, unreadable, too large or not TOML. Blocks."""
    try:
        # An editor's file is small; a limit keeps a wrong path (a device, a data file) from filling the memory.
        if not file.is_file():
            what = "is a folder or device, not a file" if file.exists() else "does not exist"
            raise ProfileError(what, file=file, next_step="Check the name.")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        cause = error.strerror or "unknown cause"
        raise ProfileError(
            f"cannot be read: {cause}", file=file, next_step="Check the file's owner and mode."
        ) from error
    return parse_toml(data, file)


def parse_toml(data: bytes, file: Path) -> TomlTable:
    """Read TOML from `data`; `file` is named in errors. Raises ProfileError for anything that is not TOML."""
    if len(data) > MAX_BYTES:
        raise ProfileError("is larger than 1 MiB", file=file, next_step="Check that this is the right file.")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProfileError("is not UTF-8 text", file=file, line=line, next_step="Save the file as UTF-8.") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), text, file) from None
    except RecursionError:
        raise ProfileError("is nested too deeply", file=file, next_step="Write it with fewer brackets.") from None
    except ValueError:
        # tomllib lets Python's own limit on the digits of a number through.
        raise ProfileError("holds a number that is too long", file=file, next_step="Write a shorter number.") from None
    return TomlTable(TomlSource(file, text.replace("\r\n", "\n")), values)


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """Say what was probably meant by `word`, or list what there is."""
    known = list(allowed)
    return near(word, known) or (f"Known here: {', '.join(known)}." if known else "Leave it out.")


def written(path: KeyPath) -> str:
    """Return `path` as a person writes it: dotted, list positions from 1 in brackets."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part + 1}]"
        else:
            out += ("." if out else "") + plain(part, 48)
    return out


def _syntax_error(text: str, document: str, file: Path) -> ProfileError:
    found = _AT_LINE.search(text)
    line = int(found[1]) if found and found[1] else document.count("\n") + 1
    reason = plain(_AT_LINE.sub("", text), 120)
    return ProfileError(
        f"is not valid TOML: {reason}",
        file=file,
        line=line,
        meaning="Text needs quotes, every setting its own line, every name may be set once.",
        next_step="Correct this line or the one before.",
    )


def _line(key: str, value: str) -> str:
    return f"{quoted(key)} = {value}"


def quoted(key: str) -> str:
    """Return a key as it is written: in quotes where it would else be a table in a table, or nothing at all."""
    return key if _BARE_KEY.fullmatch(key) else f'"{plain(key, 48)}"'


def _type_name(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text" if value else "an empty text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime() | date() | time():
            return "a date or time"
        case _:  # pragma: no cover - TOML has no other type
            return "something else"
