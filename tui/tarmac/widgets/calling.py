"""Calling a person who looks elsewhere: the bell, a notification of the desktop, the title of the terminal or tmux pane.

All go through the terminal, so they work over SSH. Nothing is written but when a followed run changes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from tarmac.terms.text import plain

BELL = "\x07"
_LONGEST = 120
# Terminals that take OSC 777 (title and text); the others know OSC 9 (text) or ignore it.
_TERMS_777 = ("foot", "rxvt", "xterm-ghostty", "contour")
_VARIABLES_777 = ("VTE_VERSION", "GHOSTTY_RESOURCES_DIR")
KEEP_TITLE, GIVE_BACK_TITLE = "\x1b[22;2t", "\x1b[23;2t"


def notification(words: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the sequence that shows `words` as a notification of the desktop."""
    env = os.environ if environment is None else environment
    text = _one_line(words)
    takes_777 = env.get("TERM", "").startswith(_TERMS_777) or any(name in env for name in _VARIABLES_777)
    # A semicolon ends a field; a text that begins with a number and one is a progress bar to some.
    text = text.replace(";", ",")
    return passed_on(f"\x1b]777;notify;tarmac;{text}\x07" if takes_777 else f"\x1b]9;tarmac: {text}\x07", env)


def title(words: str) -> str:
    """Return the sequence that sets the title; tmux and screen show it as the title of the pane."""
    return f"\x1b]2;{_one_line(words)}\x07"


def passed_on(sequence: str, env: Mapping[str, str]) -> str:
    """Return `sequence` so that tmux (with allow-passthrough) or screen hands it to the terminal around it."""
    if "TMUX" in env:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if "STY" in env:
        return f"\x1bP{sequence}\x1b\\"
    return sequence


def _one_line(words: str) -> str:
    return plain(words.replace("\n", " "), _LONGEST)
