from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.platform import errors
from tarmac.platform.atlas import BY_CODE, BY_STATUS, BY_TEXT, explain_status
from tarmac.platform.messages import Answer
from tarmac.platform.problems import read_problem, refusal, special_refusal

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
NOT_READY = (
    "Invalid parameter: Following order ID(s) are not ready for dataset export, please wait for 10 minutes and retry."
)
NOT_ALLOWED = (
    "Invalid parameter: Flow for id f-1 is incorrect. Error is [Adhoc run can not be executed for "
    "Flow spec=cd2fc47e-e838-4f38-a581-8fff2f99b63a."
)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"error_code": "403010", "message": "Oauth token is missing."}, "403010", "Oauth token is missing."),
        ({"error_code": 403010, "message": "Oauth token is missing."}, "403010", "Oauth token is missing."),
        ({"errorMessage": "flows not found with id = [x]"}, "", "flows not found with id = [x]"),
        ({"errorMessage": "a", "errorDetails": "b"}, "", "a"),
        ({"errorCode": "1422-400", "errorMessage": "a"}, "1422-400", "a"),
        ({"message": "Please provide a valid spec id"}, "", "Please provide a valid spec id"),
        (
            {
                "type": "http://ns.adobe.com/aep/errors/XDM-1010-404",
                "title": "Not found",
                "status": 404,
                "detail": "no s",
            },
            "XDM-1010-404",
            "Not found: no s",
        ),
        (
            {"type": "/placeholder/type/uri", "status": 400, "title": "BadRequest", "detail": "bad"},
            "",
            "BadRequest: bad",
        ),
        ({"errors": [{"code": "E-1", "message": "first"}, {"code": "E-2"}]}, "E-1", "first"),
        ({"error": "invalid_scope", "error_description": "no"}, "invalid_scope", "no"),
        ([{"error_code": "1", "message": "in a list"}], "1", "in a list"),
        ("only words", "", "only words"),
        (b"<html><head><title>502 Bad\nGateway</title></head></html>", "", "502 Bad\nGateway"),
        (b"<!doctype html><p>hi", "", "a web page instead of an answer"),
        (b"upstream connect error", "", "upstream connect error"),
        (b"", "", ""),
        (b"null", "", ""),
    ],
)
def test_every_known_body_is_read(body: Any, code: str, text: str) -> None:
    problem = read_problem(answer(400, body))
    assert (problem.code, problem.text) == (code, text)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (412, errors.StaleEtag),
        (418, errors.Refused),
        (422, errors.InvalidRequest),
        (429, errors.RateLimited),
        (500, errors.ServerFault),
        (503, errors.ServerFault),
        (599, errors.ServerFault),
    ],
)
def test_every_status_has_its_error_and_says_what_to_do_even_without_a_body(
    status: int, kind: type[errors.Refused]
) -> None:
    error = refusal(answer(status), "GET /x", NOW)
    assert type(error) is kind
    assert error.status == status
    assert str(status) in error.message
    assert error.code == str(status)
    assert error.meaning
    assert error.next_step


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
@pytest.mark.parametrize("text", [NOT_READY, "Following order ID(s) are not ready for dataset export"])
def test_not_ready_is_found_in_any_body_and_status(status: int, text: str) -> None:
    for body in ({"message": text}, {"errors": [{"message": text}]}, {"deep": {"er": [text]}}, text.encode()):
        error = refusal(answer(status, body), "POST /adhocrun", NOW)
        assert type(error) is errors.NotReady
        assert error.is_passing


def test_a_storage_that_is_not_allowed_is_no_waiting_matter() -> None:
    error = refusal(answer(400, {"message": NOT_ALLOWED}), "POST /adhocrun", NOW)
    assert type(error) is errors.StorageNotAllowed
    assert not error.is_passing
    assert "Adobe" in error.next_step


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        ("Run already going on for audience a for order f with run id 1f0f2c7e-aaaa-bbbb", "1f0f2c7e-aaaa-bbbb"),
        ("A run for this flow already exists", None),
        ("a run already exists", None),
    ],
)
def test_a_run_that_is_going_on_is_named_where_the_text_names_it(text: str, run_id: str | None) -> None:
    error = refusal(answer(400, {"message": text}), "POST /adhocrun", NOW)
    assert isinstance(error, errors.RunExists)
    assert error.run_id == run_id


def test_an_ad_hoc_refusal_may_come_with_200() -> None:
    assert isinstance(special_refusal(answer(200, {"message": NOT_READY}), "x", NOW), errors.NotReady)
    assert special_refusal(answer(200, {"destinations": []}), "x", NOW) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error_code": "1418-400", "message": "in use"}, "1418-400"),
        ({"errorCode": "1418-400", "errorMessage": "in use", "errorDetails": "in use"}, "1418-400"),
        ({"type": "http://ns.adobe.com/aep/errors/FLOW-1418-400", "title": "in use"}, "1418-400"),
        ({"message": "1418-400: base connection is in use"}, "1418-400"),
    ],
)
def test_flow_service_codes_are_found_wherever_they_stand(body: Any, code: str) -> None:
    error = refusal(answer(400, body), "DELETE /connections/c", NOW)
    assert error.meaning == BY_CODE[code].meaning
    assert "dataflow first" in error.next_step


def test_an_unknown_code_is_shown_as_it_is_with_status_and_request_id() -> None:
    body = {"error_code": "777999", "message": "Flux capacitor empty", "report": {"requestId": "r-77"}}
    error = refusal(answer(400, body), "POST /flows", NOW)
    assert error.code == "777999"
    assert error.message == "POST /flows was refused with 400: Flux capacitor empty."
    assert error.request_id == "r-77"
    assert "Flux" in error.raw


def test_the_headers_request_id_and_retry_after_are_kept() -> None:
    error = refusal(answer(429, None, x_request_id="r-1", retry_after="30"), "GET /x", NOW)
    assert error.request_id == "r-1"
    assert error.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(("told", "words"), [("30", "30 s"), ("119", "119 s"), ("121", "3 min"), ("3600", "60 min")])
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait_is_said_where_the_platform_says_it(status: int, told: str, words: str) -> None:
    assert f"in {words}:" in refusal(answer(status, None, retry_after=told), "GET /x", NOW).next_step
    assert "asks to wait" not in refusal(answer(status), "GET /x", NOW).next_step
    assert "asks to wait" not in refusal(answer(404, None, retry_after=told), "GET /x", NOW).next_step


def test_escape_sequences_do_not_reach_a_terminal() -> None:
    error = refusal(answer(400, {"error_code": "\x1b[31m1", "message": "\x1b]0;owned\x07no\u202e"}), "GET /x", NOW)
    shown = str(error.as_json())
    assert "\x1b" not in error.message + (error.code or "")
    assert "\\x1b" not in shown
    assert "\u202e" not in error.message


def test_the_atlas_says_what_it_means_and_what_to_do_everywhere() -> None:
    explanations = [*BY_CODE.values(), *BY_STATUS.values(), *(entry[2] for entry in BY_TEXT)]
    for explanation in explanations:
        assert explanation.meaning.endswith((".", "?"))
        assert explanation.next_step.endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                ["error_code", "message", "errors", "code", "type", "title", "detail", "report", "requestId"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.integers(300, 599), JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_any_body_becomes_an_error_of_the_tree(status: int, body: bytes) -> None:
    error = refusal(Answer(status, {}, body), "GET /x", NOW)
    assert isinstance(error, errors.Refused)
    assert error.meaning
    assert error.next_step
    assert not any(unicodedata.category(char).startswith("C") for char in error.message)


@pytest.mark.parametrize("status", [400, 422])
def test_the_next_step_of_a_refused_request_is_one_for_scripts_too(status: int) -> None:
    assert "tarmac plan --json" in explain_status(status).next_step
