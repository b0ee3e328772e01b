"""`python -m tarmac`."""

from __future__ import annotations

import sys

from tarmac.cli import main

if __name__ == "__main__":
    sys.exit(main())
