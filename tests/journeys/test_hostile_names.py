"""Names and texts from the platform are shown as text: never as markup, never as an escape sequence, in screens and output."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from support.emulated import running_emulator
from support.keys import home, to_review, wait_for
from support.terminal import Terminal
from tarmac.app import TarmacApp
from tarmac.cli import main
from tarmac.profiles.places import Places
from tarmac.session import Session

NAME = "[red]x[/]\x1b]0;owned\x07\x1b[31m[@click=app.quit]y[/]\u202edlrow"
SHOWN = "[red]x[/]]0;owned[31m[@click=app.quit]y[/]dlrow"
WORD = "Odd\x1b[2J[b]word[/b]"
MESSAGE = "Job \x1b]52;c;b3duZWQ=\x07aborted.[bold]now[/bold]\r\nnext"


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[tuple[str, Path], ...]:
    file = tmp_path / "x.parquet"
    pl.DataFrame({"[red]id\x1b[31m": range(20), "b": [f"\x1b[31m{number}" for number in range(20)]}).write_parquet(file)
    return ((NAME, file),)


def harmless(text: str) -> None:
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "\r" not in text


async def test_commands_print_names_as_text(
    tmp_path: Path,
    hostile: tuple[tuple[str, Path], ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with running_emulator(datasets=hostile) as emulated:
        places = home(emulated, tmp_path)
        monkeypatch.setenv("TARMAC_CONFIG_DIR", str(places.config))
        monkeypatch.setenv("TARMAC_STATE_DIR", str(places.state))
        emulated.add_faults(run=[{"code": "X-\x1b[31mY", "message": MESSAGE, "status": "FAILED"}])
        wish = ("--dataset", emulated.dataset_id(), "--to", "landing", "--name", "odd")
        for command, code in (
            (("datasets",), 0),
            (("plan", *wish), 2),
            (("export", *wish), 1),
            (("runs",), 0),
            (("flows",), 0),
            (("export", *wish), 0),
            (("peek", emulated.dataset_id()), None),
            (("doctor",), None),
        ):
            got = await asyncio.to_thread(main, command)
            out, err = capsys.readouterr()
            assert code is None or got == code, err
            harmless(out)
            harmless(err)
            if command[0] in {"datasets", "plan"}:
                assert SHOWN in out


async def test_json_carries_the_real_names(
    tmp_path: Path,
    hostile: tuple[tuple[str, Path], ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with running_emulator(datasets=hostile) as emulated:
        places = home(emulated, tmp_path)
        monkeypatch.setenv("TARMAC_CONFIG_DIR", str(places.config))
        monkeypatch.setenv("TARMAC_STATE_DIR", str(places.state))

        async def answer(*command: str) -> Any:
            await asyncio.to_thread(main, (*command, "--json"))
            out, _ = capsys.readouterr()
            harmless(out)  # JSON escapes what a terminal would obey
            return json.loads(out)

        wish = ("--dataset", emulated.dataset_id(), "--to", "landing", "--name", "odd")
        assert (await answer("export", *wish))["status"] == "landed"
        assert (await answer("plan", *wish))["dataset_name"] == NAME
        (flow,) = (await answer("flows"))["flows"]
        assert [each["name"] for each in flow["datasets"]] == [NAME]

        renamed = f"Nightly\n{NAME}"
        (stored,) = emulated.running.platform.state.flows
        stored.wire["name"] = renamed
        (flow,) = (await answer("flows"))["flows"]
        assert flow["name"] == renamed
        (dataset,) = (await answer("datasets", "--find", SHOWN))["datasets"]
        assert dataset["name"] == NAME
        assert dataset["exported_by"] == [renamed]
        plan = await answer("flow", "disable", renamed, "--dry-run")
        assert plan["items"][0]["name"] == renamed


async def test_screens_show_names_as_text(tmp_path: Path, hostile: tuple[tuple[str, Path], ...]) -> None:
    async with running_emulator(datasets=hostile) as emulated:
        emulated.add_faults(run=[{"code": "X-Y", "message": MESSAGE}])
        app = TarmacApp(Session("local", places=home(emulated, tmp_path)))
        async with app.run_test(size=(140, 40)) as pilot:
            await wait_for(pilot, SHOWN)
            await pilot.press("i")
            await wait_for(pilot, "[red]id")
            await pilot.press("escape")
            await to_review(pilot)
            await pilot.press("a")
            screen = await wait_for(pilot, "aborted.[bold]now[/bold]")
            harmless(screen)
        assert app.is_running is False


async def test_no_byte_of_a_name_reaches_the_terminal_as_a_command(
    tmp_path: Path, hostile: tuple[tuple[str, Path], ...]
) -> None:
    async with running_emulator(datasets=hostile) as emulated:
        places = home(emulated, tmp_path)
        await asyncio.to_thread(_in_a_terminal, places)


def _in_a_terminal(places: Places) -> None:
    env = {"TARMAC_CONFIG_DIR": str(places.config), "TARMAC_STATE_DIR": str(places.state)}
    with Terminal([sys.executable, "-m", "tarmac"], columns=120, rows=30, env=env) as terminal:
        terminal.wait_for("[red]x[/]")
        terminal.press("i")
        terminal.settle()
        assert b"\x1b]0;owned" not in terminal.raw
        assert b"owned\x07" not in terminal.raw
        assert "\u202e".encode() not in terminal.raw
        terminal.press("escape")
        terminal.settle(0.5)  # what follows an escape at once is read as one key with it
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
