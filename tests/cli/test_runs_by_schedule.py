"""`tarmac runs` says which runs are deltas, and which scheduled run has not begun."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from support.hooks import command_for, told
from tarmac.emulator.state import Entity
from tarmac.terms.times import to_millis

if TYPE_CHECKING:
    from cli.conftest import CommandLine

HOUR = 3600
WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "three", "--schedule", "every 3h")


async def test_deltas_and_what_is_late_are_told(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        platform = emulated.running.platform

        async def finished(number: int) -> list[dict[str, Any]]:
            deadline = time.monotonic() + 20
            while True:
                runs: list[dict[str, Any]] = (await tarmac("runs", "three", "--json")).document["runs"]
                if sum(run["phase"] == "succeeded" for run in runs) == number:
                    return runs
                assert time.monotonic() < deadline, runs

        # One on demand at once, then those of the schedule.
        assert (await tarmac("export", *WISH, "--no-wait", "--json")).code in {0, 3}
        [flow] = platform.state.flows
        emulated.advance(flow.wire["scheduleParams"]["startTime"] - platform.now().timestamp() + 5)
        await finished(2)
        emulated.advance(3 * HOUR)
        runs = await finished(3)
        assert [run["delta"] for run in runs] == [True, False, False]
        assert (await tarmac("runs", "three", "--json")).document["overdue"] == []

        [flow] = platform.state.flows
        until = to_millis(platform.now()) + 4 * HOUR * 1000
        platform.state.flows.save(Entity(flow.id, flow.wire, {**flow.hidden, "scheduledUntil": until}))
        emulated.advance(3 * HOUR + 70 * 60)
        for arguments in (("runs", "three"), ("runs",)):
            late = await tarmac(*arguments)
            assert late.code == 0
            assert "! three is late since " in late.err
            assert sum(" delta" in line for line in late.out.splitlines()) == 1
        [owed] = (await tarmac("runs", "--json")).document["overdue"]
        assert (owed["export"], owed["state"], owed["flow_id"]) == ("three", "late", flow.id)

        heard = tarmac.places.state / "heard"
        with tarmac.places.config_file.open("a") as config:
            config.write(f"[notify]\ncommand = {json.dumps(command_for(heard))}\n")
        for _ in range(2):
            watched = await tarmac("watch", "three", "--json")
            assert (watched.code, watched.document["overdue"]) == (0, [owed])
            assert watched.err.count("! three is late since ") == 1
        # The newest run had landed before anybody listened: it is told as such, and is no recovery.
        assert [(each["change"], each["was"]) for each in told(heard)] == [("late", None), ("landed", None)]


async def test_watching_an_export_that_never_ran_says_that_its_first_run_is_late(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(ready_after=1e6) as emulated:
        platform = emulated.running.platform
        assert (await tarmac("export", *WISH, "--no-wait", "--json")).code == 3
        [flow] = platform.state.flows
        start = flow.wire["scheduleParams"]["startTime"]
        until = (start + HOUR) * 1000
        platform.state.flows.save(Entity(flow.id, flow.wire, {**flow.hidden, "scheduledUntil": until}))
        emulated.advance(start + 65 * 60 - platform.now().timestamp())
        watched = await tarmac("watch", "three")
        assert watched.code == 64
        assert "! three is late since " in watched.err
        assert "has not run yet" in watched.err


async def test_a_run_is_watched_also_where_the_schedule_cannot_be_looked_up(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        fired = await tarmac("export", *WISH, "--no-wait", "--json")
        emulated.add_faults(request=[{"method": "GET", "path": "*/flowservice/runs", "status": 403, "times": 9}])
        watched = await tarmac("watch", fired.document["run_id"], "--json")
        assert (watched.code, watched.document["status"], watched.document["overdue"]) == (0, "succeeded", [])
        assert "could not be looked up" in watched.err
