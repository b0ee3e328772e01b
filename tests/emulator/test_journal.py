"""The journal of what exists: short however long the emulator runs, and whole wherever a kill cuts it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tarmac.emulator.state import Entity, State


def flow(number: int) -> Entity:
    return Entity(f"flow-{number}", {"name": f"Tägliche Zahlen {number}"}, {"secret": "x"})


def names(directory: Path) -> list[str]:
    state = State(directory)
    try:
        return [entity.wire["name"] for entity in state.flows]
    finally:
        state.close()


def test_a_long_run_keeps_the_journal_short(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    state = State(tmp_path)
    state.flows.save(flow(1))
    largest = 0
    for tick in range(100_000):
        state.remember("clock", {"now": tick, "speed": 1.0})
        if tick % 1_000 == 0:
            largest = max(largest, journal.stat().st_size)
    state.flows.save(flow(2))
    # Killed here: nothing was closed.
    assert largest < 1.1 * (1 << 20)
    assert journal.stat().st_mode & 0o777 == 0o600
    state.close()
    state = State(tmp_path)
    assert [entity.id for entity in state.flows] == ["flow-1", "flow-2"]
    assert state.setting("clock") == {"now": 99_999, "speed": 1.0}
    state.close()


def test_a_kill_at_any_byte_loses_at_most_what_was_not_answered(tmp_path: Path) -> None:
    state = State(tmp_path)
    for number in (1, 2):
        state.flows.save(flow(number))
    state.close()
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    first_ends = whole.index(b"\n") + 1
    for size in range(first_ends, len(whole) + 1):
        journal.write_bytes(whole[:size])
        # Of the next journal, which a kill cut as well, nothing counts.
        (tmp_path / "journal.new").write_bytes(whole[: size // 2])
        expected = 2 if size >= len(whole) - 1 else 1
        assert names(tmp_path) == [f"Tägliche Zahlen {number}" for number in range(1, expected + 1)]


def test_a_journal_that_cannot_be_shortened_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(tmp_path)
    full = OSError(28, "No space left on device")

    def refuse(descriptor: int) -> None:
        raise full

    monkeypatch.setattr(os, "fsync", refuse)
    for tick in range(40_000):
        state.remember("clock", {"now": tick})
    state.flows.save(flow(1))
    state.close()
    monkeypatch.undo()
    assert names(tmp_path) == ["Tägliche Zahlen 1"]
