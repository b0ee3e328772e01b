"""Copying tells the truth: what reached tmux, what was sent to the terminal, what has to be selected by hand."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tarmac.widgets.copying import MAX_BYTES, copy, osc52, takes_osc52

TEXT = "66c0ffee0000000000000001 é"


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, *, code: int) -> Path:
    """Put a program named tmux first on the path; it writes its arguments and what it is given into a file."""
    seen = folder / "seen"
    program = folder / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > {seen}\ncat >> {seen}\nexit {code}\n', encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return seen


async def test_inside_tmux_the_buffer_is_loaded_and_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = fake_tmux(tmp_path, monkeypatch, code=0)
    written: list[str] = []
    copied = await copy(TEXT, written.append, "dataset id", {"TMUX": "/tmp/x", "TERM": "tmux-256color"})
    assert copied.certain
    assert "tmux" in copied.words
    assert seen.read_text(encoding="utf-8") == f"load-buffer -w -\n{TEXT}"
    assert written == []


async def test_a_tmux_that_refuses_is_not_called_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux(tmp_path, monkeypatch, code=1)
    written: list[str] = []
    copied = await copy(TEXT, written.append, environment={"TMUX": "/tmp/x", "TERM": "tmux-256color"})
    assert not copied.certain
    assert written == [osc52(TEXT)]


async def test_a_missing_tmux_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    copied = await copy(TEXT, lambda _: None, environment={"TMUX": "/tmp/x", "TERM": "tmux"})
    assert not copied.certain


async def test_a_terminal_known_to_take_it_is_certain_and_another_is_not() -> None:
    written: list[str] = []
    assert (await copy(TEXT, written.append, environment={"TERM": "xterm-kitty"})).certain
    assert not (await copy(TEXT, written.append, environment={"TERM": "xterm-256color"})).certain
    assert written == [osc52(TEXT)] * 2
    assert base64.b64decode(osc52(TEXT)[7:-1]).decode() == TEXT


async def test_what_cannot_be_copied_is_not_sent() -> None:
    written: list[str] = []
    assert not (await copy(TEXT, written.append, environment={"TERM": "linux"})).certain
    assert not (await copy("x" * (MAX_BYTES + 1), written.append, environment={"TERM": "xterm-kitty"})).certain
    assert written == []


def test_inside_screen_the_sequence_is_wrapped_in_pieces_that_join() -> None:
    text = "x" * 3000
    wrapped = osc52(text, in_screen=True)
    pieces = wrapped.split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) <= 768 for piece in pieces)
    assert "".join(piece.removeprefix("\x1bP") for piece in pieces) == osc52(text)


@pytest.mark.parametrize(
    ("environment", "known"),
    [
        ({"TERM": "xterm-ghostty"}, True),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-kitty", "TMUX": "1"}, False),
        ({}, False),
    ],
)
def test_which_terminals_are_known(environment: dict[str, str], known: bool) -> None:
    assert takes_osc52(environment) is known
