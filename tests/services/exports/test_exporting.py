from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from support.emulated import FLOW_SERVICE, running_emulator
from support.exporting import NOUNS, creates, events_of, objects, posts_to_adhoc, result_of
from support.workspaces import HastyClock, opened, wish
from tarmac.services.exports.exporting import export
from tarmac.services.exports.history import Duration
from tarmac.services.exports.progress import (
    ExportEvent,
    Finished,
    Outcome,
    RunFired,
    RunSeen,
    StepDone,
    WaitingForReady,
)
from tarmac.services.plans.plan import Action, Noun
from tarmac.services.workspace import Workspace
from tarmac.terms.formats import Compression, FileFormat


async def test_a_wish_lands_and_is_proved(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        dataset = emulated.ready["datasets"][0]
        events = await events_of(ws, wish(dataset["id"]))
        done = [event for event in events if isinstance(event, StepDone)]
        assert [event.step.noun for event in done] == [Noun.SOURCE, Noun.BASE, Noun.TARGET, Noun.FLOW]
        assert isinstance(events[-1], Finished)
        result = events[-1].result
        assert result.error is None
        assert (result.outcome, result.verified) == (Outcome.LANDED, True)
        assert result.rows == dataset["rows"]
        assert result.folder is not None
        assert result.folder.startswith(f"ml/churn/{dataset['id']}/exportTime=")
        assert result.receipt is not None
        assert result.receipt.is_file()
        assert len(result.created) == 4
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)


async def test_the_same_wish_again_creates_nothing_and_fires_a_new_run(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        first = await result_of(ws, wish(emulated.dataset_id()))
        before = creates(emulated)
        emulated.advance(60)  # folders are named by the second
        # Another machine knows nothing but the platform.
        async with opened(emulated, tmp_path / "other") as other:
            second = await result_of(other, wish(emulated.dataset_id()))
        assert second.outcome is Outcome.LANDED
        assert second.flow_id == first.flow_id
        assert second.run_id != first.run_id
        assert second.created == ()
        assert set(second.reused) == set(first.created)
        assert creates(emulated) == before


async def test_not_ready_is_asked_again_until_it_is_accepted(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=400) as emulated, opened(emulated, tmp_path) as ws:
        events = await events_of(ws, wish(emulated.dataset_id()))
        waits = [event for event in events if isinstance(event, WaitingForReady)]
        assert waits
        assert all(0 < event.next_probe_s <= 2 for event in waits)
        assert [event.elapsed_s for event in waits] == sorted(event.elapsed_s for event in waits)
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED
        from tarmac.services.exports.history import Duration

        usual = await ws.history.usual(Duration.READY)
        assert usual is not None
        assert 1.0 <= usual.low_s <= 1.5 * 1.1 + 0.5


async def test_a_failed_run_ends_the_wait_at_once_with_its_reason(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        result = await result_of(ws, wish(emulated.dataset_id()), timeout_s=60)
        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert result.error.code == "ACTIVATION_BATCH-0000-FAILED"
        assert "Job aborted." in result.error.message
        assert result.run_id is not None


async def test_a_deadline_ends_the_wait_and_the_same_command_goes_on(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=0) as emulated, opened(emulated, tmp_path, probe_s=0.4) as ws:
        result = await result_of(ws, wish(emulated.dataset_id()), timeout_s=0.3)
        assert result.outcome is Outcome.RUNNING
        assert result.error is not None
        assert result.error.code == "not-ready"
        emulated.advance(700)
        emulated.set_speed(1)
        again = await result_of(ws, wish(emulated.dataset_id()), timeout_s=60)
        assert again.outcome is Outcome.LANDED
        assert again.created == result.created
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)


async def test_without_waiting_it_ends_when_the_run_is_fired(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        result = await result_of(ws, wish(emulated.dataset_id()), wait=False)
        assert result.outcome is Outcome.RUNNING
        assert result.run_id is not None
        assert result.error is None


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_create_whose_answer_is_lost_is_not_repeated(tmp_path: Path, noun: str) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(
            request=[{"method": "POST", "path": f"{FLOW_SERVICE}/{noun}", "when": "after-commit", "close": "drop"}]
        )
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert creates(emulated)[noun] == 1
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)


@pytest.mark.parametrize("noun", [*NOUNS, "adhocrun"])
async def test_throttled_after_it_was_carried_out_nothing_is_made_twice(tmp_path: Path, noun: str) -> None:
    path = "*/adhocrun" if noun == "adhocrun" else f"{FLOW_SERVICE}/{noun}"
    clock = HeardClock()
    async with running_emulator() as emulated, opened(emulated, tmp_path, clock=clock) as ws:
        throttle = {"method": "POST", "path": path, "when": "after-commit", "status": 429}
        emulated.add_faults(request=[{**throttle, "headers": {"Retry-After": "3"}}])
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)
        assert posts_to_adhoc(emulated) == 1
        if noun != "adhocrun":  # there the run is found before anybody would ask again
            assert 3.0 in clock.slept


class HeardClock(HastyClock):
    """A hasty clock that keeps what was waited for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)


@pytest.mark.parametrize("fault", [{"status": 500, "body": ""}, {"status": 200, "body": {"destinations": []}}])
async def test_errors_are_not_called_waiting_for_readiness(tmp_path: Path, fault: dict[str, object]) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        emulated.add_faults(request=[{"method": "POST", "path": "*/adhocrun", "times": 0, "when": "before", **fault}])
        events = await events_of(ws, wish(emulated.dataset_id()), timeout_s=2)
        waits = [event for event in events if isinstance(event, WaitingForReady)]
        assert waits
        assert all(event.problem is not None for event in waits)
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.FAILED
        assert last.result.error is not None
        assert last.result.error.code not in {"not-ready", "still-running"}
        # Nothing is forgotten, and what was no readiness is not remembered as one.
        emulated.clear_faults()
        again = await result_of(ws, wish(emulated.dataset_id()))
        assert again.outcome is Outcome.LANDED
        assert await ws.history.usual(Duration.READY, again.flow_id or "") is None


async def test_a_run_whose_answer_is_lost_is_found_and_not_fired_twice(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(request=[{"method": "POST", "path": "*/adhocrun", "when": "after-commit", "close": "drop"}])
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert posts_to_adhoc(emulated) == 1
        async with emulated.client() as client:
            runs = (await client.get(f"{FLOW_SERVICE}/runs", params={"limit": "100"})).json()["items"]
        assert [run["id"] for run in runs] == [result.run_id]


async def test_a_create_that_fails_before_it_is_done_is_sent_again(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        emulated.add_faults(request=[{"method": "POST", "path": f"{FLOW_SERVICE}/flows", "status": 503}])
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)


async def stop_at(ws: Workspace, kind: type, dataset: str, nth: int = 1) -> ExportEvent:
    """Start an export and break off at the nth event of a kind, as a killed process does."""
    async with aclosing(export(ws, wish(dataset))) as events:
        async for event in events:
            nth -= isinstance(event, kind)
            if nth == 0:
                return event
    raise AssertionError(f"no {kind.__name__}")


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
async def test_broken_off_between_steps_the_next_one_goes_on_without_orphans(tmp_path: Path, steps: int) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        await stop_at(ws, StepDone, emulated.dataset_id(), steps)
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert len(result.created) == 4
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)
        assert await ws.ledger.unfinished() == ()


async def test_broken_off_while_it_runs_the_same_run_is_followed(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=1.0) as emulated, opened(emulated, tmp_path) as ws:
        fired = await stop_at(ws, RunFired, emulated.dataset_id())
        assert isinstance(fired, RunFired)
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.LANDED, result.error
        assert result.run_id == fired.run_id
        assert posts_to_adhoc(emulated) == 1


async def test_two_at_a_time_share_one_flow_and_one_run(tmp_path: Path) -> None:
    async with running_emulator(ready_after=600, speed=300) as emulated, opened(emulated, tmp_path) as ws:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(result_of(ws, wish(emulated.dataset_id()))) for _ in range(2)]
        results = [task.result() for task in tasks]
        assert [result.outcome for result in results] == [Outcome.LANDED, Outcome.LANDED], results
        assert await objects(emulated) == dict.fromkeys(NOUNS, 1)


async def test_uncompressed_json_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        bad = wish(emulated.dataset_id(), format=FileFormat.JSON, compression=Compression.NONE)
        result = await result_of(ws, bad)
        assert result.outcome is Outcome.REFUSED
        assert result.exit_code == 64
        assert [
            request for request in emulated.requests() if request.method != "GET" and "ims" not in request.path
        ] == []


async def test_read_only_refuses_and_sends_nothing(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, read_only=True) as ws:
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert result.outcome is Outcome.REFUSED
        assert result.error is not None
        assert result.error.code == "read-only"
        assert emulated.requests("POST", f"{FLOW_SERVICE}/*") == []


async def test_rows_that_do_not_agree_are_a_mismatch(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        emulated.add_faults(run=[{"row_offset": -3}])
        result = await result_of(ws, wish(emulated.dataset_id()))
        assert (result.outcome, result.exit_code, result.verified) == (Outcome.MISMATCH, 4, False)


async def test_an_unknown_status_word_is_neither_success_nor_the_end(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, poll_s=0.2) as ws:
        emulated.add_faults(run=[{"status": "Pondering"}])
        events = await events_of(ws, wish(emulated.dataset_id()), timeout_s=3)
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.RUNNING
        assert any(isinstance(event, RunSeen) and event.run.status_word == "Pondering" for event in events)


async def test_a_platform_that_is_away_for_a_while_is_shown_as_stale(tmp_path: Path) -> None:
    async with running_emulator(queue_seconds=2.0) as emulated, opened(emulated, tmp_path, poll_s=0.2) as ws:
        emulated.add_faults(request=[{"path": f"{FLOW_SERVICE}/runs/*", "nth": 2, "times": 5, "status": 503}])
        events = await events_of(ws, wish(emulated.dataset_id()), timeout_s=60)
        stale = [event.stale_s for event in events if isinstance(event, RunSeen) and event.stale_s > 0]
        assert stale
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.result.outcome is Outcome.LANDED


async def test_every_step_of_a_new_wish_is_a_create(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        events = await events_of(ws, wish(emulated.dataset_id()), wait=False)
        done = [event for event in events if isinstance(event, StepDone)]
        assert {event.step.action for event in done} == {Action.CREATE}
        assert all(event.created for event in done)
