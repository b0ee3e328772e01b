"""The real app in a real terminal: what only the differences paint is what whole frames would have painted.

A random walk of keys, a terminal that something else wrote on, one that is stopped and continued, one that is resized wildly.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyte
import pytest

from support.emulator_process import Home, emulator_home
from support.terminal import Terminal

MIRRORED = Path(__file__).resolve().parents[1] / "support" / "mirrored.py"
COLUMNS, ROWS = 80, 24
WALK = (
    *("down", "down", "up", "pagedown", "pageup", "home", "end", "right", "left", "tab", "escape"),
    *("1", "2", "4", "5", "p", "i", "s", "?", "/", "t", "space", "ctrl+p", "ctrl+t", "ctrl+l"),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with emulator_home(tmp_path_factory.mktemp("home"), "--synthetic-datasets", "60") as home:
        yield home


@pytest.fixture
def local(shared: Home, tmp_path: Path) -> Home:
    """The same emulator, but nothing remembered from the test before."""
    return replace(shared, state_dir=tmp_path / "state")


def quiet(terminal: Terminal) -> None:
    """Wait until nothing has been painted for a while."""
    terminal.settle(0.25, 8.0)


def looks(screen: pyte.Screen) -> list[list[object]]:
    """Every cell with its colours."""
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def painted_whole(mirror: Path) -> pyte.Screen:
    """Return the screen as it would be had every frame been sent whole."""
    screen = pyte.Screen(COLUMNS, ROWS)
    data = mirror.read_bytes()
    for strange in (b"\x1b[>1u", b"\x1b[>25u", b"\x1b[<u"):
        data = data.replace(strange, b"")
    pyte.ByteStream(screen).feed(data)
    return screen


@pytest.mark.parametrize(
    ("seed", "env"),
    [(1, {}), (2, {}), (3, {"LANG": "C"}), (4, {"LANG": "ja_JP.UTF-8"})],
    ids=["utf8-1", "utf8-2", "ascii", "wide"],
)
def test_a_random_walk_ends_on_the_same_screen(local: Home, tmp_path: Path, seed: int, env: dict[str, str]) -> None:
    mirror = tmp_path / "whole"
    steps = random.Random(seed)
    with Terminal(
        [sys.executable, str(MIRRORED), str(mirror)], COLUMNS, ROWS, env={**local.env, "LC_ALL": "", **env}
    ) as terminal:
        terminal.wait_for("training_set_churn")
        quiet(terminal)
        for _ in range(9):
            pressed = [steps.choice(WALK) for _ in range(5)]
            terminal.press(*pressed)
            quiet(terminal)
            if env.get("LANG") != "C":  # the mirror has the text before it is made ASCII
                assert looks(terminal.screen) == looks(painted_whole(mirror)), f"after {pressed}"
        terminal.press("escape", "escape", "ctrl+q")
        assert terminal.wait_exit(5) == 0


def test_redrawing_repairs_what_something_else_wrote(local: Home) -> None:
    with Terminal([sys.executable, "-m", "tarmac"], COLUMNS, ROWS, env=local.env) as terminal:
        terminal.wait_for("datasets can be exported")
        quiet(terminal)
        for keys in ((), ("ctrl+p",)):  # also under a box
            terminal.press(*keys)
            quiet(terminal)
            before = looks(terminal.screen)
            terminal.stream.feed(b"\x1b[5;1H\x1b[31mBroadcast message from root@host: the system goes down\r\n")
            assert looks(terminal.screen) != before
            terminal.press("ctrl+l")
            quiet(terminal)
            assert looks(terminal.screen) == before


def test_back_from_the_shell_all_is_painted_again(local: Home) -> None:
    with Terminal([sys.executable, "-m", "tarmac"], COLUMNS, ROWS, env=local.env) as terminal:
        terminal.wait_for("datasets can be exported")
        quiet(terminal)
        before = looks(terminal.screen)
        terminal.signal(signal.SIGTSTP)
        deadline = time.monotonic() + 5
        while "T" not in Path(f"/proc/{terminal.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]:
            assert time.monotonic() < deadline, "it did not stop"
            terminal.pump(0.05)
        quiet(terminal)
        terminal.stream.feed(b"\x1b[2J\x1b[H$ ls\r\nnotes.txt\r\n$ fg\r\n")  # pyte has one screen for both
        os.kill(terminal.pid, signal.SIGCONT)
        quiet(terminal)
        assert looks(terminal.screen) == before


def test_wild_resizing_ends_right(local: Home) -> None:
    steps = random.Random(3)
    with Terminal([sys.executable, "-m", "tarmac"], COLUMNS, ROWS, env=local.env) as terminal:
        terminal.wait_for("datasets can be exported")
        quiet(terminal)
        before = terminal.text
        for _ in range(4):
            for _ in range(10):
                terminal.resize(steps.randint(20, 140), steps.randint(8, 50))
                terminal.pump(steps.choice((0.0, 0.0, 0.01)))
            terminal.resize(COLUMNS, ROWS)
            # A terminal that shrank has lost what was outside; one that came back at once shows blanks there.
            terminal.stream.feed(b"\x1b[2J")
            terminal.wait_for(lambda screen: screen == before, 5)


def test_the_first_screen_and_the_next_have_the_colours_of_the_theme(local: Home) -> None:
    with Terminal(
        [sys.executable, "-m", "tarmac"], COLUMNS, ROWS, env={**local.env, "TEXTUAL_COLOR_SYSTEM": "truecolor"}
    ) as terminal:
        terminal.wait_for("datasets can be exported")
        quiet(terminal)
        assert terminal.screen.buffer[10][5].bg == "14171c"  # background of themes/tarmac-dark.toml
        terminal.press("4")
        terminal.wait_for("[4 Runs]")
        quiet(terminal)
        assert terminal.screen.buffer[10][5].bg == "14171c"
        terminal.press("ctrl+t", "1")
        quiet(terminal)
        assert terminal.screen.buffer[10][5].bg != "14171c"
