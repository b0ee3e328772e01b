"""For terminals without UTF-8: frames, marks and names in ASCII, translated at the last moment before the terminal.

Every sign becomes as many ASCII signs as it takes cells, so that nothing on screen moves.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from pathlib import Path

from rich.cells import get_character_cell_size

from tarmac.driver import FrameDriver
from tarmac.terms.ascii_signs import ASCII_SIGNS


class _Table(dict[int, str]):
    """A translation table that knows every character: unknown ones become question marks, one a cell."""

    def __missing__(self, code: int) -> str:
        sign = chr(code) if code < 128 else ASCII_SIGNS.get(chr(code), "?" * get_character_cell_size(chr(code)))
        self[code] = sign
        return sign


_TABLE = _Table()


def to_ascii(text: str) -> str:
    """Return `text` with every character outside ASCII replaced."""
    return text if text.isascii() else text.translate(_TABLE)


class AsciiDriver(FrameDriver):
    """Sends ASCII only."""

    ascii_only = True

    def write(self, data: str) -> None:
        """Translate one piece of output."""
        super().write(to_ascii(data))


def speaks_utf8(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal's locale is a UTF-8 one. A machine without any locale setting is taken for one that is."""
    env = _given_environment() if environment is None else environment
    value = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), None)
    if value is None:
        return True
    _, dot, encoding = value.partition(".")
    if dot:
        return encoding.partition("@")[0].upper().replace("-", "") == "UTF8"
    # A locale such as de_DE says nothing of its encoding: the C library knows.
    return value not in {"C", "POSIX"} and locale.nl_langinfo(locale.CODESET).upper().replace("-", "") == "UTF8"


def _given_environment() -> Mapping[str, str]:
    """The variables as the process got them: Python itself turns the plain C locale into C.UTF-8 for its own use."""
    try:
        pairs = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return os.environ
    return dict(os.fsdecode(pair).partition("=")[::2] for pair in pairs if b"=" in pair)
