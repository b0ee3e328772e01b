"""What config.toml asks for and cannot be had is said: by doctor, and by the command that would have used it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import CommandLine

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")


def configure(tarmac: CommandLine, text: str) -> None:
    file = tarmac.places.config_file
    file.write_text(f'{text}\n[timing]\nprobe = "1s"\npoll = "200ms"\n')


@pytest.mark.parametrize(
    ("text", "what", "words"),
    [
        ('[notify]\ncommand = ["/nope"]', "hooks", "/nope"),
        ('[notify]\nwebhook = { env = "TARMAC_NO_HOOK" }', "hooks", "config.toml:2: notify.webhook"),
        ('theme = "tarmac-dsk"', "theme", "tarmac-dsk"),
        ('[keys]\n"runs.nothing" = "x"', "keys", "runs.nothing"),
    ],
)
async def test_doctor_names_what_cannot_be_used(tarmac: CommandLine, text: str, what: str, words: str) -> None:
    async with tarmac.with_emulator():
        configure(tarmac, text)
        answer = await tarmac("doctor", "--json")
        assert answer.code == 64
        (finding,) = [each for each in answer.document["findings"] if each["good"] is False]
        assert finding["what"] == what
        assert words in finding["found"]
        assert finding["next"]


async def test_doctor_looks_at_themes_and_keys_without_a_profile(tarmac: CommandLine) -> None:
    themes = tarmac.places.config / "themes"
    themes.mkdir(parents=True)
    (themes / "mine.toml").write_text('[colors]\nprimary = "#12345"\n', encoding="utf-8")
    configure(tarmac, 'theme = "tarmac-dsk"\n[keys]\n"runs.nothing" = "x"')
    answer = await tarmac("doctor", "--json")
    assert answer.code == 64
    bad = {each["what"]: each for each in answer.document["findings"] if each["good"] is False}
    assert "there is no theme 'tarmac-dsk'" in bad["theme"]["found"]
    assert "mine.toml:2: primary is not a colour" in bad["theme"]["found"]
    assert "runs.nothing" in bad["keys"]["found"]
    assert bad["theme"]["next"]
    assert "profile" in bad


async def test_doctor_finds_what_can_be_used_and_calls_nobody(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        mark = tarmac.places.state / "called"
        hook = f'command = ["{sys.executable}", "-c", "open({str(mark)!r}, \'w\')"]'
        configure(tarmac, f'theme = "tarmac-dusk"\n[keys]\n"app.quit" = "ctrl+x"\n[notify]\n{hook}')
        answer = await tarmac("doctor", "--json")
        assert answer.code == 0, answer.out
        found = {each["what"]: each["good"] for each in answer.document["findings"]}
        assert (found["theme"], found["keys"], found["hooks"]) == (True, True, True)
        assert not mark.exists()


async def test_plain_http_to_another_machine_is_refused_with_its_line(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        configure(tarmac, '[notify]\nwebhook = "http://example.com/x?key=CANARY"')
        answer = await tarmac("export", *WISH, "--json")
        assert answer.code == 64
        assert f"{tarmac.places.config_file}:2: notify.webhook uses http" in answer.document["error"]["message"]
        assert "CANARY" not in answer.out + answer.err
        assert not emulated.requests()


async def test_a_hook_that_fails_is_said_and_changes_nothing(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        configure(tarmac, '[notify]\ncommand = ["/nope"]')
        answer = await tarmac("export", *WISH, "--json")
        assert (answer.code, answer.document["status"]) == (0, "landed")
        assert "! the hook command /nope cannot be started" in answer.err
