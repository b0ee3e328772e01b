"""`tarmac emulate`: one JSON line, then serve until told to stop."""

from __future__ import annotations

import asyncio
import json
import sys

from tarmac.emulator.options import EmulatorOptions
from tarmac.emulator.server import Ready, serve
from tarmac.terms.errors import ExitCode


def run_emulate(options: EmulatorOptions) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. Raises UsageError before anything is served."""
    asyncio.run(serve(options, _announce))
    return ExitCode.DONE


def _announce(ready: Ready) -> None:
    sys.stdout.write(json.dumps(ready, ensure_ascii=False) + "\n")
    sys.stdout.flush()
