"""SIGTERM, SIGHUP and SIGINT end the app within a second, saved and with the terminal restored (design §4).

Textual handles none of them well. When the terminal itself is gone, writing to it may block for ever: a watchdog ends the
process then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GRACE_S = 0.9
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def install(leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code when a signal asks the process to end; end it for certain after `GRACE_S`."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, _asked_to_end, number, leave)


@contextmanager
def interrupts_for_others(leave: Callable[[int], None]) -> Iterator[None]:
    """While the block runs `ctrl+c` is for the program that has the terminal; the system tells us of it all the same."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    try:
        yield
    finally:
        loop.add_signal_handler(signal.SIGINT, _asked_to_end, signal.SIGINT, leave)


def _asked_to_end(number: signal.Signals, leave: Callable[[int], None]) -> None:
    code = 128 + number
    watchdog = threading.Timer(GRACE_S, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()
    leave(code)
