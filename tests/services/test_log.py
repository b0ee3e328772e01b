"""The log: redacted, for its owner only, never on the screen, and no reason to fail."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarmac.profiles.places import Places
from tarmac.services.log import start_log, stop_log
from tarmac.terms.secrets import Secret


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    stop_log()


def test_lines_are_redacted_and_private(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    start_log(places, lambda: (Secret("very-secret-value"),))
    log = logging.getLogger("tarmac.platform")
    log.warning("GET /x?sig=abc%%2Bdef -> 400 with very-secret-value and Bearer eyJhbGciOi")
    try:
        raise ValueError("very-secret-value")
    except ValueError:
        log.exception("it broke")
    text = places.log_file.read_text()
    assert "GET /x" in text
    assert "ValueError" in text
    assert "very-secret-value" not in text
    assert "abc%2Bdef" not in text
    assert "eyJhbGciOi" not in text
    assert places.log_file.stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr() == ("", "")


def test_it_rotates_and_keeps_little(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path)
    start_log(places)
    for _ in range(60):
        logging.getLogger("tarmac").warning("x" * 100_000)
    files = sorted(tmp_path.glob("tarmac.log*"))
    assert 2 <= len(files) <= 4
    assert all(file.stat().st_mode & 0o777 == 0o600 and file.stat().st_size <= 1_000_100 for file in files)


def test_a_place_that_cannot_be_written_keeps_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state").write_text("a file in the way")
    start_log(Places(tmp_path, tmp_path / "state"))
    logging.getLogger("tarmac").warning("lost")
    assert capsys.readouterr() == ("", "")


# A task that fails and that nobody asks is told of by asyncio itself, with its traceback.
FORGOTTEN = """
import asyncio, gc, logging, sys
from pathlib import Path
from tarmac.profiles.places import Places
from tarmac.services.log import start_log, stop_log
from tarmac.terms.secrets import Secret

async def fails(words):
    raise ValueError(words)

async def forget(words):
    task = asyncio.ensure_future(fails(words))
    await asyncio.wait([task])
    del task
    gc.collect()

if sys.argv[1:]:
    folder = Path(sys.argv[1])
    start_log(Places(folder, folder), lambda: (Secret("very-secret-value"),), aside=sys.argv[2] == "aside")
asyncio.run(forget("it held very-secret-value"))
logging.getLogger("httpx").info("HTTP Request: GET")
if sys.argv[1:]:
    stop_log()
    asyncio.run(forget("later it held very-secret-value"))
"""


def forgotten(*arguments: str) -> str:
    """Let a process log it; return what it printed."""
    command = [sys.executable, "-c", FORGOTTEN, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("way", ["aside", "at once"])
def test_what_libraries_log_is_in_the_file_redacted_and_not_printed(tmp_path: Path, way: str) -> None:
    assert "ValueError: it held very-secret-value" in forgotten()  # what Python does by itself
    assert forgotten(str(tmp_path), way) == ""
    text = Places(tmp_path, tmp_path).log_file.read_text()
    assert "ERROR asyncio Task exception was never retrieved" in text
    assert "ValueError: it held ••••" in text
    assert "very-secret-value" not in text
    assert "later" not in text
    assert "HTTP Request" not in text


def test_what_libraries_log_is_not_printed_where_no_file_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    assert forgotten(str(tmp_path / "state"), "aside") == ""
