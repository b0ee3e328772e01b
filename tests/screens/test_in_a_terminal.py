"""The app in a real pseudo-terminal: what a key costs, how it ends, what it sends to poor terminals, the editor."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.offline import REMEMBERED_AT, START, offline_home
from support.terminal import Terminal
from tarmac.profiles.places import Places
from tarmac.services.catalogue.dataset_cache import RememberedDataset
from tarmac.terms.errors import ExitCode

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[<u", b"\x1b[?2004l")


def home(folder: Path) -> Places:
    """A profile that nobody answers for, and a catalogue remembered from last time."""
    rows = [
        RememberedDataset(
            f"{at:024x}", f"events_{at * 7919 % 1000:03d}_daily", at * 977, at * 9999, REMEMBERED_AT, "success"
        )
        for at in range(200)
    ]
    return offline_home(folder, rows)


@contextmanager
def app(places: Places, **env: str) -> Iterator[Terminal]:
    variables = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state), **env}
    with Terminal([sys.executable, "-c", START], 120, 40, env=variables) as terminal:
        terminal.wait_for("not reachable")
        terminal.settle(0.3)
        yield terminal


def wake_ups(pid: int) -> int:
    """How often any thread of the process has been given a core after it waited (Linux)."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text(encoding="ascii").splitlines()
        found += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
    return found


def test_what_a_key_and_nothing_cost(tmp_path: Path) -> None:
    with app(home(tmp_path)) as terminal:
        moves = []
        for _ in range(8):
            os.write(terminal.master, b"\x1b[B")
            moves.append(terminal.settle(0.1))
        assert 0 < statistics.median(moves) <= 250
        before = len(terminal.raw)
        for _ in range(60):
            os.write(terminal.master, b"\x1b[B")
            terminal.pump(0.033)
        terminal.wait_for("69/200")
        terminal.settle(0.2)
        assert (len(terminal.raw) - before) / 60 <= 2500
        before, woken = len(terminal.raw), []
        for _ in range(3):
            looked = wake_ups(terminal.pid)
            terminal.settle(1.0, 1.0)
            woken.append(wake_ups(terminal.pid) - looked)
        assert len(terminal.raw) == before
        # Asleep: not so much as a look whether a key was pressed, which would be ten in each of these seconds. What is yet
        # to be done from before, on a machine that has other work, is in one of them only.
        assert min(woken) <= 5, woken


def quit_by_key_s(places: Places) -> float:
    """How long leaving takes here and now, where nothing is in the way: what else this machine does is in it."""
    with app(places) as terminal:
        began = time.monotonic()
        os.write(terminal.master, b"q")
        assert terminal.wait_exit(20) == 0
        return time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_saved_and_restored(tmp_path: Path, number: signal.Signals) -> None:
    places = home(tmp_path)
    usual_s = quit_by_key_s(places)
    with app(places) as terminal:
        terminal.press("up", "down", "down")
        terminal.wait_for("3/200")
        began = time.monotonic()
        terminal.signal(number)
        assert terminal.wait_exit(20) == 128 + number
        assert time.monotonic() - began < 1.0 + usual_s
        tail = terminal.raw[-300:]
        assert [mark for mark in RESTORED if mark not in tail] == []
    kept = json.loads(places.session_file.read_text(encoding="utf-8"))
    assert kept == {"profile": "acme", "mode": "datasets", "row": f"{2:024x}"}


def test_a_terminal_that_goes_away_ends_it_even_where_hangups_are_ignored(tmp_path: Path) -> None:
    places = home(tmp_path)
    usual_s = quit_by_key_s(places)
    places.session_file.unlink()
    env = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state)}
    command = ["/bin/sh", "-c", f"trap '' HUP; exec {sys.executable} -c '{START}'"]
    with Terminal(command, 120, 40, env=env) as terminal:
        terminal.wait_for("not reachable")
        master, terminal.master = terminal.master, os.open(os.devnull, os.O_RDONLY)
        began = time.monotonic()
        os.close(master)
        ended = 0
        while not ended and time.monotonic() - began < 20:
            ended, status = os.waitpid(terminal.pid, os.WNOHANG)
            time.sleep(0.01)
        assert ended
        terminal.exit_status = os.waitstatus_to_exitcode(status)
        assert time.monotonic() - began < 1.0 + usual_s
    assert places.session_file.exists()


def test_without_utf8_only_ascii_is_sent(tmp_path: Path) -> None:
    with app(home(tmp_path), LC_ALL="C") as terminal:
        terminal.press("space", "i", "?")
        terminal.wait_for("Help: Datasets")
        assert terminal.raw.isascii()


@pytest.mark.parametrize(
    ("env", "forbidden"),
    [
        ({"NO_COLOR": "1"}, {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108)}),
        ({"TERM": "linux", "COLORTERM": ""}, {38, 48}),
    ],
    ids=["NO_COLOR", "sixteen colours"],
)
def test_poor_terminals_get_no_colours_they_do_not_have(
    tmp_path: Path, env: dict[str, str], forbidden: set[int]
) -> None:
    with app(home(tmp_path), **env) as terminal:
        terminal.press("space", "2", "1", "p", "escape", "/", "x")
        codes = {
            int(code or 0) for found in re.findall(rb"\x1b\[([\d;]*)m", terminal.raw) for code in found.split(b";")
        }
        assert 1 in codes
        assert codes & forbidden == set()


def test_no_mouse_reporting_is_asked_for(tmp_path: Path) -> None:
    with app(home(tmp_path)) as terminal:
        assert re.search(rb"\x1b\[\?(?:9|1000|1002|1003|1005|1006|1015|1016)h", terminal.raw) is None


def test_the_editor_gets_the_terminal_and_the_file_is_checked_on_return(tmp_path: Path) -> None:
    places = home(tmp_path)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho EDITING "$1"\nread line\necho "sandbox = 3" >> "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    with app(places, VISUAL=str(editor)) as terminal:
        terminal.press("p")
        terminal.wait_for("in use")
        terminal.press("e")
        terminal.wait_for("EDITING")
        terminal.press("enter")
        screen = terminal.wait_for("acme.toml:8")
        assert "PROFILE" in screen
        assert "? help" in screen
        assert "EDITING" not in screen


def test_while_the_editor_is_open_the_app_lives_and_interrupts_are_the_editor_s(tmp_path: Path) -> None:
    places = home(tmp_path)
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\ntrap 'echo INTERRUPTED' INT\necho EDITING\nread line || read line || read line\n", encoding="utf-8"
    )
    editor.chmod(0o700)
    with app(places, VISUAL=str(editor)) as terminal:
        terminal.press("p")
        terminal.wait_for("in use")
        terminal.press("e")
        terminal.wait_for("EDITING")
        terminal.press("ctrl+c")
        assert "PROFILE" not in terminal.wait_for("INTERRUPTED")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit(10) == 128 + signal.SIGTERM
    assert json.loads(places.session_file.read_text(encoding="utf-8"))["mode"] == "profiles"


# An app that says something else twenty times a second.
TICKING = """
import itertools, sys
from tarmac.app import TarmacApp
from tarmac.launch import run_app
begin, ticks = TarmacApp._begin, itertools.count()
def ticking(app):
    begin(app)
    app.set_interval(0.05, lambda: app.say(f"tick {next(ticks)} " + "and so on " * (next(ticks) % 7)))
TarmacApp._begin = ticking
sys.exit(run_app())
"""


def test_nothing_is_painted_over_the_editor_and_everything_after_it(tmp_path: Path) -> None:
    places = home(tmp_path)
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho EDITING\nread line\n", encoding="utf-8")
    editor.chmod(0o700)
    env = {
        "TARMAC_CONFIG_DIR": str(places.config),
        "TARMAC_STATE_DIR": str(places.state),
        "VISUAL": str(editor),
    }
    with Terminal([sys.executable, "-c", TICKING], 100, 30, env=env) as terminal:
        terminal.wait_for("not reachable")
        terminal.wait_for("tick")
        os.write(terminal.master, b"p")
        terminal.wait_for("in use")
        os.write(terminal.master, b"e")
        terminal.wait_for("EDITING")
        assert terminal.settle(0.5) == 0
        os.write(terminal.master, b"\r")
        screen = terminal.wait_for(lambda text: "tick" in text and "PROFILE" in text)
        assert "[1 Datasets]" not in screen
        assert "1 Datasets" in screen
        assert "● in use" in screen
        assert "EDITING" not in screen


def test_without_a_terminal_it_names_the_commands(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-m", "tarmac"], 80, 24, env={"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit(10) == ExitCode.USAGE
        assert "there is no terminal to show the app in" in terminal.text
        assert "Use a verb, which needs none" in terminal.text
