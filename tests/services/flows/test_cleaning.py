from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from support.emulated import running_emulator
from support.workspaces import opened, wish
from tarmac.services.exporting import export
from tarmac.services.flows.change_applying import apply_changes
from tarmac.services.flows.cleaning import give_up, unfinished_exports
from tarmac.services.flows.flow_list import list_flows
from tarmac.services.flows.orphans import plan_cleanup
from tarmac.services.progress import StepDone


async def test_an_interrupted_export_keeps_its_objects_until_it_is_given_up(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        # Broken off after source and base connection, as a killed process is.
        async with aclosing(export(ws, wish(emulated.dataset_id()))) as events:
            done = 0
            async for event in events:
                done += isinstance(event, StepDone)
                if done == 2:
                    break
        [unfinished] = await unfinished_exports(ws)
        assert (unfinished.export, len(unfinished.ids)) == ("churn", 2)
        listing = await list_flows(ws)
        kept = await plan_cleanup(ws, [listing], keep=frozenset(unfinished.ids))
        assert not kept.has_changes
        plan = await plan_cleanup(ws, [listing])
        results = [result async for result in apply_changes(ws, plan)]
        assert sorted(each for result in results for each in result.deleted) == sorted(unfinished.ids)
        await give_up(ws, [unfinished])
        assert await unfinished_exports(ws) == ()


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
