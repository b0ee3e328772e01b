"""The app as `python mirrored.py FILE ARGUMENTS…`: FILE gets what Textual wanted to write, the terminal what was written."""

from __future__ import annotations

import sys

import tarmac.driver
from tarmac.cli import main
from tarmac.driver import FrameDriver


class MirroredDriver(FrameDriver):
    """Keeps what it is given."""

    def write(self, data: str) -> None:
        MIRROR.write(data.encode())
        super().write(data)


if __name__ == "__main__":
    MIRROR = open(sys.argv[1], "wb", buffering=0)  # noqa: SIM115, PTH123 - lives as long as the process
    setattr(tarmac.driver, "FrameDriver", MirroredDriver)  # noqa: B010 - what `launch` takes from there
    sys.exit(main(sys.argv[2:]))
