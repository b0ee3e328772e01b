"""From the first ad-hoc run to a schedule in production, by commands alone, on the virtual clock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.emulator_process import Home, emulator_home
from support.events import write_events

ROWS, PER_HOUR = 600, 30
TIMING = {"probe": "200ms", "poll": "200ms"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    events = write_events(tmp_path, ROWS)
    arguments = [
        "--dataset",
        f"events={events}",
        "--ready-after",
        "0",
        "--growth",
        str(PER_HOUR),
        "--sample-flows",
        "1",
    ]
    with emulator_home(tmp_path / "home", *arguments, timing=TIMING) as home:
        yield home


def answer(home: Home, *arguments: str, code: int = 0) -> Any:
    done = home.run(*arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def advance(home: Home, hours: float) -> None:
    httpx.post(f"{home.emulator['base_url']}/_emulator/clock", json={"advance": hours * 3600}).raise_for_status()


def runs_of(home: Home, export: str, *, finished: int) -> list[dict[str, Any]]:
    """The runs, oldest first, once so many have ended well; fails at a deadline."""
    deadline = time.monotonic() + 30
    while True:
        runs = [run for run in answer(home, "runs", export)["runs"] if run["phase"] == "succeeded"]
        if len(runs) >= finished:
            return list(reversed(runs))
        assert time.monotonic() < deadline, runs


def test_an_ad_hoc_flow_becomes_six_hourly_and_three_scheduled_runs_land(home: Home) -> None:
    landed = answer(home, "export", "--dataset", "events", "--to", "landing", "--name", "events")
    assert (landed["status"], landed["verified"]) == ("landed", True)

    dry = answer(home, "flow", "reschedule", "events", "--schedule", "every 6h", "--dry-run", code=2)
    [step] = dry["items"][0]["steps"]
    assert "share this schedule" not in " ".join(step["notes"])
    done = answer(home, "flow", "reschedule", "events", "--schedule", "every 6h")
    assert [each["outcome"] for each in done["results"]] == ["done"]
    again = answer(home, "flow", "reschedule", "events", "--schedule", "every 6h")
    assert [each["outcome"] for each in again["results"]] == ["unchanged"]

    [flow] = [each for each in answer(home, "flows")["flows"] if each["export"] == "events"]
    assert flow["schedule"] == "every 6 hours"
    assert flow["id"] == landed["flow_id"]
    assert len(flow["next_runs"]) == 3

    for hours, number in ((1.0, 2), (6.0, 3), (6.0, 4)):
        advance(home, hours)
        runs_of(home, "events", finished=number)
    _, first, second, third = runs_of(home, "events", finished=4)
    # The first one holds everything, the others what came in six hours.
    assert first["rows"] >= ROWS
    assert [second["rows"], third["rows"]] == [6 * PER_HOUR, 6 * PER_HOUR]
    for run in (first, second, third):
        assert home.run("verify", run["run_id"]).returncode == 0
    code = answer(home, "read", "events", "--as", "json")
    assert len(code["folders"]) == 3
