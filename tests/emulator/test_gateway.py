"""Sign-in and the checks before every service (§1.1, §1.4, §1.5)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import pytest

from support.emulated import FLOW_SERVICE, Emulated, anonymous_client, running_emulator
from tarmac.emulator.strictness import Strictness

FLOWS = f"{FLOW_SERVICE}/flows"


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("where", ["data", "params"])
async def test_a_token_is_issued_for_form_or_query_and_accepted(emulator: Emulated, version: str, where: str) -> None:
    """The Postman samples send everything in the query of v2; everyone else a form to v3."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": "openid,AdobeID",
    }
    async with anonymous_client(emulator.base_url) as client:
        response = await client.request("POST", f"/ims/token/{version}", **{where: fields})  # type: ignore[arg-type]
        token = response.json()["access_token"]
        headers = emulator.headers(authorization=f"Bearer {token}")
        assert (await client.get(FLOWS, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (
            {"client_secret": "wrong"},
            {"error": "invalid_client", "error_description": "invalid client_secret parameter"},
        ),
        ({"client_id": "wrong"}, {"error": "invalid_client", "error_description": "invalid client_id parameter"}),
        ({"scope": ""}, {"error": "invalid_scope", "error_description": "invalid scope parameter"}),
    ],
)
async def test_wrong_credentials_are_answered_400(
    emulator: Emulated, change: dict[str, str], body: dict[str, str]
) -> None:
    """The body names the parameter; that is what callers with two secrets look for."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": "openid",
    }
    async with anonymous_client(emulator.base_url) as client:
        response = await client.post("/ims/token/v3", data={**fields, **change})
    assert (response.status_code, response.json()) == (400, body)


@pytest.mark.parametrize(
    ("changes", "status", "code", "message"),
    [
        ({"authorization": ""}, 403, "403010", "Oauth token is missing."),
        ({"authorization": "Bearer abc.def.ghi"}, 401, "401013", "Oauth token is not valid"),
        ({"authorization": "Bearer ü"}, 401, "401013", "Oauth token is not valid"),
        ({"x_api_key": ""}, 403, "403000", "Api Key is required"),
        ({"x_api_key": "other"}, 403, "403003", "Api Key is invalid"),
        ({"x_gw_ims_org_id": ""}, 400, "400003", "Missing header"),
        ({"x_gw_ims_org_id": "ABC"}, 403, "403027", "User region is missing"),
        ({"x_gw_ims_org_id": "0000@AdobeOrg"}, 403, "403025", "Profile is not valid"),
    ],
)
async def test_the_gateway_refuses_in_the_documented_words(
    emulator: Emulated, changes: dict[str, str], status: int, code: str, message: str
) -> None:
    """A flat body with a code as text."""
    headers = {name.encode(): value.encode() for name, value in emulator.headers(**changes).items()}
    async with anonymous_client(emulator.base_url) as client:
        response = await client.get(FLOWS, headers=headers)
    assert (response.status_code, response.json()) == (status, {"error_code": code, "message": message})


async def test_a_token_ends_after_a_day_of_virtual_time(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """86,399 seconds, as the token answer says."""
    emulator.advance(86_390)
    assert (await client.get(FLOWS)).status_code == 200
    emulator.advance(10)
    assert (await client.get(FLOWS)).json()["error_code"] == "401013"
    client.headers.update(emulator.headers())
    assert (await client.get(FLOWS)).status_code == 200


async def test_without_a_sandbox_header_the_request_goes_to_prod(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """`prod` is another sandbox: what is made in ml-dev is not there."""
    body = {"name": "x", "connectionSpec": {"id": "10440537-2a7b-4583-ac39-ed38d4b848e8", "version": "1.0"}}
    created = (await client.post(f"{FLOW_SERVICE}/connections", json=body)).json()
    headers = dict(emulator.headers())
    del headers["x-sandbox-name"]
    async with anonymous_client(emulator.base_url) as nameless:
        nameless.headers.update(headers)
        assert (await nameless.get(f"{FLOW_SERVICE}/connections/{created['id']}")).status_code == 404
        assert (await nameless.get("/data/foundation/catalog/dataSets")).json() == {}
    unknown = await client.get(FLOWS, headers={"x-sandbox-name": "nowhere"})
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "2100-404")


async def test_strict_mode_wants_the_sandbox_header() -> None:
    """The other reading of C7."""
    async with running_emulator(strictness=Strictness(require_sandbox=True)) as emulator:
        headers = dict(emulator.headers())
        del headers["x-sandbox-name"]
        async with anonymous_client(emulator.base_url) as client:
            client.headers.update(headers)
            response = await client.get(FLOWS)
    assert (response.status_code, response.json()["errorCode"]) == (400, "2105-400")


async def test_every_answer_carries_a_request_id_and_the_virtual_date(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Errors too; an id that the client gave comes back."""
    emulator.advance(400 * 86_400)
    before = emulator.running.platform.now()
    for path in (FLOWS, "/no/such/service/at/all", "/_emulator"):
        response = await client.get(path, headers={"x-request-id": "mine"})
        assert response.headers["x-request-id"] == "mine"
        assert abs((parsedate_to_datetime(response.headers["date"]) - before).total_seconds()) < 60
    first, second = [(await client.get(FLOWS)).headers["x-request-id"] for _ in range(2)]
    assert first
    assert first != second


async def test_requests_are_logged_and_counted_by_method_and_path(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """The control endpoint is not in the log, and neither is a secret in a sign-in query."""
    await client.get(FLOWS, params={"limit": "5"})
    await client.post("/ims/token/v3?client_secret=hidden")
    answer = (await client.get("/_emulator/requests", params={"path": f"{FLOW_SERVICE}/*", "method": "get"})).json()
    assert [(one["path"], one["query"], one["status"]) for one in answer["requests"]] == [(FLOWS, "limit=5", 200)]
    everything = await client.get("/_emulator/requests")
    assert everything.json()["total"] == 2
    assert "hidden" not in everything.text
    assert (await client.delete("/_emulator/requests")).json()["total"] == 0


async def test_the_clock_can_be_moved_over_http(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """Forward only; anything else is said to be wrong."""
    before = emulator.running.platform.now()
    await client.post("/_emulator/clock", json={"advance": 3600})
    assert (emulator.running.platform.now() - before).total_seconds() >= 3600
    assert (await client.post("/_emulator/clock", json={"speed": 50})).json()["speed"] == 50
    for wrong in ({"advance": -1}, {"speed": -1}, {"speed": "fast"}, {"advance": 1e300}, {"back": 1}, {}):
        assert (await client.post("/_emulator/clock", json=wrong)).status_code == 400
    counts = (await client.get("/_emulator")).json()
    assert (counts["flows"], counts["datasets"]) == (0, 4)
