"""A path of this machine as a person writes it."""

from __future__ import annotations

import os
from pathlib import Path


def own_path(text: str | Path) -> Path:
    """Return the path with `~` and `~user` expanded; those of a user that is not known stay as they are, as in a shell."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises for an unknown user
