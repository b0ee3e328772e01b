"""The terminal goes away, or the process is killed: saved, gone within a second, terminal restored, and gone on with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from support.emulator_process import Home, emulator_home
from support.in_time import LONG_S, in_time
from support.terminal import Terminal

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
APP = (sys.executable, "-m", "tarmac")


@pytest.fixture(scope="module")
def home_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An emulator whose flows are never ready until told: what is begun stays under way."""
    folder = tmp_path_factory.mktemp("gone")
    with emulator_home(folder, "--ready-after", "100000", timing={"probe": "1s", "poll": "500ms"}) as home:
        yield home


@pytest.fixture
def home(home_: Home) -> Iterator[Home]:
    """The same emulator, with nothing on it and nothing remembered."""
    yield home_
    for entry in (home_.state_dir / "local").glob("ledger.jsonl"):
        entry.unlink()
    control(home_, "clock", {"advance": 1})


def control(home: Home, what: str, document: dict[str, Any]) -> None:
    request = Request(
        f"{home.emulator['base_url']}/_emulator/{what}",
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urlopen(request, timeout=10) as answer:
        assert answer.status < 300


def hang_up(terminal: Terminal) -> None:
    """Close the terminal under its process, and wait until that has ended in time."""
    with in_time(1):
        began = time.monotonic()
        os.close(terminal.master)
        terminal.master = os.open(os.devnull, os.O_RDWR)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(terminal.pid, os.WNOHANG) == (0, 0):
                assert time.monotonic() - began < LONG_S, "it is still there"
                time.sleep(0.02)  # the process has no terminal any more to tell us by
        terminal.exit_status = -1


def ledger_of(home: Home) -> list[dict[str, Any]]:
    file = home.state_dir / "local" / "ledger.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()] if file.exists() else []


def app(home: Home) -> Terminal:
    return Terminal([*APP, "--profile", "local"], columns=100, rows=30, env=home.env)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_app_in_time_and_restores_the_terminal(home: Home, number: signal.Signals) -> None:
    with app(home) as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.wait_for("training_set_churn")
        terminal.press("4")
        terminal.wait_for("[4 Runs]")
        children = psutil.Process(terminal.pid).children(recursive=True)
        with in_time(1):
            terminal.signal(number)
            assert terminal.wait_exit(LONG_S) == 128 + number
        assert all(sign in terminal.raw for sign in RESTORED)
        # Echo and line mode are back: the shell afterwards can be typed into.
        assert termios.tcgetattr(terminal.master)[3] == before[3]
        assert not [child for child in children if child.is_running()]
    # What was on screen is there again.
    with app(home) as terminal:
        terminal.wait_for("[4 Runs]")


def test_a_closed_terminal_ends_the_app_in_time(home: Home) -> None:
    terminal = app(home)
    with terminal:
        terminal.wait_for("training_set_churn")
        process = psutil.Process(terminal.pid)
        hang_up(terminal)
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_who_leaves_while_a_run_waits_is_told_on_the_shell(home: Home) -> None:
    with app(home) as terminal:
        terminal.wait_for("signed in")
        terminal.press("1")  # where the test before was left is kept
        terminal.wait_for("training_set_churn")
        terminal.press("enter")
        terminal.wait_for("SFTP")
        terminal.press("enter")
        terminal.wait_for("files in  ")
        terminal.press("ctrl+s")
        terminal.wait_for("> ad-hoc run")
        os.write(terminal.master, b"a")
        terminal.wait_for("waiting: not ready")
        os.write(terminal.master, b"q")
        assert terminal.wait_exit(10) == 0
        shell = terminal.raw.rpartition(RESTORED[0])[2].decode()
    assert "tarmac: 1 export is not finished: " in shell
    assert "within 2 hours" in shell


def test_an_app_without_a_terminal_says_so_and_leaves(home: Home) -> None:
    done = subprocess.run(
        APP,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, **home.env},
    )
    assert done.returncode == 64
    assert "terminal" in done.stderr


def test_a_question_whose_stdin_ends_is_no(home: Home) -> None:
    with Terminal([*APP, "cleanup", "--unfinished"], env=home.env) as terminal:
        started_and_killed(home)
        assert terminal.wait_exit(20) is not None
    with Terminal([*APP, "cleanup", "--unfinished"], env=home.env) as terminal:
        terminal.wait_for("Type delete to go on")
        terminal.press("ctrl+d")
        assert terminal.wait_exit(5) == 64
    assert not [line for line in ledger_of(home) if line.get("action") == "delete"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_an_interrupted_command_says_how_to_go_on(home: Home, number: signal.Signals) -> None:
    with Terminal([*APP, "export", *WISH], env=home.env) as terminal:
        terminal.wait_for("waiting: not ready")
        with in_time(1):
            terminal.signal(number)
            assert terminal.wait_exit(LONG_S) == 128 + number
        assert "The same command goes on from here" in " ".join(terminal.text.split())
    assert ledger_of(home)[-1]["kind"] == "waiting"


def test_a_command_whose_terminal_closes_is_gone_in_time(home: Home) -> None:
    terminal = Terminal([*APP, "export", *WISH], env=home.env)
    with terminal:
        terminal.wait_for("waiting: not ready")
        hang_up(terminal)


def started_and_killed(home: Home) -> None:
    """Start an export in a terminal of its own and kill it in the middle."""
    with Terminal([*APP, "export", *WISH], env=home.env) as terminal:
        terminal.wait_for("waiting: not ready")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait_exit(5) == -signal.SIGKILL


def test_killed_in_the_middle_the_app_goes_on_with_it(tmp_path: Path) -> None:
    with emulator_home(tmp_path, "--ready-after", "100000", timing={"probe": "1s", "poll": "500ms"}) as home:
        started_and_killed(home)
        with app(home) as terminal:
            terminal.wait_for("training_set_churn")
            terminal.press("4")
            terminal.wait_for("waiting: not ready")
            terminal.signal(signal.SIGKILL)
            terminal.wait_exit(5)
        control(home, "clock", {"advance": 200_000})
        with app(home) as terminal:
            terminal.wait_for("training_set_churn")
            terminal.press("4")
            terminal.wait_for("rows match", 40)
        kinds = [line["kind"] for line in ledger_of(home)]
        assert (kinds.count("begun"), kinds.count("fired"), kinds.count("ended")) == (1, 1, 1)
        posts = [line["noun"] for line in ledger_of(home) if line["kind"] == "intent"]
        assert len(posts) == len(set(posts)) == 4
