"""`y` on every screen: a command line that the command line itself understands."""

from __future__ import annotations

import asyncio
import base64
import shlex
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, started, to_review, wait_for
from tarmac.cli import main, parse
from tarmac.profiles.models import SecretSource
from tarmac.terms.errors import ExitCode


async def test_every_screen_has_its_command_and_the_review_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(ready_after=0.0, queue_seconds=1.0, speed=20.0) as emulated:
        app = app_at(home(emulated, tmp_path))
        copied: list[str] = []

        async def copy(text: str, what: str = "text", works: str = "") -> None:
            copied.append(text)

        monkeypatch.setattr(app, "copy_text", copy)
        async with app.run_test(size=(100, 30)) as pilot:

            async def command() -> list[str]:
                copied.clear()
                await pilot.press("y")
                await wait_for(pilot, lambda _: bool(copied))
                program, *words = shlex.split(copied[0])
                assert program == "tarmac"
                arguments = parse(words)
                assert arguments.profile == "local"
                return words[: words.index("--profile")]

            await wait_for(pilot, "training_set_churn")
            assert await command() == ["datasets"]
            await pilot.press("slash", *"churn", "enter")
            await wait_for(pilot, "of 3 datasets match")
            assert await command() == ["datasets", "--find", "churn"]
            await pilot.press("enter")
            await wait_for(pilot, "Google Cloud Storage")
            assert await command() == ["destination", "test", "landing"]
            await pilot.press("enter")
            await wait_for(pilot, "exportTime=")
            await pilot.press("ctrl+s")
            await wait_for(pilot, "> ad-hoc run")
            assert await command() == ["export"]
            for downs, sign in ((0, "tarmac export"), (1, "import httpx"), (2, "#!/usr/bin/env bash")):
                copied.clear()
                await pilot.press("Y")
                await wait_for(pilot, "WHAT IT IS")
                await pilot.press(*["down"] * downs, "enter")
                await wait_for(pilot, lambda _: bool(copied))
                assert sign in copied[0]
                assert emulated.client_secret not in copied[0]
            assert app.session.workspace.profile.platform.client_secret.source is SecretSource.LITERAL
            await pilot.press("a")
            await wait_for(pilot, "✔ rows match")
            verb, run_id = await command()
            assert verb == "watch"
            await pilot.press("enter")
            await wait_for(pilot, "part-00000-")
            assert await command() == ["verify", run_id]
            for tab in ("read set", "paths", "pandas"):
                await pilot.press("right")
                await wait_for(pilot, f"[{tab}]")
                assert (await command())[:2] == ["read", "training_set_churn-landing"]
            await pilot.press("Y")
            await wait_for(pilot, lambda _: "import pandas" in copied[-1])
            await pilot.press("escape", "5")
            await wait_for(pilot, "[5 Flows]")
            assert await command() == ["flows"]
            await pilot.press("b")
            await wait_for(pilot, "SANDBOX")
            await pilot.press("slash", *"churn", "enter")
            await wait_for(pilot, "1 of 1 flows")
            assert await command() == ["flows", "--all-sandboxes", "--find", "churn"]
            await pilot.press("escape", "b")
            await pilot.press("p")
            await wait_for(pilot, "ORGANIZATION")
            assert await command() == ["profile", "list"]


async def test_before_a_run_has_an_id_its_export_is_watched_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    async def copy(text: str, what: str = "text", works: str = "") -> None:
        copied.append(text)

    async with started(tmp_path) as (emulated, pilot):
        monkeypatch.setattr(pilot.app, "copy_text", copy)
        emulated.add_faults(never_ready=True)
        await to_review(pilot)
        await pilot.press("a")
        await wait_for(pilot, "waiting: not ready")
        await pilot.press("y")
        await wait_for(pilot, lambda _: bool(copied))
    assert shlex.split(copied[0])[1:3] == ["watch", "training_set_churn-landing"]


async def test_the_keys_of_the_review_are_named_after_what_they_do_now(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await to_review(pilot)
        await wait_for(pilot, "r requests   pgdn more")
        await pilot.press("r")
        assert "r requests" not in await wait_for(pilot, "r plan")
        await pilot.press("r")
        await wait_for(pilot, "r requests")


def pasted(sequences: list[str]) -> str:
    """Return what the terminal was last told to copy."""
    return base64.b64decode(sequences[-1].split(";")[2].rstrip("\a")).decode()


async def test_the_command_for_a_typed_destination_works_once_the_profile_has_what_is_copied_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARMAC_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TARMAC_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-kitty")  # known to take OSC 52
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    sequences: list[str] = []
    async with started(tmp_path) as (_, pilot):
        monkeypatch.setattr(pilot.app, "write_to_terminal", sequences.append)
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press(*["down"] * 4, "enter")
        await wait_for(pilot, "Destination name")
        await pilot.press(*["backspace"] * 20, *"zone", "down", *"ml/typed", "ctrl+s")
        await wait_for(pilot, "The same as a command, once the profile has zone (Y copies it)")
        await pilot.press("y")
        screen = await wait_for(pilot, "command copied.")
        assert "It works once the profile has zone (Y copies it)." in " ".join(screen.split())
        program, _, *options = shlex.split(pasted(sequences))
        assert program == "tarmac"
        assert options[-2:] == ["--name", "training_set_churn-data-landing-zone"]
        assert await asyncio.to_thread(main, ("plan", *options)) == ExitCode.USAGE
        await pilot.press("Y")
        await wait_for(pilot, "Each but the first does the same")
        await pilot.press("enter")
        await wait_for(pilot, "destination copied")
        with (tmp_path / "config" / "profiles" / "local.toml").open("a", encoding="utf-8") as profile:
            profile.write(f"\n{pasted(sequences)}")
        assert await asyncio.to_thread(main, ("plan", *options)) == ExitCode.CHANGES
