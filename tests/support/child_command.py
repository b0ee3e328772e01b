"""`tarmac …` as a process of its own, for what only a process can show: signals, and what it says until then."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process


async def started(*words: str) -> Process:
    """Start a command with the environment of the test."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tarmac", *words, stdout=PIPE, stderr=PIPE, env=dict(os.environ)
    )


async def heard(child: Process, words: bytes) -> bytes:
    """Read stderr until it holds `words`; return what was said so far. Fails where it ends before."""
    assert child.stderr is not None
    said = b""
    while words not in said:
        line = await child.stderr.readline()
        assert line, said
        said += line
    return said
