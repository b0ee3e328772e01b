"""The log: redacted, for its owner only, never on the screen, and no reason to fail."""

from __future__ import annotations

import logging
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
