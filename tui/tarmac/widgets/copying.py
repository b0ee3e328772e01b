"""Copying to the person's own clipboard, also over SSH, and saying truthfully how far it got.

Inside tmux `tmux load-buffer -w` reaches the terminal outside; elsewhere OSC 52 does, where the terminal allows it. Nothing
answers to OSC 52, so only terminals that are known to take it count as certain.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_BYTES = 74_994  # what most terminals take in one OSC 52
_DEADLINE_S = 2.0
_TERMS = ("xterm-kitty", "alacritty", "foot", "wezterm", "xterm-ghostty", "contour", "rio")
_PROGRAMS = {"WezTerm", "ghostty", "rio", "kitty", "iTerm.app", "WarpTerminal"}
_VARIABLES = ("KITTY_WINDOW_ID", "ALACRITTY_WINDOW_ID", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR", "WT_SESSION")


@dataclass(frozen=True)
class Copied:
    """What became of it, in words. Where it is not `certain`, the text should be shown to be selected."""

    words: str
    certain: bool


async def copy(
    text: str, write: Callable[[str], None], what: str = "text", environment: Mapping[str, str] | None = None
) -> Copied:
    """Copy `text`; `write` sends a sequence to the terminal. Never raises; waits two seconds for tmux at most."""
    env = os.environ if environment is None else environment
    if env.get("TMUX") and await _load_tmux_buffer(text):
        return Copied(f"{what} copied: it is in tmux's buffer and was passed on to your terminal", certain=True)
    if len(text.encode()) > MAX_BYTES:
        return Copied(f"{what} is too long to copy through the terminal; select it here", certain=False)
    if env.get("TERM") in {"linux", "vt100", "dumb"}:
        return Copied(f"this terminal cannot be told to copy; select the {what} here", certain=False)
    write(osc52(text, in_screen="STY" in env))
    if takes_osc52(env):
        return Copied(f"{what} copied", certain=True)
    return Copied(f"{what} sent to the terminal's clipboard; if it is not there, select it here", certain=False)


def osc52(text: str, *, in_screen: bool = False) -> str:
    """Return the sequence that asks a terminal to copy `text`; inside GNU screen it is passed on in pieces."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not in_screen:
        return sequence
    # screen passes on strings of at most 768 bytes; the outer terminal puts the pieces together again.
    pieces = [sequence[at : at + 700] for at in range(0, len(sequence), 700)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def takes_osc52(env: Mapping[str, str]) -> bool:
    """Whether the terminal is known to take OSC 52; inside tmux and screen nobody knows."""
    if "TMUX" in env or "STY" in env:
        return False
    return (
        env.get("TERM", "").startswith(_TERMS)
        or env.get("TERM_PROGRAM") in _PROGRAMS
        or any(name in env for name in _VARIABLES)
    )


async def _load_tmux_buffer(text: str) -> bool:
    """Give `text` to tmux and let it pass it on (`-w`, tmux 3.2); False where that did not work."""
    try:
        process = await asyncio.create_subprocess_exec(
            *("tmux", "load-buffer", "-w", "-"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return process.returncode == 0
