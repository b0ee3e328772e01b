"""Finding things: by name, by id, the newest run, both clouds' landing zone."""

from __future__ import annotations

from typing import Any

import pytest

from support.scripted_network import Connect, ScriptedNetwork, reply
from tarmac.platform.errors import BadAnswer, NotReady
from tarmac.platform.flows import DATASET_FLOW_SPECS
from tarmac.platform.models import AwsLandingZone

RUNS = "/data/foundation/flowservice/runs"
SPEC = min(DATASET_FLOW_SPECS)


async def test_names_are_compared_here_too(connect: Connect) -> None:
    """A server that ignores the filter must not make a stranger's flow ours."""
    body = {"items": [{"id": "1", "name": "n"}, {"id": "2", "name": "N"}, {"id": "3", "name": "n2"}]}
    for noun in ("flows", "connections", "source_connections", "target_connections"):
        found = await getattr(connect(ScriptedNetwork(reply(200, body))), noun).named("n")
        assert [item.id for item in found] == ["1"]


@pytest.mark.parametrize("name", ["a, b", "a==b", "a>b", "!a"])
async def test_a_name_that_would_be_a_filter_is_looked_for_among_all(connect: Connect, name: str) -> None:
    network = ScriptedNetwork(reply(200, {"items": [{"id": "1", "name": name}, {"id": "2", "name": "a"}]}))
    assert [item.id for item in await connect(network).flows.named(name)] == ["1"]
    assert "property" not in network.requests[0].url.params


async def test_only_dataset_flows_are_listed(connect: Connect) -> None:
    body = {
        "items": [
            {"id": "1", "flowSpec": {"id": SPEC}},
            {"id": "2", "flowSpec": {"id": "1a0514a6-33d4-4c7f-aff8-594799c47549"}},
            {"id": "3"},
        ]
    }
    network = ScriptedNetwork(reply(200, body))
    assert [flow.id for flow in await connect(network).flows.all()] == ["1"]
    assert network.requests[0].url.params["property"] == "inheritedAttributes.properties.isDestinationFlow==true"


async def test_the_oldest_runs_of_a_flow_take_one_page(connect: Connect) -> None:
    items = [{"id": f"r{number}", "flowId": "f1", "createdAt": 1000 + number} for number in range(4)]
    more = {"next": {"href": "/runs?continuationToken=t"}}
    network = ScriptedNetwork(reply(200, {"items": items[:2], "_links": more}))
    platform = connect(network)
    found = await platform.runs.beginning_of("f1", lambda runs: len(runs) >= 2)
    assert [run.id for run in found] == ["r1", "r0"]
    assert network.asked == [f"GET {RUNS}?property=flowId%3D%3Df1&orderby=createdAt&limit=100"]
    network.add(reply(200, {"items": items[:2], "_links": more}), reply(200, {"items": items[2:]}))
    found = await platform.runs.beginning_of("f1", lambda runs: len(runs) >= 3)
    assert [run.id for run in found] == ["r3", "r2", "r1", "r0"]


@pytest.mark.parametrize("times", [(3000, 2000), (2000, None), (2000, 2000)])
async def test_a_server_that_does_not_sort_is_read_to_its_end(connect: Connect, times: tuple[int | None, ...]) -> None:
    items = [{"id": f"r{number}", "flowId": "f1", "createdAt": at} for number, at in enumerate(times)]
    page = {"items": items, "_links": {"next": {"href": "/runs?continuationToken=t"}}}
    last = {"items": [{"id": "oldest", "flowId": "f1", "createdAt": 1000}]}
    network = ScriptedNetwork(reply(200, page), reply(200, page), reply(200, last))
    if times[0] == times[1]:  # which is not known before the second page
        network = ScriptedNetwork(reply(200, page), reply(200, last), reply(200, page), reply(200, last))
    found = await connect(network).runs.beginning_of("f1", lambda runs: bool(runs))
    assert "oldest" in [run.id for run in found]
    assert len(found) == 3
    network.assert_used_up()


async def test_the_newest_runs_of_a_flow(connect: Connect) -> None:
    def run(name: str, created: int | None, flow: str = "f1") -> dict[str, Any]:
        return {"id": name, "flowId": flow, "createdAt": created}

    page = {
        "items": [run("old", 1000), run("other", 9000, "f2"), run("new", 5000), run("timeless", None)],
        "_links": {"next": {"href": "/runs?continuationToken=t"}},
    }
    network = ScriptedNetwork(reply(200, page), reply(200, {"items": []}))
    platform = connect(network)
    assert [item.id for item in await platform.runs.of_flow("f1")] == ["new", "old", "timeless"]
    network.add(reply(200, page))
    assert [item.id for item in await platform.runs.of_flow("f1", newest=1)] == ["new"]
    assert network.asked[2] == f"GET {RUNS}?property=flowId%3D%3Df1&orderby=-createdAt&limit=1"


async def test_one_dataset(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, {"d1": {"name": "n"}}))
    assert (await connect(network).catalog.get("d1")).name == "n"
    assert network.asked == ["GET /data/foundation/catalog/dataSets/d1"]


@pytest.mark.parametrize("body", [{}, {"d2": {"name": "n"}}, {"d1": None}, [], None])
async def test_an_answer_about_another_dataset(connect: Connect, body: Any) -> None:
    with pytest.raises(BadAnswer):
        await connect(ScriptedNetwork(reply(200, body))).catalog.get("d1")


async def test_a_dataset_by_name(connect: Connect) -> None:
    body = {"d1": {"name": "n"}, "d2": {"name": "nn"}, "d3": {"name": "n"}}
    network = ScriptedNetwork(reply(200, body))
    assert [item.id for item in await connect(network).catalog.named("n")] == ["d1", "d3"]
    assert network.requests[0].url.params["name"] == "n"


@pytest.mark.parametrize("name", ["a,b", "!a", "a*"])
async def test_a_name_in_the_filters_own_language_is_looked_for_here(connect: Connect, name: str) -> None:
    network = ScriptedNetwork(reply(200, {"d1": {"name": name}, "d2": {"name": "a"}}))
    assert [item.id for item in await connect(network).catalog.named(name)] == ["d1"]
    assert "name" not in network.requests[0].url.params


@pytest.mark.parametrize("answer", [{"result": True}, {"items": [{"result": True}]}, [{"result": True}]])
async def test_a_connection_test(connect: Connect, answer: Any) -> None:
    assert await connect(ScriptedNetwork(reply(200, answer))).connections.test("c1") is True


async def test_a_connection_test_that_says_nothing_is_no_success(connect: Connect) -> None:
    assert await connect(ScriptedNetwork(reply(200, {"status": "ok"}))).connections.test("c1") is None


@pytest.mark.parametrize("refreshed", [None, {"status": "ok"}])
async def test_a_refresh_without_credentials_reads_them(connect: Connect, refreshed: Any) -> None:
    aws = {
        "credentials": {"awsAccessKeyId": "A", "awsSecretAccessKey": "s", "awsSessionToken": "t"},
        "dlzPath": {"bucketName": "b", "dlzFolder": "f"},
        "dlzProvider": "Amazon S3",
    }
    network = ScriptedNetwork(reply(200, refreshed), reply(200, aws))
    assert isinstance(await connect(network).landing_zone.refresh(), AwsLandingZone)
    assert network.asked == [
        "POST /data/foundation/connectors/landingzone/credentials?type=dlz_destination&action=refresh",
        "GET /data/foundation/connectors/landingzone/credentials?type=dlz_destination",
    ]


async def test_not_ready_with_a_200(connect: Connect) -> None:
    body = {"message": "Following order ID(s) are not ready for dataset export"}
    with pytest.raises(NotReady):
        await connect(ScriptedNetwork(reply(200, body))).adhoc.trigger("f1", ["d1"])


async def test_a_started_run_without_a_name_may_be_going_on(connect: Connect) -> None:
    with pytest.raises(BadAnswer) as caught:
        await connect(ScriptedNetwork(reply(200, {"destinations": []}))).adhoc.trigger("f1", ["d1"])
    assert caught.value.maybe_done


async def test_the_newest_runs_of_several_flows_in_one_request(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, {"items": [{"id": "r1", "flowId": "f2"}]}))
    assert [run.id for run in await connect(network).runs.newest_of(["f1", "f2"])] == ["r1"]
    assert network.asked == [f"GET {RUNS}?property=flowId%3D%3Df1,f2&orderby=-createdAt&limit=100"]


async def test_catalog_and_flow_service_spell_their_parameters_differently(connect: Connect) -> None:
    """`orderBy=desc:…` there (§2.2), `orderby=-…` here (§3.3)."""
    network = ScriptedNetwork(reply(200, {}), reply(200, {"items": []}))
    platform = connect(network)
    assert [page async for page in platform.catalog.pages()] == [()]
    await platform.runs.newest(1)
    listed, runs = (dict(request.url.params) for request in network.requests)
    shown = {*("name", "description", "created", "updated", "schemaRef", "tags", "state", "classification", "dule")}
    assert set(listed.pop("properties").split(",")) == shown | {"lastBatchId", "lastBatchStatus", "extensions"}
    assert listed == {"orderBy": "desc:updated", "start": "0", "limit": "100"}
    assert runs == {"orderby": "-createdAt", "limit": "100"}


async def test_the_sandboxes_that_we_may_use_are_asked_for_not_all(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, {"sandboxes": [{"name": "prod"}]}))
    assert [sandbox.name for sandbox in await connect(network).sandboxes.usable()] == ["prod"]
    assert network.asked == ["GET /data/foundation/sandbox-management/"]
