"""Where the documents disagree, the emulator follows the reading it was told to; each way shows on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from support.chain import build_chain, created, flow, post_adhoc, read, source_connection, trigger, until
from support.emulated import FLOW_SERVICE, running_emulator
from tarmac.emulator.strictness import HourSteps, Strictness, choices, strictness_of
from tarmac.terms.errors import UsageError

HOURLY = {"exportMode": "FIRST_FULL_THEN_INCREMENTAL", "timeUnit": "hour", "startTime": 1_830_000_000}


def test_readings_are_given_by_name() -> None:
    assert strictness_of([]) == Strictness()
    told = ["delete-status=204", "hour-steps=ui", "json-needs-gzip=no", "adhoc-status=409"]
    expected = Strictness(delete_status=204, hour_steps=HourSteps.UI, json_needs_gzip=False, adhoc_status=409)
    assert strictness_of(told) == expected


@pytest.mark.parametrize("wrong", ["delete-status", "delete-status=203", "no-such=1", "", "hour_steps=ui"])
def test_an_unknown_reading_is_refused_with_what_there_is(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        strictness_of([wrong])
    assert "delete-status" in caught.value.next_step


def test_the_first_choice_is_the_default() -> None:
    defaults = [f"{name}={next(iter(values))}" for name, values in choices().items()]
    assert strictness_of(defaults) == Strictness()


@pytest.mark.parametrize(
    ("steps", "offered"), [("all", {3, 6, 8, 9, 12}), ("api", {3, 6, 9, 12}), ("ui", {3, 6, 8, 12})]
)
async def test_hour_steps_are_those_of_the_live_spec(steps: str, offered: set[int]) -> None:
    """C3."""
    async with (
        running_emulator(strictness=Strictness(hour_steps=HourSteps(steps))) as emulator,
        emulator.client() as client,
    ):
        spec = await read(client, "flowSpecs", "cd2fc47e-e838-4f38-a581-8fff2f99b63a")
        shown = spec["scheduleSpec"]["spec"]["oneOf"][0]["properties"]["interval"]["enum"]
        chain = await build_chain(client, emulator.dataset_id())
        taken = set()
        for step in (3, 6, 8, 9, 12):
            body = flow(chain.source_id, chain.target_id, {**HOURLY, "interval": step})
            if (await client.post(f"{FLOW_SERVICE}/flows", json=body)).status_code == 201:
                taken.add(step)
    assert (set(shown), taken) == (offered, offered)


async def test_a_run_is_spelled_as_in_the_schema() -> None:
    """C9, C11: `stoppedAtUTC`, and the status words of FLS, in lists too."""
    strictness = Strictness(run_stops=True, upper_status=True)
    async with running_emulator(strictness=strictness) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        run_id = await trigger(client, chain)

        def is_over(run: dict[str, Any]) -> bool:
            return "stoppedAtUTC" in run["metrics"].get("durationSummary", {}) and bool(run["activities"])

        run = await until(client, run_id, is_over)
        listed = (await client.get(f"{FLOW_SERVICE}/runs", params={"property": f"flowId=={chain.flow_id}"})).json()
    assert listed["items"] == [run]
    for stage in (run["metrics"], *run["activities"]):
        assert stage["statusSummary"]["status"] == "SUCCESS"
        assert "completedAtUTC" not in stage["durationSummary"]


async def test_the_documented_twelve_digits() -> None:
    """C5."""
    async with running_emulator(strictness=Strictness(export_time_digits=12)) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        await until(client, await trigger(client, chain))
        landed = list(emulator.running.platform.files_dir.rglob("exportTime=*"))
    [folder] = landed
    assert len(folder.name) == len("exportTime=") + 12


async def test_codes_may_be_numbers() -> None:
    """C19."""
    async with running_emulator(strictness=Strictness(numeric_codes=True)) as emulator, emulator.client() as client:
        answer = await client.get(f"{FLOW_SERVICE}/flows", headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["error_code"]) == (401, 401013)


async def test_lists_without_page_info_and_catalogs_without_counts() -> None:
    """§2.1, §12.13."""
    strictness = Strictness(page_info=False, row_counts=False)
    async with running_emulator(strictness=strictness) as emulator, emulator.client() as client:
        path = f"{FLOW_SERVICE}/connectionSpecs/23598e46-f560-407b-88d5-ea6207e49db0/configs"
        listed = (await client.get(path, params={"outputType": "activationDatasets"})).json()
        keyed = (await client.get("/data/foundation/catalog/dataSets")).json()
    assert set(listed) == {"items"}
    assert all("extensions" not in item for item in (*listed["items"], *keyed.values()))


@pytest.mark.parametrize("status", [200, 400, 404, 409, 422, 500])
async def test_ad_hoc_refusals_come_with_any_status(status: int) -> None:
    """§12.1: the text is what tells; a wrong content type stays what it is."""
    strictness = Strictness(adhoc_status=status)
    async with running_emulator(strictness=strictness, ready_after=60) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        answer = await post_adhoc(client, chain.flow_id, chain.dataset_id)
    assert answer.status_code == status
    assert "not ready for dataset export" in answer.json()["message"]


async def test_next_links_may_repeat_the_filters() -> None:
    """§12.8: the link alone is enough then."""
    async with (
        running_emulator(strictness=Strictness(links_repeat_filters=True)) as emulator,
        emulator.client() as client,
    ):
        for name in ("b", "a", "b", "b"):
            await created(client, "sourceConnections", {**source_connection(emulator.dataset_id()), "name": name})
        page = (await client.get(f"{FLOW_SERVICE}/sourceConnections?property=name==b&limit=2")).json()
        rest = (await client.get(FLOW_SERVICE + page["_links"]["next"]["href"])).json()
    assert [len(page["items"]), len(rest["items"])] == [2, 1]
    assert {item["name"] for item in rest["items"]} == {"b"}
    assert rest["_links"] == {}


async def test_stored_credentials_may_not_be_shown_at_all() -> None:
    """§3.4."""
    keys = {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE", "s3SecretKey": "k" * 40}
    spec = {"id": "4fce964d-3f37-408f-9778-e597338a21ee", "version": "1.0"}
    body = {"name": "s3", "auth": {"specName": "Access Key", "params": keys}, "connectionSpec": spec}
    for hides in (False, True):
        async with running_emulator(strictness=Strictness(hide_auth=hides)) as emulator, emulator.client() as client:
            shown = await read(client, "connections", await created(client, "connections", body))
        assert ("auth" in shown) is not hides
