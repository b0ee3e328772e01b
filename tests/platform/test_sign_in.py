from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest

from support.fake_clock import FakeClock
from support.scripted_network import Connect, ScriptedNetwork, reply
from tarmac.platform.errors import BadAnswer, NoAnswer, RateLimited, SignInFailed
from tarmac.terms.secrets import Secret


def token(lifetime: object = 86399, value: str = "abc") -> httpx.Response:
    return reply(200, {"access_token": value, "token_type": "bearer", "expires_in": lifetime})


async def test_the_form_is_what_the_service_expects(connect: Connect) -> None:
    network = ScriptedNetwork()
    await connect(network).sign_in()
    (request,) = network.sign_ins
    assert str(request.url) == "https://ims.example.com/ims/token/v3"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": ["p8e-Very/Secret+Client=Value"],
        "scope": ["openid,AdobeID"],
    }
    assert "authorization" not in request.headers


async def test_a_hundred_callers_share_one_renewal(connect: Connect) -> None:
    network = ScriptedNetwork()
    platform = connect(network)
    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(platform.sign_in())
    assert len(network.sign_ins) == 1


async def test_a_refusal_is_shared_too(connect: Connect) -> None:
    refusal = reply(400, {"error": "invalid_client", "error_description": "invalid client_secret parameter"})
    network = ScriptedNetwork(sign_in=lambda _: refusal)
    platform = connect(network)
    outcomes = await asyncio.gather(*(platform.sign_in() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(outcome, SignInFailed) for outcome in outcomes)
    assert len(network.sign_ins) == 1
    with pytest.raises(SignInFailed):
        await platform.sign_in()
    assert len(network.sign_ins) == 2, "a later caller tries again"


async def test_a_cancelled_caller_does_not_take_the_others_with_it(connect: Connect) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    class Slow(ScriptedNetwork):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            reached.set()
            await go_on.wait()
            return await super().handle_async_request(request)

    platform = connect(Slow())
    first, second = asyncio.create_task(platform.sign_in()), asyncio.create_task(platform.sign_in())
    await reached.wait()
    first.cancel()
    go_on.set()
    await asyncio.wait_for(second, 5)
    assert first.cancelled()


@pytest.mark.parametrize(
    ("lifetime", "good_for"),
    [
        (86399, 86399 - 500),
        (600, 540),
        (86_399_992, 86_399.992 - 500),  # the old exchange's milliseconds
        ("3600", 3600 - 360),
        (None, 3600 - 360),
        (-1, 3600 - 360),
        ("nan", 3600 - 360),
    ],
)
async def test_it_is_renewed_well_before_the_end(
    connect: Connect, clock: FakeClock, lifetime: object, good_for: float
) -> None:
    network = ScriptedNetwork(sign_in=lambda _: token(lifetime))
    platform = connect(network)
    await platform.sign_in()
    clock.advance(good_for - 1)
    await platform.sign_in()
    assert len(network.sign_ins) == 1
    clock.advance(2)
    await platform.sign_in()
    assert len(network.sign_ins) == 2


async def test_several_secrets_are_tried_in_turn_and_the_good_one_is_kept(connect: Connect, clock: FakeClock) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if parse_qs(request.content.decode())["client_secret"] == ["new-secret"]:
            return token()
        return reply(400, {"error": "invalid_client", "error_description": "invalid client_secret parameter"})

    network = ScriptedNetwork(sign_in=answer)
    platform = connect(network, client_secrets=(Secret("old-secret"), Secret("new-secret")))
    await platform.sign_in()
    assert len(network.sign_ins) == 2
    clock.advance(90_000)
    await platform.sign_in()
    assert len(network.sign_ins) == 3, "the secret that worked goes first"


async def test_another_secret_does_not_mend_a_wrong_client_id(connect: Connect) -> None:
    wrong = reply(400, {"error": "invalid_client", "error_description": "invalid client_id parameter"})
    network = ScriptedNetwork(sign_in=lambda _: wrong)
    with pytest.raises(SignInFailed) as caught:
        await connect(network, client_secrets=(Secret("one-one"), Secret("two-two"))).sign_in()
    assert len(network.sign_ins) == 1
    assert caught.value.code == "sign-in-invalid_client"
    assert "client_id" in caught.value.message
    assert caught.value.meaning
    assert caught.value.next_step


@pytest.mark.parametrize("body", [None, "<html>no</html>", {"message": "no"}, [1], {"error": "surprise"}])
async def test_unknown_refusals_still_say_what_to_do(connect: Connect, body: object) -> None:
    network = ScriptedNetwork(sign_in=lambda _: reply(403, body))
    with pytest.raises(SignInFailed) as caught:
        await connect(network).sign_in()
    assert caught.value.meaning
    assert caught.value.next_step


@pytest.mark.parametrize(
    "body", [{}, [], None, {"access_token": ""}, {"access_token": 5}, {"access_token": "a\r\nb"}, {"access_token": "é"}]
)
async def test_a_yes_without_a_token_is_a_bad_answer(connect: Connect, body: object) -> None:
    with pytest.raises(BadAnswer):
        await connect(ScriptedNetwork(sign_in=lambda _: reply(200, body))).sign_in()


async def test_passing_faults_are_asked_again(connect: Connect, clock: FakeClock) -> None:
    script: list[httpx.Response | Exception] = [
        httpx.ReadTimeout("slow"),
        reply(503),
        reply(429, headers={"Retry-After": "3"}),
        token(),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        step = script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    await connect(ScriptedNetwork(sign_in=answer)).sign_in()
    assert clock.slept == [0.5, 1.0, 3.0]


async def test_a_service_that_never_answers_is_given_up(connect: Connect, clock: FakeClock) -> None:
    network = ScriptedNetwork(sign_in=httpx.ReadTimeout("slow"))
    with pytest.raises(NoAnswer) as caught:
        await connect(network).sign_in()
    assert len(network.sign_ins) == 4
    assert not caught.value.maybe_done


async def test_throttling_is_not_a_wrong_credential(connect: Connect) -> None:
    network = ScriptedNetwork(sign_in=lambda _: reply(429, {"error_code": "429050", "message": "Too many requests"}))
    with pytest.raises(RateLimited):
        await connect(network).sign_in()


@pytest.mark.parametrize("day", [22, 24])
async def test_a_date_to_ask_again_is_of_the_services_clock(connect: Connect, clock: FakeClock, day: int) -> None:
    said = {"Date": f"Mon, {day} Nov 2026 14:02:00 GMT", "Retry-After": f"Mon, {day} Nov 2026 14:02:20 GMT"}
    answers = [reply(429, headers=said), token()]
    await connect(ScriptedNetwork(sign_in=lambda _: answers.pop(0))).sign_in()
    assert clock.slept == [20]
