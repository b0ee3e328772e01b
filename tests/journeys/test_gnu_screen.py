"""The app inside the real GNU screen: right, coloured, told apart from what screen does not know, and gone without a trace."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.emulator_process import Home, emulator_home
from support.terminal import Terminal

pytestmark = pytest.mark.skipif(
    shutil.which("screen") is None, reason="GNU screen is not on this machine: apt-get install screen"
)
APP = f"{shlex.quote(sys.executable)} -m tarmac"
COLUMNS, ROWS = 100, 30
# What would be seen of sequences that screen does not know, had it printed them.
GARBAGE = re.compile(r"\[\?|\?2026|\$p|\]52|\[>|\]8;|\]9;|25u|\x1b")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with emulator_home(
        tmp_path_factory.mktemp("home"), "--ready-after", "4", "--speed", "4", timing={"probe": "1s", "poll": "500ms"}
    ) as home:
        config = home.config_dir / "config.toml"
        config.write_text(f"{config.read_text(encoding='utf-8')}\n[notify]\nosc = true\n", encoding="utf-8")
        yield home


@pytest.fixture
def home(shared: Home, tmp_path: Path) -> Home:
    """The same emulator, but nothing remembered from the test before."""
    return replace(shared, state_dir=tmp_path / "state")


@contextmanager
def shell_in_screen(home: Home, folder: Path) -> Iterator[Terminal]:
    """A shell in a screen of its own, as screen comes: without any configuration."""
    sockets = folder / "screens"
    sockets.mkdir(mode=0o700, exist_ok=True)
    env = {**home.env, "SCREENDIR": str(sockets), "PS1": "PROMPT> ", "SYSSCREENRC": os.devnull, "HOME": str(folder)}
    try:
        with Terminal(["screen", "-U", "-c", os.devnull, "-S", "watch", "sh"], COLUMNS, ROWS, env=env) as terminal:
            terminal.wait_for("PROMPT>")
            yield terminal
    finally:
        subprocess.run(
            ["screen", "-S", "watch", "-X", "quit"], env={**os.environ, **env}, check=False, capture_output=True
        )


def colours(terminal: Terminal) -> set[str]:
    return {terminal.screen.buffer[y][x].fg for y in range(ROWS) for x in range(COLUMNS)}


def test_it_looks_right_and_leaves_the_shell_as_it_was(home: Home, tmp_path: Path) -> None:
    with shell_in_screen(home, tmp_path) as terminal:
        terminal.press(f"{APP}\r")
        terminal.wait_for("datasets can be exported")
        terminal.wait_for("● signed in")
        terminal.wait_for(lambda screen: screen.count("success") == 3)
        terminal.settle(0.3)
        first = terminal.text
        assert "▸  training_set_churn" in first
        assert len(colours(terminal)) > 4, "screen has 256 colours here"
        for keys, words in (
            (("4",), "[4 Runs]"),
            (("?",), "Help: Runs"),
            (("escape",), "[4 Runs]"),
            (("1", "i"), "customer_id"),
            (("i",), "[1 Datasets]"),
        ):
            terminal.press(*keys)
            terminal.wait_for(words)
            terminal.settle(0.7)  # screen keeps an escape back for a while: it may be the beginning of a sequence
            assert not GARBAGE.search(terminal.text), terminal.text
        terminal.press("ctrl+l")
        terminal.settle(0.5)
        assert lines(terminal.text)[:-1] == lines(first)[:-1]
        terminal.resize(80, 24)
        terminal.wait_for(lambda screen: max(map(len, screen.splitlines())) <= 80 and "training_set_churn" in screen)
        terminal.resize(COLUMNS, ROWS)
        terminal.wait_for(lambda screen: lines(screen)[:-1] == lines(first)[:-1])
        terminal.press("ctrl+q")
        # Nothing of the app stays, though this screen has no second page to go back from.
        terminal.wait_for(lambda screen: screen.strip() == "PROMPT>")
        terminal.press("echo all $((6 * 7)) well\r")
        terminal.wait_for("all 42 well")
        cell = terminal.screen.buffer[1][0]
        assert (cell.data, cell.fg, cell.bg, cell.bold) == ("a", "default", "default", False), "no colour stays"
        assert not terminal.screen.cursor.hidden


def lines(screen: str) -> list[str]:
    """The screen without the minute in its top line."""
    return [re.sub(r" · \d\d:\d\d UTC$", "", line) for line in screen.splitlines()]


def test_what_is_copied_reaches_the_terminal_around_it(home: Home, tmp_path: Path) -> None:
    with shell_in_screen(home, tmp_path) as terminal:
        terminal.press(f"{APP}\r")
        terminal.wait_for("● signed in")
        terminal.settle(0.3)
        terminal.press("Y")
        terminal.wait_for("sent to the terminal's clipboard")
        [copied] = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.raw)
        assert base64.b64decode(copied).decode() == home.emulator["datasets"][0]["id"]
        assert not GARBAGE.search(terminal.text)


def test_a_run_that_ends_calls_through_screen(home: Home, tmp_path: Path) -> None:
    with shell_in_screen(home, tmp_path) as terminal:
        terminal.press(f"{APP}\r")
        terminal.wait_for("● signed in")
        for keys, words in (
            (("enter",), "Google Cloud Storage"),
            (("enter",), "exportTime="),
            (("ctrl+s",), "> ad-hoc run"),
            (("a",), "✔ rows match"),
        ):
            terminal.press(*keys)
            terminal.wait_for(words, 60)
        terminal.settle(0.5)
        assert re.search(r"\x1b\]2;[^\x07]*landed[^\x07]* · tarmac\x07".encode(), terminal.raw), "the title"
        assert re.search(rb"\x1b\]9;tarmac: [^\x07]*landed", terminal.raw), "the notification"
        assert not GARBAGE.search(terminal.text)
        terminal.press("ctrl+q")
        terminal.wait_for(lambda screen: screen.strip() == "PROMPT>")


def test_a_poor_screen_has_its_sixteen_colours(home: Home, tmp_path: Path) -> None:
    with shell_in_screen(home, tmp_path) as terminal:
        terminal.press(f"TERM=screen {APP}\r")
        terminal.wait_for("● signed in")
        terminal.settle(0.3)
        assert colours(terminal) <= {"default", *NAMED}
        assert not GARBAGE.search(terminal.text)


NAMED = {
    *("black", "red", "green", "brown", "blue", "magenta", "cyan", "white"),
    *("brightblack", "brightred", "brightgreen", "brightbrown", "brightblue", "brightmagenta", "brightcyan"),
    *("brightwhite", "bfightmagenta"),  # pyte spells it so
}
