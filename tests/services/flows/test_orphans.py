from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from support.emulated import running_emulator
from support.workspaces import opened, wish
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import StepDone
from tarmac.services.flows.flow_list import list_flows
from tarmac.services.flows.orphans import plan_cleanup


async def test_what_was_made_a_moment_ago_by_another_machine_stays(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path / "one") as one:
        async with aclosing(export(one, wish(emulated.dataset_id()))) as events:
            async for event in events:
                if isinstance(event, StepDone):
                    break
        async with opened(emulated, tmp_path / "two") as two:
            assert not (await plan_cleanup(two, [await list_flows(two)])).has_changes
            emulated.advance(2 * 3600)
            assert (await plan_cleanup(two, [await list_flows(two)])).has_changes
