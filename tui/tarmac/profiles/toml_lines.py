"""On which line each key of a TOML text stands. `tomllib` does not say, and an error without a line makes people search."""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]\}\n#]*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every key path of `text`, which `tomllib` has accepted. List elements are counted from 0.

    A table has the line where it first appears. Whatever this reader cannot follow is left out; it never raises.
    """
    reader = _Reader(text)
    # A line number is a help, not a promise: what was found so far is right.
    with contextlib.suppress(_Lost, ValueError, RecursionError):
        reader.document()
    return reader.lines


class _Lost(Exception):
    """The text is not what was expected here."""


class _Reader:
    """Walks the text once. Only the structure is read, values are skipped."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._array_lengths: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        path = self._open((), self._key(), start, is_array=is_array)
        self._expect("]]" if is_array else "]")
        return path

    def _open(self, base: KeyPath, keys: list[str], start: int, *, is_array: bool) -> KeyPath:
        """Note the path and its parents; step into the newest element of each array of tables on the way."""
        path = base
        for position, key in enumerate(keys):
            path = (*path, key)
            self._note(path, start)
            if is_array and position == len(keys) - 1:
                self._array_lengths[path] = self._array_lengths.get(path, 0) + 1
            if path in self._array_lengths:
                path = (*path, self._array_lengths[path] - 1)
                self._note(path, start)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        path = self._open(table, self._key(), start, is_array=False)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            if self._peek() in "\"'":
                raw = self._take(_STRING)
                parts.append(str(tomllib.loads(f"k = {raw}")["k"]))
            else:
                parts.append(self._take(_BARE_KEY))
            self._skip(_SPACE)
            if self._peek() != ".":
                return parts
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        match self._peek():
            case '"' | "'":
                self._take(_STRING)
            case "{":
                self._inline_table(path)
            case "[":
                self._array(path)
            case _:
                self._take(_SCALAR)

    def _inline_table(self, path: KeyPath) -> None:
        self._expect("{")
        while True:
            self._skip(_BLANK)
            if self._peek() == "}":
                break
            self._pair(path)
            self._skip(_BLANK)
            if self._peek() == ",":
                self.at += 1
        self._expect("}")

    def _array(self, path: KeyPath) -> None:
        self._expect("[")
        index = 0
        while True:
            self._skip(_BLANK)
            if self._peek() == "]":
                break
            element = (*path, index)
            self._note(element, self.at)
            self._value(element)
            index += 1
            self._skip(_BLANK)
            if self._peek() == ",":
                self.at += 1
        self._expect("]")

    def _note(self, path: KeyPath, position: int) -> None:
        self.lines.setdefault(path, bisect_right(self._starts, position))

    def _peek(self) -> str:
        if self.at >= len(self.text):
            raise _Lost
        return self.text[self.at]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None or match.end() == self.at:
            raise _Lost
        self.at = match.end()
        return match[0]

    def _expect(self, token: str) -> None:
        self._skip(_SPACE)
        if not self.text.startswith(token, self.at):
            raise _Lost
        self.at += len(token)
