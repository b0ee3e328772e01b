"""A state that takes nothing: nothing is sent, and it is a matter of configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import CommandLine

READ_ONLY = Path("/proc/version")


@pytest.mark.parametrize("way", [("export", "--dataset", "loyalty_profiles", "--to", "landing"), ("cleanup",)])
async def test_a_state_that_cannot_be_written_is_configuration_and_sends_nothing(
    tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    async with tarmac.with_emulator() as emulated:
        blocked = tarmac.places.state / "blocked"
        blocked.parent.mkdir(parents=True, exist_ok=True)
        blocked.write_text("a file in the way")
        monkeypatch.setenv("TARMAC_STATE_DIR", str(blocked))
        answer = await tarmac(*way, "--json")
        assert (answer.code, answer.document["status"]) == (64, "refused")
        assert answer.document["error"]["code"] == "ledger"
        assert not emulated.requests("POST", "*/flowservice/*")


@pytest.mark.skipif(not READ_ONLY.exists(), reason="there is no /proc here")
@pytest.mark.parametrize(
    "way", [("export", "--dataset", "loyalty_profiles", "--to", "landing"), ("flow", "disable", "nightly")]
)
async def test_a_ledger_that_takes_no_first_line_is_configuration_too(
    tarmac: CommandLine, way: tuple[str, ...]
) -> None:
    async with tarmac.with_emulator() as emulated:
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "nightly")
        assert (await tarmac("export", *wish, "--schedule", "every 3h", "--no-wait")).code in {0, 3}
        sent = len(emulated.requests("POST", "*/flowservice/*"))
        ledger = tarmac.places.ledger_file("local")
        # It can be read and takes no line, whoever asks.
        ledger.unlink()
        ledger.symlink_to(READ_ONLY)
        answer = await tarmac(*way, "--json")
        assert answer.code == 64, answer.err
        assert len(emulated.requests("POST", "*/flowservice/*")) == sent


async def test_a_cleanup_that_has_nothing_to_do_leaves_the_ledger_alone(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        assert (await tarmac("cleanup", "--yes")).code == 0
        assert not tarmac.places.ledger_file("local").exists()
