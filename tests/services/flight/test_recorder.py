"""A recording that cannot go on says so, disturbs nobody, and what it holds can be shown."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tarmac.services.flight.recorder import Recorder
from tarmac.services.flight.tape import read_tape
from tarmac.terms.errors import UsageError

LIMIT = 2_000


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as on a disk that is full there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def type_much(recorder: Recorder) -> None:
    for _ in range(100):
        recorder.key("ä", "ä", hidden=False)


def test_a_recording_that_is_whole_has_nothing_to_say(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "session.jsonl")
    type_much(recorder)
    recorder.close()
    assert recorder.ended_early == ""
    assert len(read_tape(tmp_path / "session.jsonl").of("key")) == 100


def test_a_full_disk_ends_it_with_a_word_and_what_is_there_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    with files_up_to(LIMIT):
        recorder = Recorder(file)
        type_much(recorder)
        recorder.close()
    assert recorder.ended_early == f"The recording {file} ends before the session does: File too large."
    assert file.stat().st_size <= LIMIT
    assert 0 < len(read_tape(file).of("key")) < 100


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file, max_bytes=LIMIT)
    type_much(recorder)
    recorder.close()
    assert recorder.ended_early.endswith("it has become too long.")
    assert 0 < len(read_tape(file).of("key")) < 100


def test_a_cut_through_the_middle_of_a_character_loses_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file)
    type_much(recorder)
    recorder.close()
    data = file.read_bytes()
    file.write_bytes(data[: data.rfind("ä".encode()) + 1])
    assert len(read_tape(file).of("key")) == 99


def test_a_line_in_the_middle_that_is_broken_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file)
    type_much(recorder)
    recorder.close()
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:5], "{broken\n", *lines[5:]]), encoding="utf-8")
    with pytest.raises(UsageError, match="line 6 is not JSON"):
        read_tape(file)
