"""`--start` and `--end` of plan and export: read with their zone, sent as they are, refused where they mean nothing."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.emulated import running_emulator
from support.workspaces import opened
from tarmac.screens.plan_lines import command_of
from tarmac.services.plans.planning import make_plan
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.terms.schedules import Schedule, ScheduleKind

if TYPE_CHECKING:
    from cli.conftest import CommandLine

PIECES = ("--dataset", "loyalty_profiles", "--to", "landing")
EVERY = ("--schedule", "every 6h")


def flow_body(document: dict[str, Any]) -> dict[str, Any]:
    bodies = [call["body"] for step in document["steps"] for call in step["calls"] if call["body"]]
    [found] = [body["scheduleParams"] for body in bodies if "scheduleParams" in body]
    assert isinstance(found, dict)
    return found


async def test_start_and_end_are_planned_and_a_saved_schedule_keeps_the_rest(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        times = ("--start", "2027-12-01T01:00Z", "--end", "2028-06-01T03:00+02:00")
        planned = await tarmac("plan", *PIECES, *EVERY, *times, "--json")
        assert planned.code == 2, planned.err
        wanted = flow_body(planned.document)
        assert wanted["startTime"] == int(datetime(2027, 12, 1, 1, tzinfo=UTC).timestamp())
        assert wanted["endTime"] == int(datetime(2028, 6, 1, 1, tzinfo=UTC).timestamp())

        saved = tarmac.places.export_file("local", "six")
        saved.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        saved.write_text(
            'dataset = "loyalty_profiles"\ndestination = "landing"\n'
            'schedule = { kind = "incremental", every = "6h", start = 2027-12-01T01:00:00Z }\n'
        )
        saved.chmod(0o600)
        moved = await tarmac("plan", "six", "--end", "2028-01-01T00:00Z", "--json")
        assert moved.code == 2, moved.err
        wanted = flow_body(moved.document)
        assert (wanted["interval"], wanted["startTime"]) == (6, int(datetime(2027, 12, 1, 1, tzinfo=UTC).timestamp()))
        assert wanted["endTime"] == int(datetime(2028, 1, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*EVERY, "--start", "tomorrow"), "is not a moment such as"),
        ((*EVERY, "--start", "9999-12-01"), "is not in the years"),
        (("--schedule", "every 99999999999d"), "longer than a hundred years"),
        ((*EVERY, "--end", "0001-01-01T00:00+05:00"), "is not a moment such as"),
        ((*EVERY, "--start", "2027-12-01T01:00Z", "--end", "2027-12-01T01:00Z"), "not after its start"),
        (("--end", "2027-12-01T01:00Z"), "--end has no meaning"),
        (("--schedule", "ad-hoc", "--start", "2027-12-01T01:00Z"), "--start has no meaning"),
    ],
)
async def test_a_moment_that_means_nothing_is_refused(
    tarmac: CommandLine, options: tuple[str, ...], words: str
) -> None:
    async with tarmac.with_emulator() as emulated:
        answer = await tarmac("plan", *PIECES, *options)
        assert (answer.code, words in answer.err) == (64, True), answer.err
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_a_time_without_a_zone_is_utc_alike_for_a_new_flow_and_a_changed_one(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(sample_flows=3):
        planned = await tarmac("plan", *PIECES, *EVERY, "--start", "2027-12-01T01:00", "--json")
        assert planned.code == 2, planned.err
        start = flow_body(planned.document)["startTime"]
        assert start == int(datetime(2027, 12, 1, 1, tzinfo=UTC).timestamp())

        flow = (await tarmac("flows", "--json")).document["flows"][0]["id"]
        moved = await tarmac(
            "flow", "reschedule", flow, *EVERY, "--start", "2027-12-01T01:00", "--end", "2028-12-01", "--dry-run"
        )
        assert moved.code == 2, moved.err
        assert "2027-12-01 01:00 UTC" in moved.out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("export", "churn", "--timeout", "99999999999d"), "longer than a hundred years"),
        (("flows", "--ending", "9999999d"), "longer than a hundred years"),
        (("flow", "extend", "churn", "--until", "0001-01-01T00:00+01:00"), "is not a moment such as"),
    ],
)
async def test_a_time_beyond_the_calendar_is_wrong_input(
    tarmac: CommandLine, command: tuple[str, ...], words: str
) -> None:
    answer = await tarmac(*command)
    assert (answer.code, words in answer.err) == (64, True), answer.err


async def test_help_has_an_example(tarmac: CommandLine) -> None:
    for verb in ("plan", "export"):
        out = " ".join((await tarmac(verb, "--help")).out.split())
        assert "--start TIME first run of the schedule, such as 2026-12-01T01:00Z" in out


async def test_what_review_copies_carries_start_and_end(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as workspace:
        start = datetime(2027, 12, 1, 1, tzinfo=UTC)
        schedule = Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=6), start)
        wish = await wish_of_pieces(workspace, dataset="loyalty_profiles", to="landing", schedule=schedule)
        command, first = command_of(await make_plan(workspace, wish), "local")
        assert shlex.split(command)[-4:] == ["--schedule", "every 6h", "--start", "2027-12-01T01:00:00Z"]
        assert first == ""
        ends = replace(schedule, end=start + timedelta(days=30))
        wish = await wish_of_pieces(workspace, dataset="loyalty_profiles", to="landing", schedule=ends)
        command, _ = command_of(await make_plan(workspace, wish), "local")
        assert shlex.split(command)[-2:] == ["--end", "2027-12-31T01:00:00Z"]
