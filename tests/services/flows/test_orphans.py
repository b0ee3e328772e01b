from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from support.emulated import running_emulator
from support.workspaces import opened, wish
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import StepDone
from tarmac.services.flows.flow_list import list_flows
from tarmac.services.flows.orphans import find_orphans, plan_chosen, plan_cleanup


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


async def test_what_an_interrupted_export_goes_on_with_stays_also_where_it_was_chosen(tmp_path: Path) -> None:
    async with running_emulator(sample_flows=1) as emulated, opened(emulated, tmp_path) as ws:
        async with aclosing(export(ws, wish(emulated.dataset_id()))) as events:
            async for event in events:
                if isinstance(event, StepDone):
                    break
        listing = await list_flows(ws)
        [chain] = await ws.ledger.unfinished()
        every = frozenset(each.id for each in find_orphans(listing))
        assert set(chain.created_ids()) < every
        plan = await plan_chosen(ws, [listing], every)
        assert {item.id for item in plan.items} == every - set(chain.created_ids())
        assert [each.title for each in plan.checks] == [
            "1 orphaned connection stays: needed by an export that was interrupted"
        ]
