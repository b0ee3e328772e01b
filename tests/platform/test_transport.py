"""What is sent again and what never is, and what an error says about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from support.fake_clock import FakeClock
from support.scripted_network import Connect, Reply, ScriptedNetwork, reply
from tarmac.platform.client import Platform
from tarmac.platform.errors import (
    BadAnswer,
    InvalidRequest,
    NoAnswer,
    NotFound,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Refused,
    ServerFault,
    StaleEtag,
    Unauthorized,
    Unreachable,
)
from tarmac.platform.models import Created

FLOW = {"items": [{"id": "f1", "name": "n", "state": "enabled", "etag": '"e1"'}]}
CREATED = reply(201, {"id": "x1", "etag": '"e"'})


Call = Callable[[Platform], Awaitable[object]]


async def a_read(platform: Platform) -> object:
    return await platform.flows.get("f1")


async def a_create(platform: Platform) -> object:
    return await platform.source_connections.create("n", [("d1", None)])


async def a_change(platform: Platform) -> object:
    return await platform.flows.change("f1", '"e1"', [{"op": "replace", "path": "/name", "value": "n"}])


async def a_delete(platform: Platform) -> object:
    await platform.flows.delete("f1")
    return None


async def a_start(platform: Platform) -> object:
    return await platform.adhoc.trigger("f1", ["d1"])


WRITES = pytest.mark.parametrize("write", [a_create, a_change, a_delete, a_start])


async def test_every_call_carries_the_headers(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, FLOW), CREATED)
    platform = connect(network)
    await a_read(platform)
    await a_create(platform)
    for request in network.requests:
        assert request.headers["authorization"] == "Bearer token-1"
        assert request.headers["x-api-key"] == "client-1"
        assert request.headers["x-gw-ims-org-id"] == "0123456789ABCDEF01234567@AdobeOrg"
        assert request.headers["x-sandbox-name"] == "ml-dev"
        assert request.headers["accept"] == "application/json"
    assert "content-type" not in network.requests[0].headers
    assert network.requests[1].headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_reads_are_asked_again(connect: Connect, clock: FakeClock, status: int) -> None:
    network = ScriptedNetwork(reply(status), reply(status), reply(200, FLOW))
    await a_read(connect(network))
    assert len(network.requests) == 3
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("fault", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")])
async def test_reads_are_asked_again_after_a_broken_answer_but_not_for_ever(connect: Connect, fault: Exception) -> None:
    network = ScriptedNetwork(*[fault] * 4)
    with pytest.raises(NoAnswer) as caught:
        await a_read(connect(network))
    network.assert_used_up()
    assert not caught.value.maybe_done
    assert caught.value.is_passing


async def test_a_read_that_is_really_refused_is_not_asked_again(connect: Connect) -> None:
    network = ScriptedNetwork(reply(404, {"errorMessage": "flows not found with id = [f1]"}))
    with pytest.raises(NotFound):
        await a_read(connect(network))


async def test_retry_after_is_honoured_in_seconds_and_as_a_date(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(
        reply(503, headers={"Retry-After": "7"}),
        reply(429, headers={"Retry-After": "Mon, 23 Nov 2026 14:02:20 GMT"}),
        reply(200, FLOW),
    )
    await a_read(connect(network))
    assert clock.slept == [7, 13]


@pytest.mark.parametrize("day", [22, 24])
async def test_a_date_to_ask_again_is_of_the_servers_clock(connect: Connect, clock: FakeClock, day: int) -> None:
    said = {"Date": f"Mon, {day} Nov 2026 14:02:00 GMT", "Retry-After": f"Mon, {day} Nov 2026 14:02:20 GMT"}
    network = ScriptedNetwork(reply(429, headers=said), reply(200, FLOW))
    await a_read(connect(network))
    assert clock.slept == [20]


async def test_nobody_asks_earlier_than_told(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(reply(429, headers={"Retry-After": "150"}), reply(200, FLOW))
    await a_read(connect(network))
    assert clock.slept == [150]


async def test_endless_throttling_ends_and_says_how_long_to_wait(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(*[reply(429, headers={"Retry-After": "3600"})] * 10)
    with pytest.raises(RateLimited) as caught:
        await a_read(connect(network))
    assert caught.value.retry_after == timedelta(hours=1)
    assert sum(clock.slept) <= 180


@WRITES
@pytest.mark.parametrize(
    "fault",
    [
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.WriteTimeout("x"),
        httpx.RemoteProtocolError("x"),
    ],
)
async def test_a_write_without_an_answer_is_never_sent_again(connect: Connect, write: Call, fault: Exception) -> None:
    network = ScriptedNetwork(fault)
    with pytest.raises(OutcomeUnknown) as caught:
        await write(connect(network))
    assert len(network.requests) == 1
    assert caught.value.maybe_done
    assert "again" in caught.value.next_step


@WRITES
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
async def test_a_write_after_a_server_fault_is_never_sent_again(connect: Connect, write: Call, status: int) -> None:
    network = ScriptedNetwork(reply(status, headers={"Retry-After": "1"}))
    with pytest.raises(ServerFault) as caught:
        await write(connect(network))
    assert len(network.requests) == 1
    assert caught.value.maybe_done


async def test_a_server_fault_on_a_read_changed_nothing(connect: Connect) -> None:
    network = ScriptedNetwork(*[reply(500)] * 4)
    with pytest.raises(ServerFault) as caught:
        await a_read(connect(network))
    assert not caught.value.maybe_done


@pytest.mark.parametrize("fault", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.ProxyError("x")])
async def test_a_write_that_never_left_is_sent_again(connect: Connect, fault: Exception) -> None:
    network = ScriptedNetwork(fault, CREATED)
    assert await a_create(connect(network)) == Created("x1", '"e"')
    assert len(network.requests) == 2


async def test_a_platform_that_cannot_be_reached(connect: Connect) -> None:
    network = ScriptedNetwork(*[httpx.ConnectError("x")] * 4)
    with pytest.raises(Unreachable) as caught:
        await a_create(connect(network))
    network.assert_used_up()
    assert not caught.value.maybe_done
    assert "platform.example.com" in caught.value.message


async def test_a_throttled_create_may_have_been_carried_out_and_is_not_sent_again(connect: Connect) -> None:
    network = ScriptedNetwork(reply(429, headers={"Retry-After": "2"}))
    with pytest.raises(RateLimited) as caught:
        await a_create(connect(network))
    network.assert_used_up()
    assert (caught.value.maybe_done, caught.value.retry_after) == (True, timedelta(seconds=2))


async def test_what_may_be_repeated_is_sent_again_when_it_was_throttled(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(reply(429, headers={"Retry-After": "2"}), CREATED)
    await connect(network).flows.disable("f1")
    assert clock.slept == [2]
    assert [request.url.path.rpartition("/")[2] for request in network.requests] == ["action", "action"]


@pytest.mark.parametrize(
    "expired",
    [
        reply(401, {"error_code": "401013", "message": "Oauth token is not valid"}),
        reply(401, {"error_code": 401013, "message": "Oauth token is not valid"}),
        reply(401),
        reply(403, {"error_code": 401013}),
    ],
)
async def test_an_expired_token_is_renewed_once(connect: Connect, expired: httpx.Response) -> None:
    network = ScriptedNetwork(expired, CREATED)
    await a_create(connect(network))
    assert [request.headers["authorization"] for request in network.requests] == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_is_refused_again_is_the_end(connect: Connect) -> None:
    expired = {"error_code": "401013", "message": "Oauth token is not valid"}
    network = ScriptedNetwork(reply(401, expired), reply(401, expired))
    with pytest.raises(Unauthorized) as caught:
        await a_create(connect(network))
    assert len(network.sign_ins) == 2
    assert caught.value.code == "401013"
    assert not caught.value.maybe_done


async def test_redirects_are_not_followed(connect: Connect) -> None:
    network = ScriptedNetwork(reply(307, headers={"Location": "https://evil.example/flows/f1"}))
    with pytest.raises(BadAnswer):
        await a_read(connect(network))
    assert [request.url.host for request in network.requests] == ["platform.example.com"]


async def test_cookies_are_not_kept(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, FLOW, {"Set-Cookie": "session=1; Path=/"}), reply(200, FLOW))
    platform = connect(network)
    await a_read(platform)
    await a_read(platform)
    assert "cookie" not in network.requests[1].headers


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"{}", b'{"etag": 1}', b"[" * 100_000])
async def test_a_yes_that_cannot_be_read_may_have_been_done(connect: Connect, body: bytes) -> None:
    network = ScriptedNetwork(httpx.Response(201, content=body))
    with pytest.raises(BadAnswer) as caught:
        await a_create(connect(network))
    assert caught.value.maybe_done


async def test_the_etag_goes_out_with_its_quotes(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, {"id": "f1", "etag": '"e2"'}))
    assert await a_change(connect(network)) == Created("f1", '"e2"')
    assert network.requests[0].headers["if-match"] == '"e1"'


@pytest.mark.parametrize(("in_body", "etag"), [('"e1"', '"e1"'), (None, '"h"')])
async def test_an_etag_that_only_a_header_has_is_found(connect: Connect, in_body: str | None, etag: str) -> None:
    body = {"items": [{"id": "f1", "etag": in_body}]}
    network = ScriptedNetwork(reply(200, body, {"ETag": '"h"'}))
    assert (await connect(network).flows.get("f1")).etag == etag


async def test_an_etag_that_is_no_header_is_not_sent(connect: Connect) -> None:
    network = ScriptedNetwork(*[httpx.LocalProtocolError("Illegal header value")] * 4)
    with pytest.raises(Unreachable):
        await a_change(connect(network))


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_all_ways_to_say_deleted(connect: Connect, status: int) -> None:
    network = ScriptedNetwork(reply(status))
    await a_delete(connect(network))
    assert network.asked == ["DELETE /data/foundation/flowservice/flows/f1"]


async def test_somebody_elses_change_is_a_stale_etag(connect: Connect) -> None:
    text = "Supplied version=[1] does not match the current version on entity=[2]"
    network = ScriptedNetwork(reply(412, {"errorMessage": text, "errorDetails": text}))
    with pytest.raises(StaleEtag) as caught:
        await a_change(connect(network))
    assert caught.value.next_step


async def test_the_servers_time_is_told(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(
        reply(200, FLOW, {"Date": "Mon, 23 Nov 2026 15:02:00 GMT"}), reply(200, FLOW, {"Date": "yesterday"})
    )
    platform = connect(network)
    assert platform.server_now() == clock.now()
    await a_read(platform)
    clock.advance(60)
    await a_read(platform)
    assert platform.server_now() - clock.now() == timedelta(hours=1)
    assert platform.with_sandbox("prod").server_now() == platform.server_now()


async def test_a_second_of_difference_is_none(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(reply(200, FLOW, {"Date": "Mon, 23 Nov 2026 14:01:59 GMT"}))
    platform = connect(network)
    await a_read(platform)
    assert platform.server_now() == clock.now()


async def test_another_sandbox_shares_the_sign_in(connect: Connect) -> None:
    network = ScriptedNetwork(reply(200, FLOW), reply(200, FLOW))
    platform = connect(network)
    other = platform.with_sandbox("prod")
    await a_read(platform)
    await a_read(other)
    assert len(network.sign_ins) == 1
    assert [request.headers["x-sandbox-name"] for request in network.requests] == ["ml-dev", "prod"]
    await other.aclose()
    network.add(reply(200, FLOW))
    await a_read(platform)


REFUSALS: list[tuple[Reply, type[Refused]]] = [
    (reply(400, {"message": "Please provide a valid spec id"}), InvalidRequest),
    (reply(422, {"title": "version missing", "status": 422}), InvalidRequest),
    (reply(418), Refused),
]


@pytest.mark.parametrize(("answer", "kind"), REFUSALS)
async def test_a_refused_write_was_not_done(connect: Connect, answer: Reply, kind: type[PlatformError]) -> None:
    with pytest.raises(kind) as caught:
        await a_create(connect(ScriptedNetwork(answer)))
    assert not caught.value.maybe_done
