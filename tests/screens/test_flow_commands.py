"""The commands that the boxes of the Flows screen give, `ctrl+y`, do what a yes there does."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from support.emulated import Emulated, running_emulator
from support.keys import app_at, home, shown, wait_for
from tarmac.cli import main

DAY = "2028-03-01"
DAY_S = 1_835_481_600


class Boxes:
    """The app at its flows, and what its boxes copy."""

    def __init__(self, pilot: Pilot[int], copied: list[str]) -> None:
        self.pilot = pilot
        self._copied = copied

    async def find(self, text: str) -> None:
        """Have one flow in the list."""
        await self.pilot.press("escape", "slash", *text, "enter")
        await wait_for(self.pilot, "1 of ")

    async def command(self, title: str, key: str = "ctrl+y") -> str:
        """Return what the key copies in the box with this title, and leave it."""
        await wait_for(self.pilot, title)
        self._copied.clear()
        await self.pilot.press(key)
        await wait_for(self.pilot, lambda _: bool(self._copied))
        assert title in shown(self.pilot), "the box stays open"
        await self.pilot.press("escape")
        await wait_for(self.pilot, lambda screen: title not in screen)
        return self._copied[0]


@asynccontextmanager
async def at_flows(folder: Path, emulated: Emulated, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Boxes]:
    app = app_at(home(emulated, folder))
    copied: list[str] = []

    async def copy(text: str, what: str = "text") -> None:
        assert what == "command"
        copied.append(text)

    monkeypatch.setattr(app, "copy_text", copy)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "training_set_churn")
        await pilot.press("5")
        await wait_for(pilot, "dataset flows ·")
        yield Boxes(pilot, copied)


async def run(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a copied command as a shell would."""
    monkeypatch.setenv("TARMAC_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("TARMAC_STATE_DIR", str(folder / "state"))
    program, *arguments = shlex.split(command)
    assert program == "tarmac"
    async with asyncio.timeout(60):
        return await asyncio.to_thread(main, arguments)


def named_in(command: str, emulated: Emulated) -> list[str]:
    """Return the ids of the flows that a command names."""
    known = {each.id for each in emulated.running.platform.state.flows}
    return [word for word in shlex.split(command) if word in known]


def stored(emulated: Emulated, id_: str) -> dict[str, Any] | None:
    found = [each.wire for each in emulated.running.platform.state.flows if each.id == id_]
    return found[0] if found else None


def end_of(emulated: Emulated, id_: str) -> Any:
    flow = stored(emulated, id_)
    return None if flow is None else flow["scheduleParams"]["endTime"]


async def test_a_box_that_asks_gives_the_command_that_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        async with at_flows(tmp_path, emulated, monkeypatch) as boxes:
            press = boxes.pilot.press
            await press("w")
            await wait_for(boxes.pilot, "marked")
            await press("x", *DAY, "enter")
            screen = await wait_for(boxes.pilot, "Extend 2 flows?")
            assert "The same as a command:" in screen
            assert "tarmac flow extend" in screen
            extend = await boxes.command("Extend 2 flows?")
            await boxes.find("six-hourly")
            await press("t")
            await wait_for(boxes.pilot, "New schedule of ")
            await press("ctrl+u", *"every 12 hours", "enter")
            reschedule = await boxes.command("Reschedule 1 flow?")
            await press("d")
            disable = await boxes.command("Disable 1 flow?")
            await press("D")
            delete = await boxes.command("Delete 1 flow?")
            await press("a")
            await wait_for(boxes.pilot, "Adopt as the export")
            await press("ctrl+u", *"theirs", "enter")
            adopt = await boxes.command("Adopted as theirs")
            before = len(emulated.requests("PATCH")), len(emulated.requests("DELETE"))
            assert before == (0, 0)

        ending, [six] = named_in(extend, emulated), named_in(disable, emulated)
        assert await run(extend, tmp_path, monkeypatch) == 0
        assert [end_of(emulated, each) for each in ending] == [DAY_S, DAY_S]
        for command, key, value in (
            (reschedule, "scheduleParams.interval", 12),
            (disable, "state", "disabled"),
            (disable.replace(" disable ", " enable "), "state", "enabled"),
        ):
            assert await run(command, tmp_path, monkeypatch) == 0, command
            found: Any = stored(emulated, six)
            for part in key.split("."):
                found = found[part]
            assert found == value, command
        elsewhere = home(emulated, tmp_path / "elsewhere")
        assert await run(adopt, tmp_path / "elsewhere", monkeypatch) == 0
        assert elsewhere.export_file("local", "theirs").is_file()
        others = len(tuple(emulated.running.platform.state.flows)) - 1
        assert await run(delete, tmp_path, monkeypatch) == 0
        assert stored(emulated, six) is None
        assert len(tuple(emulated.running.platform.state.flows)) == others


async def test_flows_of_another_sandbox_and_its_guard_are_in_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(sample_flows=6) as emulated:
        async with at_flows(tmp_path, emulated, monkeypatch) as boxes:
            await boxes.pilot.press("b")
            await wait_for(boxes.pilot, "SANDBOX")
            await boxes.pilot.press("slash", *"prod", "enter")
            await wait_for(boxes.pilot, "3 of 9 flows")
            await boxes.pilot.press("x", *DAY, "enter")
            await wait_for(boxes.pilot, "Type prod")
            command = await boxes.command("Extend 1 flow?")
        assert command.endswith(f"--until {DAY}T00:00:00Z --all-sandboxes --confirm prod --profile local")
        assert await run(command, tmp_path, monkeypatch) == 0
        assert [end_of(emulated, each) for each in named_in(command, emulated)] == [DAY_S]


async def test_orphans_are_listed_and_deleted_by_the_commands_of_their_boxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_emulator(sample_flows=10) as emulated:
        async with at_flows(tmp_path, emulated, monkeypatch) as boxes:
            await boxes.pilot.press("n")
            screen = await wait_for(boxes.pilot, "abandoned 1")
            assert "copy command" in screen
            listing = await boxes.command("Connections that no flow uses", "y")
            await boxes.pilot.press("n")
            await wait_for(boxes.pilot, "abandoned 1")
            await boxes.pilot.press("D")
            one = await boxes.command("Clean up 1 connection?")
            await boxes.pilot.press("n")
            await wait_for(boxes.pilot, "abandoned 1")
            await boxes.pilot.press("a", "D")
            every = await boxes.command("Clean up 8 connections?")
        assert listing == "tarmac flows --orphans --profile local"
        assert await run(listing, tmp_path, monkeypatch) == 0
        assert "abandoned 1" in capsys.readouterr().out
        assert await run(one, tmp_path, monkeypatch) == 0
        assert len(emulated.requests("DELETE")) == 1
        assert await run(one, tmp_path, monkeypatch) == 64
        assert "is no connection that no flow uses" in capsys.readouterr().err
        assert len(emulated.requests("DELETE")) == 1
        [gone] = {word for word in shlex.split(one) if word in shlex.split(every) and word.count("-") == 4}
        assert await run(every.replace(f" {gone}", ""), tmp_path, monkeypatch) == 0
        assert await run(listing, tmp_path, monkeypatch) == 0
        assert "every connection is used by a flow" in capsys.readouterr().out


async def test_a_box_without_a_command_offers_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        running_emulator(sample_flows=3) as emulated,
        at_flows(tmp_path, emulated, monkeypatch) as boxes,
    ):
        await boxes.pilot.press("enter")
        await wait_for(boxes.pilot, "esc close")
        assert "copy command" not in shown(boxes.pilot)
