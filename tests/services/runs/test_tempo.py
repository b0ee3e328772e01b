"""Usual, slow, stalled since: by the flow's own history, in words; silence where nothing can be known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.emulated import running_emulator
from support.fake_clock import FakeClock
from support.workspaces import HastyClock, opened, wish
from tarmac.platform.models import Run, RunPhase
from tarmac.services.exports.exporting import export
from tarmac.services.exports.history import Duration
from tarmac.services.exports.progress import Band, Finished, Outcome, RunFired, RunSeen, Tempo
from tarmac.services.runs.follow_rows import new_row, row_after
from tarmac.services.runs.tempo import Changes, judge

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
USUAL = Band(60.0, 100.0, 12)


def run(phase: RunPhase = RunPhase.RUNNING, **raw: object) -> Run:
    return Run("r1", "f1", phase, phase.value, raw=raw)


@pytest.mark.parametrize(
    ("elapsed_s", "quiet_s", "tempo", "words"),
    [
        (30, 30, Tempo.USUAL, "not slower than usual (60-100 s)"),
        (125, 125, Tempo.USUAL, "a little slower than usual (60-100 s)"),
        (200, 200, Tempo.SLOW, "slow: usually 60-100 s, so far 200 s"),
        (700, 650, Tempo.STALLED, "stalled since 14:19 UTC: nothing has changed for 10:50"),
        (700, 20, Tempo.SLOW, "so far 700 s"),
    ],
)
def test_a_run_is_judged_by_its_own_flow(elapsed_s: float, quiet_s: float, tempo: Tempo, words: str) -> None:
    found = judge(run(), elapsed_s, USUAL, NOW - timedelta(seconds=quiet_s), NOW)
    assert found.tempo is tempo
    assert words in found.words
    assert (found.since is not None) == (tempo is Tempo.STALLED)


def test_another_flows_history_judges_nothing() -> None:
    other = Band(1.0, 2.0, 5, is_own=False)
    assert judge(run(), 1000, other, NOW - timedelta(seconds=1000), NOW).tempo is Tempo.UNKNOWN
    assert judge(run(), 1000, None, NOW - timedelta(seconds=1000), NOW).words == ""
    assert judge(run(), 4000, None, NOW - timedelta(seconds=4000), NOW).tempo is Tempo.STALLED


def test_accepted_and_never_begun_is_said() -> None:
    early = judge(run(RunPhase.QUEUED), 500, None, NOW - timedelta(seconds=500), NOW)
    assert early.tempo is Tempo.UNKNOWN
    late = judge(run(RunPhase.QUEUED), 700, None, NOW - timedelta(seconds=700), NOW)
    assert late.tempo is Tempo.STALLED
    assert "may never start" in late.words


def test_a_run_that_has_ended_is_not_judged() -> None:
    assert judge(run(RunPhase.SUCCEEDED), 9999, USUAL, NOW - timedelta(seconds=9999), NOW).words == ""


@given(
    phase=st.sampled_from(RunPhase),
    elapsed_s=st.floats(0, 1e7),
    quiet_s=st.floats(0, 1e7),
    low=st.floats(0, 1e5),
    more=st.floats(0, 1e5),
)
def test_any_numbers_give_a_verdict(phase: RunPhase, elapsed_s: float, quiet_s: float, low: float, more: float) -> None:
    found = judge(run(phase), elapsed_s, Band(low, low + more, 3), NOW - timedelta(seconds=quiet_s), NOW)
    assert (found.words == "") == (found.tempo is Tempo.UNKNOWN)
    assert not (phase.is_final and found.words)


def test_the_last_change_is_of_the_record_not_of_the_look() -> None:
    changes = Changes()
    first = changes.see(run(rows=1), NOW)
    assert changes.see(run(rows=1), NOW + timedelta(minutes=5)) == first
    assert changes.see(run(rows=2), NOW + timedelta(minutes=6)) == NOW + timedelta(minutes=6)


async def test_a_stuck_run_of_a_known_flow_is_called_stalled(tmp_path: Path) -> None:
    async with running_emulator(speed=200) as emulated, opened(emulated, tmp_path, clock=HastyClock()) as ws:
        first = [event async for event in export(ws, wish(emulated.dataset_id()))][-1]
        assert isinstance(first, Finished)
        assert first.result.outcome is Outcome.LANDED
        for seconds in (1, 2, 3):
            await ws.history.add(Duration.RUN, first.result.flow_id or "", seconds, NOW)
        emulated.add_faults(run=[{"stuck": True}])
        row = new_row("k", wish(emulated.dataset_id()), ws.clock.now(), ws.now())
        seen: set[Tempo] = set()
        async for event in export(ws, wish(emulated.dataset_id()), timeout_s=8):
            row = row_after(row, event, ws.clock.now(), ws.now())
            if isinstance(event, RunFired):
                emulated.advance(400)
            if isinstance(event, RunSeen):
                seen.add(event.going.tempo)
                if event.going.tempo is Tempo.STALLED:
                    assert "stalled since" in row.going.words
                    assert row.going.since is not None
                    break
        assert Tempo.STALLED in seen


async def test_a_run_that_was_accepted_and_never_begins_is_said_and_fired_anew(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, clock=FakeClock()) as ws:
        flow = {"id": emulated.dataset_id(), "statusURL": "https://platform.adobe.io/runs/never", "flowId": "f"}
        emulated.add_faults(
            request=[
                {
                    "method": "POST",
                    "path": "*/adhocrun",
                    "status": 200,
                    "body": {"destinations": [{"datasets": [flow]}]},
                }
            ]
        )
        first = [event async for event in export(ws, wish(emulated.dataset_id()), timeout_s=3600)][-1]
        assert isinstance(first, Finished)
        assert first.result.outcome is Outcome.FAILED
        assert first.result.error is not None
        assert first.result.error.code == "run-never-began"
        assert "may never start" in first.result.error.meaning
        async with opened(emulated, tmp_path) as again:
            second = [event async for event in export(again, wish(emulated.dataset_id()))][-1]
        assert isinstance(second, Finished)
        assert second.result.outcome is Outcome.LANDED, second.result.error
        assert second.result.flow_id == first.result.flow_id
