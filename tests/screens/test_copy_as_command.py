"""`y` on every screen: a command line that the command line itself understands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, wait_for
from tarmac.cli import parse
from tarmac.profiles.models import SecretSource


async def test_every_screen_has_its_command_and_the_review_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(ready_after=0.0, queue_seconds=1.0, speed=20.0) as emulated:
        app = app_at(home(emulated, tmp_path))
        copied: list[str] = []

        async def copy(text: str, what: str = "text") -> None:
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
