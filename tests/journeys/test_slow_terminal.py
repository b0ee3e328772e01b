"""Nobody reads the terminal, as when the laptop on the other side sleeps: keys are answered, and then the newest is shown."""

from __future__ import annotations

import json
import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from support.emulator_process import Home, emulator_home
from support.in_time import LONG_S, in_time
from support.terminal import KEYS, Terminal

COLUMNS, ROWS = 160, 50
# Every one of them paints the whole screen anew.
TURNS = ("2", "4", "5", "1")
KEYS_PRESSED = 48
# Longer than the app waits between two frames.
FRAME_S = 0.1


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with emulator_home(tmp_path_factory.mktemp("home"), "--synthetic-datasets", "60") as home:
        yield home


@pytest.fixture
def home(shared: Home, tmp_path: Path) -> Home:
    """The same emulator, but nothing remembered from the test before."""
    return replace(shared, state_dir=tmp_path / "state")


def app(home: Home, tape: Path) -> Terminal:
    # What the app hears can be told from its recording, while nothing of it can be seen.
    return Terminal([sys.executable, "-m", "tarmac", "--record", str(tape)], COLUMNS, ROWS, env=home.env)


def keys_heard(tape: Path) -> int:
    return sum(1 for line in tape.read_text(encoding="utf-8").splitlines() if json.loads(line)["kind"] == "key")


@contextmanager
def held(terminal: Terminal) -> Iterator[None]:
    """The terminal takes not one byte, as after ctrl+s in a line's other end, until the block is left."""
    descriptor = os.open(Path(f"/proc/{terminal.pid}/fd/2").readlink(), os.O_RDWR | os.O_NOCTTY)
    termios.tcflow(descriptor, termios.TCOOFF)
    try:
        yield
    finally:
        termios.tcflow(descriptor, termios.TCOON)
        os.close(descriptor)


def press_unseen(terminal: Terminal, tape: Path, keys: tuple[str, ...], limit_s: float = 60.0) -> None:
    """Press keys one after the other, each when the one before was heard; nothing is read from the terminal."""
    end = time.monotonic() + limit_s
    heard = keys_heard(tape)
    for number, key in enumerate(keys, start=1):
        os.write(terminal.master, KEYS.get(key, key.encode()))
        time.sleep(FRAME_S)  # nothing tells that it was painted, as nothing is read
        while keys_heard(tape) < heard + number:
            assert time.monotonic() < end, f"only {number - 1} of {len(keys)} keys were heard"
            time.sleep(0.01)  # there is nothing to wait for but the file


def test_keys_are_answered_and_the_newest_screen_is_shown(home: Home, tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    with app(home, tape) as terminal:
        terminal.wait_for("datasets can be exported")
        terminal.settle(0.5)
        process = psutil.Process(terminal.pid)
        terminal.press(*TURNS)
        shown = len(terminal.raw)
        with held(terminal):
            before = process.memory_info().rss
            press_unseen(terminal, tape, TURNS * (KEYS_PRESSED // len(TURNS)))
            assert process.memory_info().rss - before < 16 << 20
            press_unseen(terminal, tape, ("4", "?"))
            assert len(terminal.raw) == shown
        screen = terminal.wait_for("Help: Runs")
        terminal.settle(0.5)
        assert len(terminal.raw) - shown < 200_000, "what nobody saw in time is not shown later"
        screen = terminal.text
        colours = [[terminal.screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]
        terminal.press("ctrl+l")
        terminal.settle(0.5)
        assert terminal.text == screen
        assert [[terminal.screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)] == colours
        terminal.press("escape", "ctrl+q")
        assert terminal.wait_exit(5) == 0


@pytest.mark.parametrize("way", ["ctrl+q", "SIGTERM"])
def test_it_can_be_left_while_nobody_reads(home: Home, tmp_path: Path, way: str) -> None:
    tape = tmp_path / "tape.jsonl"
    with app(home, tape) as terminal:
        terminal.wait_for("datasets can be exported")
        terminal.settle(0.5)
        with held(terminal):
            press_unseen(terminal, tape, TURNS * 7)
            with in_time(1 if way == "SIGTERM" else 8):
                began = time.monotonic()
                if way == "SIGTERM":
                    terminal.signal(signal.SIGTERM)
                else:
                    os.write(terminal.master, KEYS[way])
                while (ended := os.waitpid(terminal.pid, os.WNOHANG)) == (0, 0):
                    assert time.monotonic() - began < LONG_S, "it waits for a reader"
                    time.sleep(0.02)  # the process has no terminal that it could tell us by
            terminal.exit_status = os.waitstatus_to_exitcode(ended[1])
        assert terminal.exit_status == (0 if way == "ctrl+q" else 128 + signal.SIGTERM)
