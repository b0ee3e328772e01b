"""No secret in a log, an error, a recorded exchange or a shown request; no token to a host that was not configured."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from support.scripted_network import Connect, ScriptedNetwork, body_of, reply
from tarmac.platform.errors import InvalidRequest
from tarmac.platform.exchanges import Exchange, masked
from tarmac.platform.models import AzureLandingZone
from tarmac.platform.requests import create_connection_request
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.secrets import MASK, Secret

CLIENT_SECRET = "p8e-Very/Secret+Client=Value"
STORAGE_SECRET = 'storage"secret\\with/signs+and=more'
S3 = DestinationKind.AMAZON_S3.spec


async def test_nothing_secret_gets_out(
    connect: Connect, exchanges: list[Exchange], caplog: pytest.LogCaptureFixture
) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        # The worst platform: it repeats the headers and the body in its refusal.
        words = f"{request.headers['authorization']} {body_of(request)['auth']['params']['s3SecretKey']}"
        return reply(400, {"message": words, "detail": {"s3SecretKey": STORAGE_SECRET, "echo": body_of(request)}})

    caplog.set_level(logging.DEBUG)
    network = ScriptedNetwork(echo)
    with pytest.raises(InvalidRequest) as caught:
        await connect(network).connections.create(
            "n", S3.connection_spec_id, "Access Key", {"s3AccessKey": "AKIA", "s3SecretKey": Secret(STORAGE_SECRET)}
        )
    assert body_of(network.requests[0])["auth"]["params"]["s3SecretKey"] == STORAGE_SECRET, "it is really sent"
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value.as_json()) + caught.value.raw
    told = shown + repr(exchanges) + caplog.text
    for secret in (CLIENT_SECRET, STORAGE_SECRET, "token-1", "Very/Secret"):
        assert secret not in told
    # Its JSON form, with the quote and the backslash escaped, is the same secret.
    assert "with/signs+and=more" not in told
    assert len(exchanges) == 2
    assert "tarmac.platform" in {record.name for record in caplog.records}


async def test_landing_zone_credentials_are_not_recorded(connect: Connect, exchanges: list[Exchange]) -> None:
    answer = {
        "containerName": "dlz-destination",
        "SASToken": "sv=2020&si=dlz&sig=SIGNATURE%3D",
        "storageAccountName": "acct",
        "SASUri": "https://acct.blob.core.windows.net/dlz-destination?sv=2020&si=dlz&sig=SIGNATURE%3D",
    }
    found = await connect(ScriptedNetwork(reply(200, answer))).landing_zone.credentials()
    assert isinstance(found, AzureLandingZone)
    assert "SIGNATURE" in found.sas_token.reveal()
    assert "SIGNATURE" not in repr(exchanges) + repr(found)
    assert "dlz-destination" in repr(exchanges)


async def test_dataset_rows_are_not_recorded(connect: Connect, exchanges: list[Exchange]) -> None:
    network = ScriptedNetwork(reply(200, {"data": [{"email": "jane@example.com"}]}))
    rows = await connect(network).catalog.preview("d1")
    assert rows == ({"email": "jane@example.com"},)
    assert "jane" not in repr(exchanges)


async def test_a_request_for_people_has_everything_but_the_secrets(connect: Connect) -> None:
    planned = create_connection_request(
        "n", S3.connection_spec_id, "Access Key", {"s3SecretKey": Secret(STORAGE_SECRET)}
    )
    shown = connect(ScriptedNetwork()).as_sent(planned)
    assert shown.headers["Authorization"] == f"Bearer {MASK}"
    assert shown.headers["x-sandbox-name"] == "ml-dev"
    assert shown.headers["Content-Type"] == "application/json"
    assert shown.body["auth"]["params"] == {"s3SecretKey": MASK}
    assert STORAGE_SECRET not in repr(planned)


def test_fields_are_masked_in_any_spelling_and_depth() -> None:
    value = {"a": [{"Client-Secret": "x", "client_secret": "y", "sshKey": {"deep": "z"}, "name": "n", "password": ""}]}
    assert masked(value) == {
        "a": [{"Client-Secret": MASK, "client_secret": MASK, "sshKey": MASK, "name": "n", "password": ""}]
    }


async def test_the_token_goes_to_the_configured_host_whatever_a_link_says(connect: Connect) -> None:
    network = ScriptedNetwork(
        reply(200, {"items": [], "_links": {"next": {"href": "https://evil.example/steal?continuationToken=t"}}}),
        reply(200, {"items": []}),
        reply(
            200,
            {"destinations": [{"datasets": [{"id": "d1", "statusURL": "https://evil.example/runs/run-9"}]}]},
        ),
        reply(200, {"items": [{"id": "run-9"}]}),
    )
    platform = connect(network)
    await platform.connections.all()
    runs = await platform.adhoc.trigger("f1", ["d1"])
    await platform.runs.get(runs["d1"])
    assert {request.url.host for request in network.requests} == {"platform.example.com"}
    assert network.asked[-1] == "GET /data/foundation/flowservice/runs/run-9"


async def test_an_observer_learns_what_happened(connect: Connect, exchanges: list[Exchange]) -> None:
    network = ScriptedNetwork(
        reply(503, None, {"x-request-id": "req-1"}), httpx.ReadTimeout("x"), reply(200, {"items": [{"id": "r"}]})
    )
    await connect(network).runs.get("r")
    seen = [(item.method, item.status, item.error, item.request_id, item.sandbox) for item in exchanges[1:]]
    assert seen == [
        ("GET", 503, None, "req-1", "ml-dev"),
        ("GET", None, "no-answer", None, "ml-dev"),
        ("GET", 200, None, None, "ml-dev"),
    ]
    assert exchanges[-1].path == "/data/foundation/flowservice/runs/r"
