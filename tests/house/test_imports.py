"""The import directions are a promise (README, "The house"): this test holds them by reading every import statement."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tui" / "tarmac"

# Part of the house -> the parts it may import. `app` stands for the thin modules that assemble the Textual app.
ALLOWED = {
    "terms": {"terms"},
    "platform": {"platform", "terms"},
    "storage": {"storage", "terms"},
    "profiles": {"profiles", "terms"},
    "services": {"services", "platform", "storage", "profiles", "terms"},
    "widgets": {"widgets", "services", "terms"},
    "screens": {"screens", "widgets", "services", "terms", "app"},
    "app": {"app", "screens", "widgets", "services", "terms"},
    "cli": {"cli", "app", "services", "terms", "emulator"},
    "emulator": {"emulator", "terms"},
}
# Modules directly below `tarmac/` and the part they belong to.
TOP_LEVEL = {"__main__": "cli", "cli": "cli", "commands": "cli", "__init__": "terms", "__version__": "terms"}
UI_PARTS = {"screens", "widgets", "app"}


def part_of(module: str) -> str:
    """Return the part of the house that `tarmac.<first>` belongs to."""
    pieces = module.split(".")
    first = pieces[1] if len(pieces) > 1 else "__init__"
    return TOP_LEVEL.get(first, first if first in ALLOWED else "app")


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(SOURCE.rglob("*.py")):
        relative = file.relative_to(SOURCE.parent).with_suffix("")
        yield ".".join(relative.parts), file


def imports(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import; write the whole name"
            assert node.module is not None
            if node.module == "tarmac":
                for alias in node.names:
                    yield node.lineno, f"tarmac.{alias.name}"
            else:
                yield node.lineno, node.module


@pytest.mark.parametrize(("module", "file"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_import_directions(module: str, file: Path) -> None:
    part = part_of(module)
    for line, name in imports(file):
        if name.split(".")[0] == "textual":
            assert part in UI_PARTS, f"{file}:{line}: only screens, widgets and app may import textual"
        if name.split(".")[0] != "tarmac":
            continue
        target = part_of(name)
        assert target in ALLOWED[part], f"{file}:{line}: {part} must not import {target} ({name})"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("tarmac.cli", {"textual", "httpx", "obstore", "asyncssh", "starlette", "arro3", "uvicorn"}),
        ("tarmac.app", {"httpx", "obstore", "asyncssh", "starlette", "arro3", "uvicorn"}),
    ],
)
def test_start_up_imports_nothing_heavy(module: str, forbidden: set[str]) -> None:
    """What is imported before the first screen is what a person waits for (design §8)."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not forbidden & set(done.stdout.split())
