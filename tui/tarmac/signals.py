"""SIGTERM, SIGHUP and SIGINT end the app within a second, saved and with the terminal restored (design §4).

Textual handles none of them well. When the terminal itself is gone, writing to it may block for ever: a watchdog ends the
process then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

GRACE_S = 0.9
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def install(leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code when a signal asks the process to end; end it for certain after `GRACE_S`."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, _asked_to_end, number, leave)


def _asked_to_end(number: signal.Signals, leave: Callable[[int], None]) -> None:
    code = 128 + number
    watchdog = threading.Timer(GRACE_S, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()
    leave(code)
