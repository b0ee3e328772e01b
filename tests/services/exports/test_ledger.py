from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fake_clock import FakeClock
from tarmac.services.exports import ledger_file
from tarmac.services.exports.chain import Entry, Kind
from tarmac.services.exports.ledger import Ledger
from tarmac.services.exports.ledger_file import LedgerError, LedgerFile, read_entry
from tarmac.terms.errors import ExitCode


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.jsonl", FakeClock())


async def one_chain(ledger: Ledger) -> str:
    chain = await ledger.begin(marker="m1", export="churn")
    await ledger.add(Kind.INTENT, chain, step="1", noun="source connection", name="tarmac churn [m1]")
    await ledger.add(Kind.RESULT, chain, step="1", noun="source connection", id="src-1")
    await ledger.add(Kind.INTENT, chain, step="2", noun="dataflow", name="tarmac churn [m1]")
    return chain


async def test_an_intent_without_a_result_is_known_after_a_crash(ledger: Ledger) -> None:
    await one_chain(ledger)
    (chain,) = await Ledger(ledger.file, FakeClock()).unfinished("m1")
    assert chain.ids() == {"source connection": "src-1"}
    assert [entry.text("noun") for entry in chain.open_intents()] == ["dataflow"]
    assert await ledger.unfinished("other") == ()


async def test_an_ended_chain_is_not_unfinished(ledger: Ledger) -> None:
    chain = await one_chain(ledger)
    await ledger.add(Kind.ENDED, chain, outcome="landed")
    assert await ledger.unfinished() == ()


async def test_only_the_owner_may_read_it(ledger: Ledger) -> None:
    await one_chain(ledger)
    assert stat.S_IMODE(ledger.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.file.parent.stat().st_mode) == 0o700


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=0, max_value=10_000))
async def test_any_prefix_is_read_and_can_be_written_on(tmp_path: Path, cut: int) -> None:
    whole = Ledger(tmp_path / f"whole-{os.urandom(6).hex()}.jsonl", FakeClock())
    await one_chain(whole)
    data = whole.file.read_bytes()
    cut = min(cut, len(data))
    torn = Ledger(whole.file.with_suffix(".torn"), FakeClock())
    torn.file.write_bytes(data[:cut])

    before = await torn.entries()
    complete = data[:cut].count(b"\n")
    # The last line may be whole but for its line end: then it is known, too.
    assert len(before) in {complete, complete + 1}
    assert before == (await whole.entries())[: len(before)]

    await torn.add(Kind.NOTE, "", about="after")
    after = await torn.entries()
    assert after[: len(before)] == before
    assert after[-1].text("about") == "after"


@given(garbage=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_garbage_hides_no_entry(tmp_path: Path, garbage: bytes) -> None:
    ledger = Ledger(tmp_path / f"{os.urandom(6).hex()}.jsonl", FakeClock())
    await ledger.add(Kind.NOTE, "", about="first")
    with ledger.file.open("ab") as stream:
        stream.write(garbage)
    await ledger.add(Kind.NOTE, "", about="second")
    known = [entry.text("about") for entry in await ledger.entries()]
    assert known[0] == "first"
    assert known[-1] == "second"


async def test_lines_of_many_writers_stay_whole(ledger: Ledger) -> None:
    others = [Ledger(ledger.file, FakeClock()) for _ in range(8)]
    async with asyncio.TaskGroup() as group:
        for number, other in enumerate(others):
            for step in range(10):
                group.create_task(other.add(Kind.NOTE, "", about=f"{number}-{step}", filler="x" * 500))
    assert len(await ledger.entries()) == 80


async def test_another_process_that_works_on_the_export_is_waited_for_and_named(ledger: Ledger) -> None:
    lock = ledger.file.parent / "locks" / "m1.lock"
    lock.parent.mkdir(parents=True)
    code = (
        "import fcntl, os, sys\n"
        "handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(handle, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(lock), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await asyncio.wait_for(holder.stdout.readline(), 20) == b"locked\n"
    with pytest.raises(LedgerError) as refused:
        async with ledger.only_one("m1", wait_s=3):
            raise AssertionError("two at a time")
    assert refused.value.code == "export-busy"
    async with ledger.only_one("m2", wait_s=0):
        pass
    assert holder.stdin is not None
    holder.stdin.close()
    assert await asyncio.wait_for(holder.wait(), 10) == 0
    # The lock ends with the process that held it.
    async with ledger.only_one("m1", wait_s=0):
        pass


async def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    with pytest.raises(LedgerError) as refused:
        await Ledger(tmp_path / "state" / "ledger.jsonl", FakeClock()).begin(marker="m1")
    assert "TARMAC_STATE_DIR" in refused.value.next_step
    assert refused.value.exit_code is ExitCode.USAGE


async def test_a_ledger_that_cannot_be_written_any_more_is_a_failure(tmp_path: Path) -> None:
    """What was sent after an earlier line may have been done: trying again later is right."""
    ledger = Ledger(tmp_path / "ledger.jsonl", FakeClock())
    chain = await ledger.begin(marker="m1")
    (tmp_path / "ledger.jsonl").unlink()
    (tmp_path / "ledger.jsonl").mkdir()
    for act in (ledger.entries(), ledger.add(Kind.ENDED, chain)):
        with pytest.raises(LedgerError) as refused:
            await act
        assert refused.value.exit_code is ExitCode.FAILED


LONG_AGO, MANY = timedelta(days=8), 1_500


def lines(*entries: dict[str, object], at: datetime) -> str:
    return "".join(json.dumps({"v": 1, "at": at.isoformat(), **entry}) + "\n" for entry in entries)


def past_run(number: int, flow: str, at: datetime, **wish: object) -> str:
    chain = f"c{number}"
    return lines(
        {"kind": "begun", "chain": chain, "marker": "m", "export": "churn", "wish": {"kind": "ad-hoc", **wish}},
        {"kind": "waiting", "chain": chain, "flow_id": flow},
        {"kind": "fired", "chain": chain, "flow_id": flow, "run_id": f"run-{number}"},
        {"kind": "ended", "chain": chain, "outcome": "landed"},
        at=at,
    )


async def test_what_is_long_over_is_put_away_and_what_is_asked_for_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    ledger = Ledger(tmp_path / "ledger.jsonl", clock)
    old = clock.now() - LONG_AGO
    made = lines(
        {"kind": "begun", "chain": "maker", "marker": "m"},
        {"kind": "result", "chain": "maker", "action": "create", "noun": "dataflow", "id": "flow-1"},
        {"kind": "ended", "chain": "maker", "outcome": "landed"},
        at=old,
    )
    open_ = lines({"kind": "begun", "chain": "open", "marker": "m"}, at=old)
    note = lines({"kind": "note", "chain": "", "about": "adopted", "flow_id": "flow-3"}, at=old)
    beside = past_run(9_000, "flow-2", old, kind="incremental")
    last_word = past_run(9_001, "flow-4", old)
    many = [past_run(number, "flow-1", old) for number in range(MANY)]
    ledger.file.write_text(made + open_ + note + beside + last_word + "".join(many) + '{"torn')
    before = await ledger.entries()

    begun = await ledger.begin(marker="m", export="churn")
    chains = {chain.id for chain in await ledger.chains()}
    assert {"maker", "open", "c9000", "c9001", begun} <= chains
    assert {f"c{number}" for number in range(MANY - 500, MANY)} <= chains
    assert len(chains) == 505
    assert [each.text("flow_id") for each in await ledger.notes("adopted")] == ["flow-3"]
    # Whoever had read it before sees the same, and nothing is lost.
    assert {chain.id for chain in await Ledger(ledger.file, clock).chains()} == chains
    put_away = LedgerFile(ledger.file.with_name("ledger-old.jsonl")).read()
    kept = [entry for entry in await ledger.entries() if entry.chain != begun]
    assert sorted((*put_away, *kept), key=before.index) == list(before)
    for file in (ledger.file, ledger.file.with_name("ledger-old.jsonl")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_lines_written_while_old_ones_are_put_away_are_not_lost(tmp_path: Path) -> None:
    clock = FakeClock()
    file = tmp_path / "ledger.jsonl"
    file.write_text("".join(past_run(number, "flow-1", clock.now() - LONG_AGO) for number in range(MANY)))
    writers = [Ledger(file, clock) for _ in range(4)]

    async def write(ledger: Ledger, name: str) -> None:
        for number in range(20):
            await ledger.begin(export=f"{name}-{number}")

    async with asyncio.TaskGroup() as group:
        for number, ledger in enumerate(writers):
            group.create_task(write(ledger, f"w{number}"))
    for ledger in (*writers, Ledger(file, clock)):
        names = {chain.begun.text("export") for chain in await ledger.unfinished() if chain.begun is not None}
        assert names == {f"w{writer}-{number}" for writer in range(4) for number in range(20)}


async def test_a_ledger_is_read_on_from_where_the_last_reading_stopped(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_chain(ledger)
    reader = Ledger(ledger.file, FakeClock())
    first = await reader.entries()
    parsed: list[bytes] = []

    def counted(line: bytes) -> Entry | None:
        parsed.append(line)
        return read_entry(line)

    monkeypatch.setattr(ledger_file, "read_entry", counted)
    await ledger.add(Kind.NOTE, "", about="later")
    assert [each.text("about") for each in (await reader.entries())[len(first) :]] == ["later"]
    assert sum(1 for line in parsed if line) == 1
