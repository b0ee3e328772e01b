"""Small promises about every file: it reads in one sitting, and it names no machine and no package registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITTING = 400


def tracked(*patterns: str) -> list[Path]:
    return sorted(
        path for pattern in patterns for top in ("tui", "tests", "themes") for path in (ROOT / top).rglob(pattern)
    )


@pytest.mark.parametrize("file", tracked("*.py"), ids=lambda file: str(file.relative_to(ROOT)))
def test_reads_in_one_sitting(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").count("\n")
    assert lines <= SITTING, f"{lines} lines: split it by nouns"


@pytest.mark.parametrize("file", [*tracked("*.py", "*.toml", "*.tcss"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
def test_names_no_machine_and_no_registry(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    registry = "index" + "-url|/simp" + "le/|pypi" + r"\.org"
    assert re.search(registry, text) is None
    assert re.search(r"(?<![\w.])/(?:work|root|home/\w+)/", text) is None
