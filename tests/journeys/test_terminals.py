"""The app where people really have it: in tmux, in poor terminals, with names that are wide or run from right to left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyte
import pytest

from support.offline import REMEMBERED_AT, START, offline_home
from support.terminal import Terminal
from tarmac.profiles.places import Places
from tarmac.services.catalogue.dataset_cache import RememberedDataset

LANDING = '\n[destinations.landing]\nkind = "data-landing-zone"\npath = "ml/churn"\n'
NAMES = (
    "顧客_学習データ",
    "لقمة_تدريب",
    "לקוחות 2026",
    "naïve_é́_combined",
    "plain_name",
    "emoji_👩‍🔬_team",
    "a\u202etxt.gpj",
)
RGB = re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;2;")
INDEXED = re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;5;")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A profile that nobody answers for, and a catalogue of difficult names remembered from last time."""
    rows = [
        RememberedDataset(f"{at:024x}", name, 104_200, 9999, REMEMBERED_AT, "success") for at, name in enumerate(NAMES)
    ]
    return offline_home(tmp_path, rows, LANDING)


@contextmanager
def app(places: Places, columns: int = 80, rows: int = 24, **env: str) -> Iterator[Terminal]:
    variables = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state), **env}
    with Terminal([sys.executable, "-c", START], columns, rows, env=variables) as terminal:
        terminal.wait_for("not reachable")
        terminal.settle(0.3)
        yield terminal


def column_of(screen: pyte.Screen, row: int, text: str) -> int | None:
    """Return the cell in which `text` begins in a row of the screen."""
    cells = [screen.buffer[row][x].data for x in range(screen.columns)]
    return next((x for x in range(len(cells)) if "".join(cells[x : x + len(text)]) == text), None)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_numbers_stand_below_each_other_whatever_the_names_are(places: Places, size: tuple[int, int]) -> None:
    with app(places, *size) as terminal:
        found = [at for at, line in enumerate(terminal.screen.display) if "104,200" in line]
        assert len(found) == len(NAMES)
        assert len({column_of(terminal.screen, row, "104,200") for row in found}) == 1
        assert "\u202e".encode() not in terminal.raw, "a name must not turn the line around"
        # What runs from right to left is closed behind its last letter, before the blanks and numbers.
        assert re.search("2026\u200e +104,200".encode(), terminal.raw)


def test_in_ascii_wide_names_keep_the_columns_too(places: Places) -> None:
    with app(places, LC_ALL="C") as terminal:
        found = [at for at, line in enumerate(terminal.screen.display) if "104,200" in line]
        assert len({column_of(terminal.screen, row, "104,200") for row in found}) == 1
        assert len(found) == len(NAMES)
        for keys in (("?",), ("escape", "ctrl+p"), ("escape", "2", "enter", "ctrl+g"), ("escape", "escape", "p")):
            terminal.press(*keys)
            terminal.settle(0.3)
        assert terminal.raw.isascii()


def test_frames_in_ascii_close(places: Places) -> None:
    with app(places, LC_ALL="C") as terminal:
        terminal.press("?")
        terminal.wait_for("Help: Datasets")
        terminal.settle(0.3)
        box = [line for line in terminal.text.split("\n") if line[:1] in {"+", "|"}]
        assert len(box) > 15
        assert box[0] == "+" + "-" * 78 + "+"
        # The lower edge says which lines are shown, where not all are.
        assert re.fullmatch(r"\+-+( \d+-\d+/\d+ -)?\+", box[-1])
        assert len(box[-1]) == 80
        assert all(line.startswith("|") and line.endswith("|") for line in box[1:-1])


@pytest.mark.parametrize(
    ("env", "rgb", "indexed"),
    [
        ({"TERM": "xterm-256color"}, False, True),
        ({"TERM": "screen"}, False, False),
        ({"TERM": "vt100"}, False, False),
        ({"TERM": "linux"}, False, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False, False),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_a_terminal_gets_the_colours_it_has_on_every_screen(
    places: Places, env: dict[str, str], rgb: bool, indexed: bool
) -> None:
    with app(places, 80, 24, **env) as terminal:
        for keys in (
            ("?",),
            ("escape", "ctrl+p"),
            ("escape", "2"),
            ("enter",),
            ("escape", "3"),
            ("4",),
            ("5",),
            ("p",),
        ):
            terminal.press(*keys)
            terminal.settle(0.2)
        assert bool(RGB.search(terminal.raw)) is rgb
        assert bool(INDEXED.search(terminal.raw)) is indexed


def test_pasted_text_arrives_whole_in_a_field_and_presses_no_keys(places: Places) -> None:
    with app(places) as terminal:
        terminal.press("2", "enter")
        terminal.wait_for("Folder template")
        assert b"\x1b[?2004h" in terminal.raw
        terminal.press("up")  # a form that is filled in begins behind its text
        os.write(terminal.master, b"\x1b[200~/feature q store/\x1b[201~")
        terminal.wait_for("ml/churn/feature q store/")
        terminal.press("escape")
        terminal.wait_for("DESTINATION")
        os.write(terminal.master, b"\x1b[200~q\r\x1b[201~")
        terminal.settle(0.3)
        assert "DESTINATION" in terminal.text
        assert terminal.wait_exit(0.2) is None


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_inside_tmux_it_is_whole_again_after_detaching_and_at_another_size(places: Places, tmp_path: Path) -> None:
    socket = str(tmp_path / "tmux")
    tmux = ["tmux", "-S", socket, "-f", os.devnull]
    env = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state)}
    command = [*tmux, "new-session", "-s", "watch", sys.executable, "-c", START]
    try:
        with Terminal(command, 100, 30, env=env) as terminal:
            terminal.wait_for("not reachable")
            terminal.press("?")
            terminal.wait_for("Help: Datasets")
            terminal.press("escape")
            # tmux keeps an escape back for half a second: it may be the beginning of a sequence.
            terminal.wait_for(lambda text: "Help: Datasets" not in text)
            terminal.press("4")
            terminal.wait_for("[4 Runs]")
        # The first terminal is gone, the session is not; another one of another size takes it up.
        with Terminal([*tmux, "attach", "-t", "watch"], 80, 24, env=env) as terminal:
            terminal.wait_for("[4 Runs]")
            terminal.press("1")
            screen = terminal.wait_for("[1 Datasets]")
            assert "plain_name" in screen
            terminal.resize(40, 10)
            terminal.wait_for(lambda text: "80" in text and "24" in text)
            terminal.resize(80, 24)
            terminal.wait_for("plain_name")
            terminal.press("q")
            terminal.wait_for("exited")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_what_is_copied_inside_tmux_is_in_its_buffer(places: Places, tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "tmux"), "-f", os.devnull]
    env = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state)}
    try:
        with Terminal([*tmux, "new-session", sys.executable, "-c", START], 100, 30, env=env) as terminal:
            terminal.wait_for("not reachable")
            terminal.press("Y")
            terminal.wait_for("tmux's buffer")
            found = subprocess.run([*tmux, "show-buffer"], check=True, capture_output=True, text=True)
            assert found.stdout == f"{0:024x}"
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


def test_where_copying_is_not_certain_the_text_is_there_to_select(places: Places) -> None:
    with app(places, TERM="vt100") as terminal:
        terminal.press("Y")
        terminal.wait_for("cannot be told to copy")
        terminal.wait_for(f"{0:024x}")
        assert b"\x1b]52" not in terminal.raw
    with app(replace(places), TERM="xterm-256color") as terminal:
        terminal.press("Y")
        terminal.wait_for("if it is not there, select it")
        assert b"\x1b]52;c;" in terminal.raw
