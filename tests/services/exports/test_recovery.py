"""What is offered after a crash: continue, adopt, clean up; never what was not made here or is used by others."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from support.chain import LANDING_ZONE_FLOW_SPEC
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.workspaces import opened, wish
from tarmac.services.errors import ReadOnly
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export, resume
from tarmac.services.exports.findings import Standing, examine
from tarmac.services.exports.ledger_file import LedgerError
from tarmac.services.exports.leftovers import Leftover, in_words, leftovers
from tarmac.services.exports.progress import (
    ExportEvent,
    Finished,
    Outcome,
    RunFired,
    StepDone,
    StepStarted,
    WaitingForReady,
)
from tarmac.services.exports.recovery import adopt, clean_up
from tarmac.services.plans.plan import Noun
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.times import SystemClock

NOUNS = ("sourceConnections", "connections", "targetConnections", "flows")


async def objects(emulated: Emulated) -> dict[str, list[str]]:
    async with emulated.client() as client:
        return {
            noun: [item["id"] for item in (await client.get(f"{FLOW_SERVICE}/{noun}?limit=100")).json()["items"]]
            for noun in NOUNS
        }


async def broken_off(ws: Workspace, emulated: Emulated, kind: type[ExportEvent], nth: int = 1) -> Leftover:
    """Export and break off at the nth event of a kind, as a killed process does; return the leftover."""
    async with aclosing(export(ws, wish(emulated.dataset_id()))) as events:
        async for event in events:
            nth -= isinstance(event, kind)
            if nth == 0:
                break
    (found,) = await leftovers(ws)
    return found


@pytest.mark.parametrize("made", [1, 2, 3, 4])
async def test_clean_up_takes_away_exactly_what_was_made(tmp_path: Path, made: int) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, StepDone, made)
        assert left.can_clean_up
        assert f"after {made} of its objects" in left.words
        result = await clean_up(ws, left)
        assert result.error is None
        assert len(result.deleted) == made
        assert await objects(emulated) == {noun: [] for noun in NOUNS}
        assert await leftovers(ws) == ()
        deletes = [each.path.split("/")[4] for each in emulated.requests("DELETE", f"{FLOW_SERVICE}/*")]
        order = ["flows", "targetConnections", "sourceConnections", "connections"]
        assert deletes == [noun for noun in order if noun in deletes]


async def test_what_was_made_but_never_answered_is_found_and_cleaned_up(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await killed_after_commit(ws, emulated)
        assert "whether that was done is not known" in left.words
        pieces = {each.noun: each.standing for each in (await examine(ws, left)).pieces}
        assert pieces == {Noun.SOURCE: Standing.MADE, Noun.BASE: Standing.MADE, Noun.TARGET: Standing.FOUND}
        result = await clean_up(ws, left)
        assert len(result.deleted) == 3
        assert await objects(emulated) == {noun: [] for noun in NOUNS}


async def test_adopted_it_is_kept_known_and_reused(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await killed_after_commit(ws, emulated)
        before = await objects(emulated)
        await adopt(ws, left)
        assert await leftovers(ws) == ()
        assert await objects(emulated) == before
        (chain,) = await ws.ledger.chains()
        assert chain.open_intents() == ()
        assert set(chain.created_ids()) == {id_ for ids in before.values() for id_ in ids}
        events = [event async for event in export(ws, wish(emulated.dataset_id()))]
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED, last.result.error
        assert {noun: len(ids) for noun, ids in (await objects(emulated)).items()} == dict.fromkeys(NOUNS, 1)


async def test_what_was_there_before_or_is_used_by_others_stays(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, StepDone, 3)
        ids = left.chain.ids()
        async with emulated.client() as client:
            body = {
                "name": "theirs",
                "flowSpec": {"id": LANDING_ZONE_FLOW_SPEC, "version": "1.0"},
                "sourceConnectionIds": [ids["source connection"]],
                "targetConnectionIds": [ids["target connection"]],
                "transformations": [],
            }
            theirs = (await client.post(f"{FLOW_SERVICE}/flows", json=body)).json()["id"]
        result = await clean_up(ws, left)
        assert result.deleted == ()
        assert len(result.kept) == 3
        assert (await objects(emulated))["flows"] == [theirs]
        assert {noun: len(each) for noun, each in (await objects(emulated)).items()} == dict.fromkeys(NOUNS, 1)


async def test_reused_objects_are_never_cleaned_up(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        async with opened(emulated, tmp_path / "first") as ws:
            async for _ in export(ws, wish(emulated.dataset_id())):
                pass
        before = await objects(emulated)
        async with opened(emulated, tmp_path / "second") as ws:
            left = await broken_off(ws, emulated, StepDone, 4)
            assert not left.can_clean_up
            assert (await clean_up(ws, left)).deleted == ()
        assert await objects(emulated) == before


async def test_continue_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await killed_after_commit(ws, emulated)
        assert left.can_continue
        events = [event async for event in resume(ws, left.chain, timeout_s=60)]
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED, last.result.error
        assert {noun: len(ids) for noun, ids in (await objects(emulated)).items()} == dict.fromkeys(NOUNS, 1)
        assert await leftovers(ws) == ()


async def test_what_is_being_worked_on_is_no_leftover_and_is_not_touched(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        async with aclosing(export(ws, wish(emulated.dataset_id()))) as events:
            async for event in events:
                if isinstance(event, StepDone):
                    break
            # Another tarmac on the same state.
            async with opened(emulated, tmp_path) as other:
                assert await leftovers(other) == ()
                (chain,) = await other.ledger.unfinished()
                assert await other.ledger.is_worked_on(chain.id)
        (left,) = await leftovers(ws)
        async with ws.ledger.working_on(left.chain.id):
            with pytest.raises(LedgerError, match="worked on"):
                await clean_up(ws, left)
            with pytest.raises(LedgerError, match="worked on"):
                await adopt(ws, left)
        assert emulated.requests("DELETE", "*") == []


async def test_a_killed_process_lets_go_of_its_chain(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        chain = await ws.ledger.begin(marker="m", export="churn")
        code = (
            "import asyncio, pathlib, sys\n"
            "from tarmac.services.exports.ledger import Ledger\n"
            "from tarmac.terms.times import SystemClock\n"
            "async def main():\n"
            "    async with Ledger(pathlib.Path(sys.argv[1]), SystemClock()).working_on(sys.argv[2]):\n"
            "        print('held', flush=True)\n"
            "        await asyncio.sleep(60)\n"
            "asyncio.run(main())\n"
        )
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(ws.ledger.file), chain, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"held\n"
        assert await leftovers(ws) == ()
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        assert [each.export for each in await leftovers(ws)] == ["churn"]


async def test_a_flow_whose_run_is_going_on_is_not_deleted(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=60) as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, RunFired)
        with pytest.raises(UsageError) as caught:
            await clean_up(ws, left)
        assert caught.value.code == "run-going-on"
        assert emulated.requests("DELETE", "*") == []


async def test_a_run_that_turned_out_to_exist_is_adopted(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, RunFired)
        # The process died between the answer and the line in the ledger.
        lines = ws.ledger.file.read_text().splitlines(keepends=True)
        ws.ledger.file.write_text("".join(line for line in lines if '"fired"' not in line))
        (left,) = await leftovers(ws)
        assert left.words == "waiting to fire its run"
        findings = await adopt(ws, left)
        assert findings.run is not None
        (chain,) = await ws.ledger.chains()
        assert chain.run_id == findings.run.id


async def test_an_error_half_way_leaves_it_listed_and_the_next_try_ends_it(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, StepDone, 4)
        emulated.add_faults(
            request=[{"method": "DELETE", "path": f"{FLOW_SERVICE}/sourceConnections/*", "status": 403, "body": {}}]
        )
        result = await clean_up(ws, left)
        assert result.error is not None
        assert len(result.deleted) == 2
        (left,) = await leftovers(ws)
        assert (await clean_up(ws, left)).error is None
        assert await objects(emulated) == {noun: [] for noun in NOUNS}


async def test_read_only_deletes_nothing(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        async with opened(emulated, tmp_path) as ws:
            await broken_off(ws, emulated, StepDone, 2)
        async with opened(emulated, tmp_path, read_only=True) as ws:
            (left,) = await leftovers(ws)
            with pytest.raises(ReadOnly):
                await clean_up(ws, left)
        assert emulated.requests("DELETE", "*") == []


async def test_where_it_stopped_is_said_in_words(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, StepStarted)
        assert left.words == "before anything was made"
        assert in_words([left]) == "1 export was not finished: churn (before anything was made)."
        left = await broken_off(ws, emulated, WaitingForReady)
        assert left.words == "waiting to fire its run"
        assert in_words([]) == ""


async def killed_after_commit(ws: Workspace, emulated: Emulated) -> Leftover:
    """Leave a target connection that exists, and a ledger that only knows that it was about to be made."""
    await broken_off(ws, emulated, StepDone, 3)
    lines = [line for line in ws.ledger.file.read_text().splitlines(keepends=True) if line.strip()]
    # The last line is the result of the target connection: it was never written.
    assert '"result"' in lines[-1]
    ws.ledger.file.write_text("".join(lines[:-1]))
    (found,) = await leftovers(ws)
    assert found.chain.open_intents()[0].kind is Kind.INTENT
    return found


class HeardClock(SystemClock):
    """Real time; `waits` is set when somebody begins to wait."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waits.set()
        await super().sleep(seconds)


async def test_a_chain_that_was_ended_while_its_lock_was_waited_for_is_not_gone_on_with(tmp_path: Path) -> None:
    clock = HeardClock()
    async with (
        running_emulator() as emulated,
        opened(emulated, tmp_path, clock=clock) as ws,
        opened(emulated, tmp_path) as other,
    ):
        left = await broken_off(ws, emulated, StepDone, 4)
        seen: list[ExportEvent] = []

        async def export_again() -> None:
            seen.extend([event async for event in export(ws, wish(emulated.dataset_id()))])

        async with asyncio.TaskGroup() as group, other.ledger.working_on(left.chain.id, alone=True):
            clock.waits.clear()
            group.create_task(export_again())
            await clock.waits.wait()
            await other.ledger.add(Kind.ENDED, left.chain.id, outcome="adopted")
        last = seen[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED, last.result.error
        old, new = await ws.ledger.chains()
        assert old.entries[-1].kind is Kind.ENDED, "nothing is written into a chain that is over"
        assert new.run_id == last.result.run_id


async def test_going_on_with_a_chain_that_is_over_is_refused(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        left = await broken_off(ws, emulated, StepDone, 4)
        await ws.ledger.add(Kind.ENDED, left.chain.id, outcome="adopted")
        *_, last = [event async for event in resume(ws, left.chain)]
        assert isinstance(last, Finished)
        assert (last.result.outcome, getattr(last.result.error, "code", "")) == (Outcome.REFUSED, "chain-ended")
        assert len(emulated.requests("POST", "*/adhocrun")) == 0


async def test_an_older_chain_that_somebody_works_on_is_not_ended(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws, opened(emulated, tmp_path) as other:
        left = await broken_off(ws, emulated, StepDone, 4)
        facts = left.chain.entries[0].facts
        newer = await ws.ledger.begin(**facts)
        async with other.ledger.working_on(left.chain.id):
            async for _ in export(ws, wish(emulated.dataset_id())):
                pass
        chains = {chain.id: chain for chain in await ws.ledger.chains()}
        assert (chains[left.chain.id].ended is None, chains[newer].ended is None) == (True, False)
