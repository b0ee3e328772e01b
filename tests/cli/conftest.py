"""An emulator in the test's loop, a home with a profile for it, and the command line run in a thread beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.emulated import Emulated, running_emulator
from tarmac.cli import main
from tarmac.profiles.places import Places
from tarmac.services.setup.local_profile import write_emulator_profile


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        document = json.loads(lines[0])
        assert isinstance(document, dict)
        return document


class CommandLine:
    """`tarmac …` in this process, with a configuration and state of its own below `folder`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.places = Places(folder / "config", folder / "state")
        self._capsys = capsys

    async def __call__(self, *arguments: str) -> Answer:
        self._capsys.readouterr()
        async with asyncio.timeout(60):
            code = await asyncio.to_thread(main, arguments)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(code, out, err)

    @asynccontextmanager
    async def with_emulator(self, **options: Any) -> AsyncIterator[Emulated]:
        """Run an emulator and write the profile `local` for it."""
        async with running_emulator(**options) as emulated:
            await asyncio.to_thread(write_emulator_profile, self.places, "local", emulated.ready, path="ml/churn")
            self.places.config_file.write_text('[timing]\nprobe = "1s"\npoll = "200ms"\n')
            self.places.config_file.chmod(0o600)
            yield emulated


@pytest.fixture
def tarmac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("TARMAC_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TARMAC_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("TARMAC_PROFILE", raising=False)
    return CommandLine(tmp_path, capsys)
