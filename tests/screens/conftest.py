"""What the tests of the screens share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.album import same_long_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the test's own files are."""
    with same_long_folder() as made:
        yield made
