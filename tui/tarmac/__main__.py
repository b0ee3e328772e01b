"""`python -m tarmac`, and the `tarmac` command."""

from __future__ import annotations

from typing import NoReturn

from tarmac.cli import main
from tarmac.terms.process_end import end_process


def run() -> NoReturn:
    """Run the command line of this process, and end the process with its exit code."""
    end_process(main())


if __name__ == "__main__":
    run()
