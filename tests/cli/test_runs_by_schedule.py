"""`tarmac runs` says which runs are deltas, and which scheduled run has not begun."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

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
