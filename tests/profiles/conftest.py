"""Fixtures: directories of their own for each test, and profile texts to vary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tarmac.profiles.places import Places

PLATFORM = """\
[platform]
org_id = "0123456789ABCDEF01234567@AdobeOrg"
client_id = "aabbccdd"
client_secret = { env = "AEP_SECRET" }
sandbox = "ml-dev"
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "config", tmp_path / "state")


@pytest.fixture
def platform_text() -> str:
    return PLATFORM
