"""A run that wrote no rows, and an export whose files are gone: no folder is named, and each command says why."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tarmac.screens.landed_lines import summary_lines, text_of
from tarmac.services.landed.receipts import read_receipt

if TYPE_CHECKING:
    from cli.conftest import CommandLine

HOUR, DAY = 3600, 86_400
READERS = (("read", "{}"), ("read", "{}", "--as", "polars"), ("peek", "{}"), ("copy", "{}", "--to", "./data"))


def parquet(file: Path, rows: int) -> Path:
    pl.DataFrame({"n": pl.Series(range(rows), dtype=pl.Int64)}).write_parquet(file)
    return file


async def test_an_empty_dataset_has_no_folder_and_nothing_to_read(tarmac: CommandLine, tmp_path: Path) -> None:
    empty = parquet(tmp_path / "empty.parquet", 0)
    async with tarmac.with_emulator(datasets=(("empty", empty),)):
        landed = await tarmac("export", "--dataset", "empty", "--to", "landing", "--name", "nil", "--json")
        document = landed.document
        assert (landed.code, document["status"], document["verified"]) == (0, "landed", True)
        assert (document["folder"], document["rows"], document["files"]) == (None, 0, 0)

        verified = await tarmac("verify", "nil", "--json")
        assert (verified.code, verified.document["folder"], verified.document["read_set"]) == (0, None, [])
        assert "the run wrote no rows" in (await tarmac("verify", "nil")).out
        again = await tarmac("verify", document["receipt"], "--json")
        assert (again.code, again.document["folder"]) == (0, None)
        receipt = read_receipt(Path(document["receipt"]))
        assert receipt.folder is None
        assert "none: the run wrote no rows" in "".join(text_of(line) for line in summary_lines(receipt, "", None))
        for command in READERS:
            answer = await tarmac(*(word.format("nil") for word in command))
            assert (answer.code, answer.out) == (1, "")
            assert "the dataset had no rows" in answer.err
            assert "landed yet" not in answer.err


async def test_an_empty_increment_does_not_name_the_folder_of_all_the_others(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        platform = emulated.running.platform

        async def runs(number: int) -> list[dict[str, Any]]:
            deadline = time.monotonic() + 20
            while True:
                found: list[dict[str, Any]] = (await tarmac("runs", "inc", "--json")).document["runs"]
                if sum(run["phase"] == "succeeded" for run in found) == number:
                    return found
                assert time.monotonic() < deadline, found

        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "inc", "--schedule", "every 3h")
        assert (await tarmac("export", *wish, "--no-wait", "--json")).code in {0, 3}
        [flow] = platform.state.flows
        emulated.advance(flow.wire["scheduleParams"]["startTime"] - platform.now().timestamp() + 5)
        count = len(await runs(2)) + 1
        emulated.advance(3 * HOUR)
        newest = (await runs(count))[0]
        assert (newest["delta"], newest["rows"]) == (True, 0)

        verified = await tarmac("verify", newest["run_id"], "--json")
        assert (verified.code, verified.document["verified"], verified.document["folder"]) == (0, True, None)
        read = await tarmac("read", "inc", "--json")
        assert (read.code, read.document["rows"]) == (0, 25_000)
        assert [each.rpartition("/")[2] for each in verified.document["read_set"]] == [
            each.rpartition("/")[2] for each in read.document["folders"]
        ]


async def test_what_was_deleted_since_is_said_to_have_landed(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        landed = await tarmac("export", "--dataset", "loyalty_profiles", "--to", "landing", "--name", "loy", "--json")
        assert landed.code == 0
        emulated.advance(8 * DAY)
        for command in READERS:
            answer = await tarmac(*(word.format("loy") for word in command))
            assert (answer.code, answer.out) == (1, "")
            assert "25,000 rows landed on " in answer.err
            assert "were deleted since: the landing zone keeps files 7 days" in answer.err
            assert "tarmac export loy" in answer.err
