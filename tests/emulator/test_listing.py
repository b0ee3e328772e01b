"""Lists of Flow Service: paging, filters, order (§3.3)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from support.chain import build_chain, created, landing_connection
from support.emulated import FLOW_SERVICE, Emulated

CONNECTIONS = f"{FLOW_SERVICE}/connections"


async def make_connections(client: httpx.AsyncClient, emulator: Emulated, count: int) -> list[str]:
    """Make connections c00, c01, … a virtual second apart."""
    ids = []
    for number in range(count):
        emulator.advance(1)
        ids.append(await created(client, "connections", {**landing_connection(), "name": f"c{number:02d}"}))
    return ids


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The names of one page."""
    response = await client.get(CONNECTIONS, params=query)
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()["items"]]


async def test_pages_follow_the_next_link_with_the_filters_sent_again(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Newest first, 20 by default; the link is relative, holds the token only, and the token must be decoded right."""
    await make_connections(client, emulator, 45)
    query: dict[str, str] = {}
    seen: list[str] = []
    sizes: list[int] = []
    while True:
        page = (await client.get(CONNECTIONS, params=query)).json()
        seen += [item["name"] for item in page["items"]]
        sizes.append(len(page["items"]))
        if not page["_links"]:
            break
        match = re.fullmatch(r"/connections\?continuationToken=([^&]+)", page["_links"]["next"]["href"])
        assert match
        token = unquote(match[1])
        assert {"+", "/", "="} <= set(token)
        query = {"continuationToken": token}
    assert seen == [f"c{number:02d}" for number in reversed(range(45))]
    assert sizes == [20, 20, 5]


async def test_a_token_cut_out_of_the_link_and_encoded_again_is_understood(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """aepp takes `href.split("=")[1]` as it is."""
    await make_connections(client, emulator, 3)
    page = (await client.get(CONNECTIONS, params={"limit": "2"})).json()
    token = page["_links"]["next"]["href"].split("=")[1]
    assert await names(client, limit=2, continuationToken=token) == ["c00"]


async def test_what_is_created_between_two_pages_neither_repeats_nor_hides_an_item(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """The token remembers the last item, not only a number."""
    await make_connections(client, emulator, 4)
    page = (await client.get(CONNECTIONS, params={"limit": "2"})).json()
    await make_connections(client, emulator, 1)
    token = unquote(page["_links"]["next"]["href"].partition("=")[2])
    assert await names(client, limit=2, continuationToken=token) == ["c01", "c00"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name==c01", ["c01"]),
        ("name==c01,c02", ["c02", "c01"]),
        ("name!=c01", ["c02", "c00"]),
        ("name>c01", ["c02"]),
        ("connectionSpec.id==10440537-2a7b-4583-ac39-ed38d4b848e8", ["c02", "c01", "c00"]),
        ("connectionSpec.version==2.0", []),
        ("createdAt>=1", ["c02", "c01", "c00"]),
        ("createdAt<=1", []),
        ("state==Enabled", ["c02", "c01", "c00"]),
        ("nothing.like.it==1", []),
    ],
)
async def test_property_filters(
    emulator: Emulated, client: httpx.AsyncClient, condition: str, expected: list[str]
) -> None:
    """One condition each."""
    await make_connections(client, emulator, 3)
    assert await names(client, property=condition) == expected


async def test_repeated_filters_mean_and_lists_need_brackets(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """The filter that every destinations page uses."""
    chain = await build_chain(client, emulator.dataset_id())
    spec = "10440537-2a7b-4583-ac39-ed38d4b848e8"
    wanted = [
        "inheritedAttributes.properties.isDestinationFlow==true",
        f"inheritedAttributes.targetConnections[].connectionSpec.id=={spec}",
        f"sourceConnectionIds[]=={chain.source_id}",
    ]
    flows = f"{FLOW_SERVICE}/flows"
    found = (await client.get(flows, params={"property": wanted})).json()["items"]
    assert [flow["id"] for flow in found] == [chain.flow_id]
    for miss in (wanted[1].replace("[]", ""), "state==disabled"):
        assert (await client.get(flows, params={"property": [*wanted, miss]})).json()["items"] == []


async def test_order_count_and_their_errors(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """`-name`, `+name`, `count=true`, and the numbered refusals."""
    await make_connections(client, emulator, 3)
    assert await names(client, orderby="name") == ["c00", "c01", "c02"]
    assert await names(client, orderby="-name") == ["c02", "c01", "c00"]
    assert await names(client, orderby="+createdAt,name") == ["c00", "c01", "c02"]
    assert (await client.get(CONNECTIONS, params={"count": "true"})).json() == {"count": 3}
    assert await names(client, limit=1, count="False") == ["c02"]
    refusals = {
        "limit=5&count=true": "1401-400",
        "property=name~^c": "1440-400",
        "orderby=;drop": "1432-400",
    }
    for query, code in refusals.items():
        response = await client.get(f"{CONNECTIONS}?{query}")
        assert (response.status_code, response.json()["errorCode"]) == (400, code)
    for query in ("limit=0", "limit=101", "limit=x", "property=name", "continuationToken=abc", "limit=²"):
        assert (await client.get(f"{CONNECTIONS}?{query}")).status_code == 400


async def test_specs_can_be_found_by_id_and_by_name(client: httpx.AsyncClient) -> None:
    """The data lake is found by the name that aepp looks for; flow specs tell datasets from audiences."""
    specs = (await client.get(f"{FLOW_SERVICE}/connectionSpecs")).json()["items"]
    assert {spec["name"]: spec["id"] for spec in specs}["activation-datalake"] == "23598e46-f560-407b-88d5-ea6207e49db0"
    for spec in specs:
        [found] = (await client.get(f"{FLOW_SERVICE}/connectionSpecs/{spec['id']}")).json()["items"]
        assert found == spec
    query = {"property": "id==4fce964d-3f37-408f-9778-e597338a21ee"}
    [s3] = (await client.get(f"{FLOW_SERVICE}/connectionSpecs", params=query)).json()["items"]
    assert [auth["name"] for auth in s3["authSpec"]] == ["Access Key", "Assumed Role"]
    flow_specs = (await client.get(f"{FLOW_SERVICE}/flowSpecs")).json()["items"]
    datasets = [spec for spec in flow_specs if "DATASETS" in spec["attributes"]["_workflow"]]
    assert len(datasets) == 6
    steps = [option["properties"]["interval"]["enum"] for option in datasets[0]["scheduleSpec"]["spec"]["oneOf"]]
    assert steps == [[3, 6, 8, 9, 12], [0, 1]]
    assert (await client.get(f"{FLOW_SERVICE}/flowSpecs/none")).status_code == 404
