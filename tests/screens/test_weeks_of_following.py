"""An app that stays open for weeks keeps the newest of what ended and nothing of the rest, and is quick with what it has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.keys import wait_for
from support.offline import offline_home
from tarmac.app import TarmacApp
from tarmac.services.exports.progress import FollowedRun, FollowState
from tarmac.services.runs.scheduled_runs import NotCome, ScheduleNews
from tarmac.session import Session
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import RowSource

KEPT = 100
BEGAN = datetime(2026, 11, 23, tzinfo=UTC)


def late(hour: int) -> FollowedRun:
    due = BEGAN + timedelta(hours=hour)
    return FollowedRun(f"slot-{hour:04}", f"export-{hour:04}", "", FollowState.LATE, due, 0.0, due)


def news_of(coming: asyncio.Queue[FollowedRun]) -> Callable[[object], AsyncGenerator[ScheduleNews, None]]:
    """Return what stands in for the looks at the schedules: each row that is put in is news."""

    async def news(_: object) -> AsyncGenerator[ScheduleNews, None]:
        while True:
            row = await coming.get()
            yield NotCome(row, "not there")

    return news


async def test_rows_that_ended_go_with_all_that_was_kept_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming: asyncio.Queue[FollowedRun] = asyncio.Queue()

    def miss(first: int, end: int) -> None:
        for hour in range(first, end):
            coming.put_nowait(late(hour))
            coming.put_nowait(replace(late(hour), state=FollowState.MISSED))

    monkeypatch.setattr("tarmac.services.runs.scheduled_runs.scheduled_runs", news_of(coming))
    app = TarmacApp(Session("acme", places=offline_home(tmp_path, [])))
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "not reachable")
        miss(0, 150)
        await pilot.press("4")
        await wait_for(pilot, "export-0149")
        assert [row.key for row in app.follows.rows] == [f"slot-{hour:04}" for hour in range(149, 49, -1)]
        assert app.calls.unseen == {row.key for row in app.follows.rows} - {"slot-0149"}
        await pilot.press("G")
        await wait_for(pilot, "100/100")
        miss(150, 300)
        await wait_for(pilot, lambda _: app.follows.rows[0].key == "slot-0299")
        keys = [row.key for row in app.follows.rows]
        assert len(keys) <= KEPT + 1
        assert keys[-1] == "slot-0050", "the row under the cursor went away"
        assert app.calls.unseen <= set(keys)


async def test_a_move_makes_no_row_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown_anew: list[int] = []
    real = LineTable.show

    def show(table: LineTable, source: RowSource) -> None:
        shown_anew.append(len(source))
        real(table, source)

    coming: asyncio.Queue[FollowedRun] = asyncio.Queue()
    monkeypatch.setattr("tarmac.services.runs.scheduled_runs.scheduled_runs", news_of(coming))
    app = TarmacApp(Session("acme", places=offline_home(tmp_path, [])))
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("4")
        for hour in range(10):
            coming.put_nowait(late(hour))
        await wait_for(pilot, "10 under way")
        monkeypatch.setattr(LineTable, "show", show)
        await pilot.press("down", "down", "up")
        await wait_for(pilot, "2/10")
        await wait_for(pilot, lambda text: text.count("export-0008") == 2)  # its row, and the details
        assert shown_anew == []
