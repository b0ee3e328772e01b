"""Hooks hear of a scheduled run that is late, that is missed, and of the one that lands after it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from support.emulated import running_emulator
from support.events import write_events
from support.hooks import hooked, told
from support.three_hourly import HOUR, skip, start_of, three_hourly
from support.workspaces import LANDING, QuickClock, opened
from tarmac.services.exports.exporting import resume
from tarmac.services.exports.progress import FollowState
from tarmac.services.runs.alerts import with_alerts, with_schedule_alerts
from tarmac.services.runs.scheduled_runs import Appeared, NotCome, ScheduleNews, _Watch, scheduled_runs
from tarmac.services.workspace import Workspace


async def listen(ws: Workspace, seen: list[ScheduleNews]) -> None:
    async with aclosing(with_schedule_alerts(ws, scheduled_runs(ws))) as news:
        async for each in news:  # one at a time: it never ends, and the test looks at what there is
            seen += [each]


async def test_late_missed_and_recovered_are_told_once_each_over_a_restart(tmp_path: Path) -> None:
    datasets = (("events", write_events(tmp_path, 600)),)
    async with running_emulator(datasets=datasets, growth=60, speed=1) as emulated, asyncio.timeout(60):
        async with opened(emulated, tmp_path, clock=QuickClock()) as ws:
            hooked(ws, tmp_path / "told")
            flow_id = await three_hourly(ws, emulated, LANDING)
            emulated.advance(start_of(emulated, flow_id) + 5)
            looks = 0
            async with aclosing(with_schedule_alerts(ws, scheduled_runs(ws))) as news:
                async for each in news:
                    if isinstance(each, Appeared):
                        skip(emulated, flow_id, 5 * HOUR)
                        emulated.advance(3 * HOUR + 75 * 60)
                    if isinstance(each, NotCome):
                        assert each.row.state is FollowState.LATE
                        looks += 1
                    if looks == 3:
                        break
            [late] = told(tmp_path / "told")
            assert (late["change"], late["export"], late["flow_id"], late["run_id"]) == (
                "late",
                "hourly",
                flow_id,
                None,
            )
            assert late["words"].startswith("hourly is late since ")
            assert late["due"] is not None

        emulated.advance(2 * HOUR)
        async with opened(emulated, tmp_path, clock=QuickClock()) as ws:
            hooked(ws, tmp_path / "told")
            seen: list[ScheduleNews] = []
            listening = asyncio.create_task(listen(ws, seen))
            while True:
                await asyncio.sleep(0.01)  # the hook is another process; only its file tells
                if len(told(tmp_path / "told")) == 2 and any(isinstance(each, Appeared) for each in seen):
                    break
            listening.cancel()
            assert [each.row.state for each in seen if isinstance(each, NotCome)] == [FollowState.MISSED]
            [chain] = [each.chain for each in seen if isinstance(each, Appeared)]
            assert chain is not None
            async for _ in with_alerts(ws, "hourly", resume(ws, chain)):
                pass
        alerts = told(tmp_path / "told")
        assert [(each["change"], each["was"]) for each in alerts] == [
            ("late", None),
            ("missed", None),
            ("recovered", "missed"),
        ]
        assert alerts[1]["due"] == late["due"]
        assert alerts[2]["run_id"] == chain.run_id


async def test_what_was_missed_days_ago_is_not_kept(tmp_path: Path) -> None:
    datasets = (("events", write_events(tmp_path, 600)),)
    async with (
        running_emulator(datasets=datasets, growth=60, speed=0) as emulated,
        opened(emulated, tmp_path, clock=QuickClock()) as ws,
        asyncio.timeout(60),
    ):
        flow_id = await three_hourly(ws, emulated, LANDING)
        emulated.advance(start_of(emulated, flow_id) + 5)
        watch = _Watch(ws)
        await watch.look()
        skip(emulated, flow_id, 100 * HOUR)
        states: list[FollowState] = []
        for _ in range(24):
            emulated.advance(3 * HOUR)
            states += [each.row.state for each in await watch.look() if isinstance(each, NotCome)]
        assert states.count(FollowState.MISSED) > 20
        assert len(watch._open) <= 24 / 3 + 2
        assert len(watch._seen) == 0
