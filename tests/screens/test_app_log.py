"""What nobody expected while the app runs is in tarmac.log, without a secret, and nowhere on the terminal."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.keys import app_at, home, wait_for

OTHER_SECRET = "another-profile-s-secret"


async def broken(words: str) -> None:
    raise ValueError(words)


async def test_an_unexpected_error_is_in_the_log_and_no_secret_of_any_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_emulator(client_secret="the-first-secret") as emulated:
        places = home(emulated, tmp_path)
        text = places.profile_file("local").read_text(encoding="utf-8").replace("the-first-secret", OTHER_SECRET)
        places.profile_file("second").write_text(text, encoding="utf-8")
        places.profile_file("second").chmod(0o600)
        app = app_at(places)
        async with app.run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "● signed in")
            app.work_on(broken("it held the-first-secret"), "one")
            await wait_for(pilot, "the log has the details")
            await pilot.press("p")
            await wait_for(pilot, "● in use")
            await pilot.press("G", "enter")
            await wait_for(pilot, "not signed in: wrong secret")
            app.work_on(broken(f"it held the-first-secret and {OTHER_SECRET}"), "two")
            await wait_for(pilot, "the log has the details")
        log = await asyncio.to_thread(places.log_file.read_text, encoding="utf-8")
    assert "unexpected error in one" in log
    assert "ValueError: it held ••••\n" in log
    assert "ValueError: it held •••• and ••••\n" in log
    assert "the-first-secret" not in log
    assert OTHER_SECRET not in log
    assert capsys.readouterr().err == ""


async def test_what_a_library_logs_while_the_app_runs_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_emulator(client_secret="the-first-secret") as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(100, 30)) as pilot:
            await wait_for(pilot, "● signed in")
            forgotten = asyncio.ensure_future(broken("it held the-first-secret"))
            await asyncio.wait([forgotten])
            del forgotten
            gc.collect()  # asyncio tells of it
            assert "never retrieved" not in await wait_for(pilot, "● signed in")
        log = await asyncio.to_thread(places.log_file.read_text, encoding="utf-8")
    assert "ERROR asyncio Task exception was never retrieved" in log
    assert "ValueError: it held ••••\n" in log
    assert "the-first-secret" not in log
    assert capsys.readouterr().err == ""
