"""Bounds in seconds that hold on a busy machine too, and still fail when something waits that should not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# What any program does here in a few hundredths of a second: start, load asyncio, end.
_COMMON = "import asyncio"
_SO_MANY_TIMES = 8
# Longer than any bound: who waits for ever is stopped by it, and fails at the bound.
LONG_S = 60.0


@contextmanager
def in_time(limit_s: float) -> Iterator[None]:
    """Fail when the block takes longer than `limit_s` and eight times what something common takes on this machine just now."""
    common_s = _common_s()
    began = time.monotonic()
    yield
    took_s = time.monotonic() - began
    if took_s > limit_s + _SO_MANY_TIMES * common_s:
        # The machine may have become busy meanwhile, and one look at it tells little.
        common_s = max(common_s, *(_common_s() for _ in range(3)))
    allowed_s = limit_s + _SO_MANY_TIMES * common_s
    assert took_s <= allowed_s, f"it took {took_s:.2f} s; {allowed_s:.2f} s would be in time on this machine"


def _common_s() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-I", "-c", _COMMON], check=True, timeout=LONG_S)
    return time.monotonic() - began
