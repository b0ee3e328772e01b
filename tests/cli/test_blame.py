"""What is wrong with a saved export is said with file, line and key; what an option says is not put on the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import CommandLine

GOOD = """\
dataset = "loyalty_profiles"
destination = "landing"
format = "parquet"
schedule = { kind = "incremental", every = "6h" }
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "key", "cause"),
    [
        ('"loyalty_profiles"', '"loyalty"', 1, "dataset", "there is no dataset 'loyalty'"),
        ('"landing"', '"moon"', 2, "destination", "there is no destination 'moon'"),
        ('"6h"', '"5h"', 4, "schedule.every", "a run every 5 hours is not offered"),
        (
            'every = "6h"',
            'every = "6h", start = 2020-01-01T00:00:00Z, end = 2020-02-01T00:00:00Z',
            *(4, "schedule.end", "the schedule has ended"),
        ),
    ],
)
async def test_the_file_is_named(tarmac: CommandLine, right: str, wrong: str, line: int, key: str, cause: str) -> None:
    async with tarmac.with_emulator():
        file = tarmac.places.exports("local") / "loyalty.toml"
        file.parent.mkdir(parents=True)
        file.write_text(GOOD.replace(right, wrong))
        for verb in ("plan", "export"):
            answer = await tarmac(verb, "loyalty", "--json")
            assert (answer.code, answer.document["status"]) == (64, "refused")
            error = answer.document["error"]
            assert cause in error["message"]
            assert f"{file}:{line}: {key}" in error["message"] + error["meaning"]


async def test_what_an_option_says_is_not_put_on_the_file(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        file = tarmac.places.exports("local") / "loyalty.toml"
        file.parent.mkdir(parents=True)
        file.write_text(GOOD)
        answer = await tarmac("plan", "loyalty", "--schedule", "every 5h", "--json")
        assert "a run every 5 hours is not offered" in answer.document["error"]["message"]
        assert str(file) not in str(answer.document["error"])


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--format", "json", "--compression", "none"), "--format json"), (("--path", "../up"), "Folder")],
)
async def test_what_cannot_be_saved_is_not_put_on_the_file(
    tarmac: CommandLine, options: tuple[str, ...], words: str
) -> None:
    async with tarmac.with_emulator():
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "churn", "--save")
        answer = await tarmac("export", *wish, *options, "--json")
        assert answer.code == 64
        assert words in answer.document["error"]["message"]
        assert "churn.toml" not in str(answer.document["error"])
        assert not tarmac.places.export_file("local", "churn").exists()
