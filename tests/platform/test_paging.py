from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.scripted_network import Connect, ScriptedNetwork, reply
from tarmac.platform.errors import BadAnswer
from tarmac.platform.hosts import next_query
from tarmac.platform.messages import with_query
from tarmac.platform.paging import by_next_link
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID

CONNECTIONS = "/data/foundation/flowservice/connections"


def page(*ids: str, next_href: str | None = None) -> httpx.Response:
    links = {} if next_href is None else {"next": {"href": next_href}}
    return reply(200, {"items": [{"id": item} for item in ids], "_links": links})


async def test_the_servers_own_link_is_followed_with_any_token(connect: Connect) -> None:
    network = ScriptedNetwork(
        page("a", next_href="/connections?continuationToken=x==&y=%2B+#/é"),
        page("b", next_href="https://platform-va7.adobe.io/else/where?continuationToken=last"),
        page("c"),
    )
    found = await connect(network).connections.all()
    assert [item.id for item in found] == ["a", "b", "c"]
    assert network.asked == [
        f"GET {CONNECTIONS}?limit=100",
        f"GET {CONNECTIONS}?continuationToken=x==&y=%2B+%23/%C3%A9&limit=100",
        f"GET {CONNECTIONS}?continuationToken=last&limit=100",
    ]


async def test_filters_are_sent_again_unless_the_link_repeats_them(connect: Connect) -> None:
    network = ScriptedNetwork(
        page(next_href="/x?continuationToken=1"),
        page(next_href="/x?property=name%3D%3Dn&continuationToken=2&limit=7"),
        page(),
    )
    await connect(network).connections.named("n")
    queries = [request.url.query.decode() for request in network.requests]
    assert queries == [
        "property=name%3D%3Dn&limit=100",
        "continuationToken=1&property=name%3D%3Dn&limit=100",
        "property=name%3D%3Dn&continuationToken=2&limit=7",
    ]


@pytest.mark.parametrize(
    "links", [{}, {"next": None}, {"next": {}}, {"next": {"href": ""}}, {"next": {"href": "/x"}}, 7]
)
async def test_the_last_page(connect: Connect, links: Any) -> None:
    network = ScriptedNetwork(reply(200, {"items": [{"id": "a"}], "_links": links}))
    assert len(await connect(network).connections.all()) == 1


async def test_a_link_that_leads_back_is_no_endless_loop(connect: Connect) -> None:
    network = ScriptedNetwork(
        page("a", next_href="/x?continuationToken=1"),
        page("b", next_href="/x?continuationToken=2"),
        page("c", next_href="/x?continuationToken=1"),
    )
    with pytest.raises(BadAnswer) as caught:
        await connect(network).connections.all()
    assert CONNECTIONS in caught.value.message


async def test_pages_without_an_end_are_given_up(connect: Connect) -> None:
    def always_more(request: httpx.Request) -> httpx.Response:
        return page("a", next_href=f"/x?continuationToken={len(network.requests)}")

    network = ScriptedNetwork(*[always_more] * 5)
    transport = connect(network)._transport
    with pytest.raises(BadAnswer):
        async for _ in by_next_link(transport, CONNECTIONS, (), max_pages=5):
            pass
    network.assert_used_up()


@pytest.mark.parametrize("body", [{"items": "none"}, {}, {"items": [{"name": "no id"}]}, {"items": [None]}])
async def test_a_broken_page_is_not_the_end_of_the_list(connect: Connect, body: Any) -> None:
    network = ScriptedNetwork(page("a", next_href="/x?continuationToken=1"), reply(200, body))
    with pytest.raises(BadAnswer):
        await connect(network).connections.all()


@given(st.text(st.characters(exclude_characters="&", exclude_categories=["Cs"]), min_size=1))
def test_an_encoded_token_survives_the_way_there_and_back(token: str) -> None:
    href = with_query("/flows", ("continuationToken", token))
    url = httpx.URL("https://h" + "/flows?" + next_query(href))
    assert parse_qs(url.query.decode(), keep_blank_values=True)["continuationToken"] == [token]


def catalogue(total: int) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        start, limit = int(request.url.params["start"]), int(request.url.params["limit"])
        ids = range(start, min(total, start + limit))
        return reply(200, {f"d{index}": {"name": f"n{index}"} for index in ids})

    return answer


@pytest.mark.parametrize(("total", "requests"), [(0, 1), (1, 1), (99, 1), (100, 2), (250, 3), (300, 4)])
async def test_no_dataset_is_lost_between_pages(connect: Connect, total: int, requests: int) -> None:
    network = ScriptedNetwork(*[catalogue(total)] * requests)
    found = [item.id async for part in connect(network).catalog.pages() for item in part]
    assert found == [f"d{index}" for index in range(total)]
    network.assert_used_up()


async def test_a_catalogue_that_ignores_start_is_no_endless_loop(connect: Connect) -> None:
    full: dict[str, Any] = {f"d{index}": {} for index in range(100)}
    network = ScriptedNetwork(reply(200, full), reply(200, full))
    with pytest.raises(BadAnswer):
        async for _ in connect(network).catalog.pages():
            pass


async def exportable(connect: Connect, *bodies: Any) -> tuple[list[str], ScriptedNetwork]:
    network = ScriptedNetwork(*[reply(200, body) for body in bodies])
    found = [item.id async for part in connect(network).specs.exportable_pages() for item in part]
    network.assert_used_up()
    return found, network


def items(*ids: str) -> list[dict[str, str]]:
    return [{"id": item} for item in ids]


async def test_the_exportable_list_goes_on_while_it_says_so(connect: Connect) -> None:
    info = {"start": 0, "end": 1, "total": 3, "hasNext": True}
    found, network = await exportable(
        connect,
        {"items": items("a", "b"), "pageInfo": info},
        {"items": items("c"), "pageInfo": {**info, "hasNext": False}},
    )
    assert found == ["a", "b", "c"]
    params = network.requests[1].url.params
    assert (params["start"], params["limit"]) == ("2", "100")
    assert (params["outputType"], params["outputField"]) == ("activationDatasets", "datasets")
    assert network.requests[0].url.path == f"/data/foundation/flowservice/connectionSpecs/{DATA_LAKE_SPEC_ID}/configs"


async def test_without_page_info_it_is_the_last_page_even_when_full(connect: Connect) -> None:
    found, _ = await exportable(connect, {"items": items(*(f"d{index}" for index in range(100)))})
    assert len(found) == 100


async def test_a_total_says_it_too(connect: Connect) -> None:
    found, _ = await exportable(
        connect,
        {"items": items("a"), "pageInfo": {"total": 2}},
        {"items": items("b"), "pageInfo": {"total": 2}},
    )
    assert found == ["a", "b"]


async def test_more_of_nothing_is_a_bad_answer(connect: Connect) -> None:
    with pytest.raises(BadAnswer):
        await exportable(connect, {"items": [], "pageInfo": {"hasNext": True}})
