"""How long things took: remembered within bounds, and never a reason for an export to fail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.fake_clock import FakeClock
from support.workspaces import HastyClock, opened, wish
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export
from tarmac.services.exports.history import Duration, History, band
from tarmac.services.exports.progress import Finished, Outcome, WaitingForReady


def as_a_folder(file: Path) -> None:
    file.mkdir(parents=True)


def below_a_file(file: Path) -> None:
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("in the way")


@pytest.mark.parametrize("spoil", [as_a_folder, below_a_file])
async def test_a_broken_file_is_said_once_and_stops_nothing(
    spoil: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    file = tmp_path / "state" / "history.jsonl"
    spoil(file)
    history = History(file)
    with caplog.at_level(logging.WARNING, "tarmac.history"):
        assert await history.usual(Duration.RUN, "flow-1") is None
        await history.add(Duration.RUN, "flow-1", 20, clock.now())
        assert await history.usual(Duration.RUN, "flow-1") is None
    assert [str(file) in record.getMessage() for record in caplog.records] == [True]


async def test_a_run_is_in_the_ledger_although_its_duration_cannot_be_kept(tmp_path: Path) -> None:
    async with (
        running_emulator(ready_after=60, speed=60) as emulated,
        opened(emulated, tmp_path, clock=HastyClock()) as ws,
    ):
        as_a_folder(ws.state_dir / "history.jsonl")
        events = [event async for event in export(ws, wish(emulated.dataset_id()), timeout_s=60)]
        assert any(isinstance(event, WaitingForReady) for event in events)
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED, last.result.error
        fired = [chain.last(Kind.FIRED) for chain in await ws.ledger.chains()]
        assert [None if entry is None else entry.text("run_id") for entry in fired] == [last.result.run_id]


async def test_lines_that_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(
        b"".join(
            b'{"kind": "run", "flow_id": "flow-1", "seconds": ' + seconds + b"}\n"
            for seconds in (b"NaN", b"Infinity", b"true", b'"9"', b"9" * 5000, b"[" * 100_000, b"\xff", b"20")
        )
    )
    usual = await History(file).usual(Duration.RUN, "flow-1")
    assert usual is not None
    assert (usual.low_s, usual.high_s, usual.samples) == (20, 20, 1)


async def test_it_does_not_grow_without_end_and_keeps_the_newest_of_each_dataflow(tmp_path: Path) -> None:
    clock = FakeClock()
    file = tmp_path / "history.jsonl"
    history = History(file)
    await history.add(Duration.RUN, "seldom", 7, clock.now())
    line = file.read_bytes().strip().replace(b"seldom", b"hourly")
    with file.open("ab") as stream:
        stream.write(b"".join(line.replace(b": 7,", b": %d," % number) + b"\n" for number in range(8_000)))
    large = file.stat().st_size
    await history.add(Duration.RUN, "hourly", 9_000, clock.now())
    assert file.stat().st_size < large / 10
    assert file.stat().st_mode & 0o777 == 0o600
    hourly = await history.usual(Duration.RUN, "hourly")
    assert hourly is not None
    assert hourly.samples == 50
    assert hourly.low_s > 7_900
    seldom = await history.usual(Duration.RUN, "seldom")
    assert seldom is not None
    assert (seldom.low_s, seldom.samples, seldom.is_own) == (7, 1, True)


async def test_also_the_dataflows_may_become_many(tmp_path: Path) -> None:
    clock = FakeClock()
    file = tmp_path / "history.jsonl"
    history = History(file)
    await history.add(Duration.RUN, "flow-0", 7, clock.now())
    line = file.read_bytes().strip()
    with file.open("ab") as stream:
        stream.write(b"".join(line.replace(b"flow-0", b"flow-%d" % number) + b"\n" for number in range(1, 8_000)))
    large = file.stat().st_size
    await history.add(Duration.RUN, "newest", 9, clock.now())
    assert file.stat().st_size < large / 2
    newest = await history.usual(Duration.RUN, "newest")
    assert newest is not None
    assert newest.is_own


async def test_usual_durations_are_the_flows_own_when_it_has_some(tmp_path: Path) -> None:
    clock = FakeClock()
    history = History(tmp_path / "state" / "history.jsonl")
    assert await history.usual(Duration.READY, "flow-1") is None
    for seconds in (540, 660):
        await history.add(Duration.READY, "flow-1", seconds, clock.now())
    await history.add(Duration.READY, "flow-2", 30, clock.now())
    await history.add(Duration.RUN, "flow-1", 20, clock.now())
    with (tmp_path / "state" / "history.jsonl").open("a") as stream:
        stream.write('{"kind": "ready", "flow_id"')
    await history.add(Duration.READY, "flow-1", 600, clock.now())
    usual = await History(tmp_path / "state" / "history.jsonl").usual(Duration.READY, "flow-1")
    assert usual is not None
    assert (usual.low_s, usual.high_s, usual.samples) == (540, 660, 3)
    unknown = await history.usual(Duration.READY, "flow-3")
    assert unknown is not None
    assert (unknown.low_s, unknown.samples) == (30, 4)


def test_many_samples_lose_their_extremes() -> None:
    usual = band([1, *([10.0] * 18), 1000])
    assert usual is not None
    assert (usual.low_s, usual.high_s) == (10, 10)
