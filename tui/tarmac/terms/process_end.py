"""The end of a process of ours: everything is written, then the system takes it, without Python's own clearing up."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def end_process(code: int) -> NoReturn:
    """End with `code` once the log and the streams are written.

    Clearing up, Python ends every thread that asks for its lock. Threads that are not Python's own, such as those that the
    storages' client works in, do not survive that: they abort the process, and a command that did all it had to ends with
    signal 6 after its last word. Nothing of ours waits for that clearing up: files and connections are closed by then.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # An answer that could not be written was told of when it was written.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
