"""`python -m tarmac.emulator.attended SPEED READY_AFTER`: an emulator that ends when whoever started it ends.

Its standard input is a pipe that nobody writes to. The operating system closes it with the process at the other end, however
that ends; no emulator is left behind.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from tarmac.emulator.command import run_emulate
from tarmac.emulator.options import EmulatorOptions
from tarmac.terms.errors import TarmacError
from tarmac.terms.process_end import end_process


def main(arguments: list[str]) -> int:
    """Serve until standard input ends, SIGTERM or SIGINT; return the exit code."""
    speed, ready_after = (float(text) for text in arguments)
    threading.Thread(target=_end_when_alone, daemon=True).start()
    try:
        return run_emulate(EmulatorOptions(speed=speed, ready_after=ready_after))
    except TarmacError as error:
        sys.stderr.write(f"{error.message} {error.next_step}\n")
        return error.exit_code


def _end_when_alone() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    end_process(main(sys.argv[1:]))
