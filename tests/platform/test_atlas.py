"""The atlas holds every code and text that documents and observed answers name (platform-api §1.5, §4.1, §5.2, §8)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tarmac.platform.atlas import BY_CODE, BY_STATUS, BY_TEXT, Special, explain_code, explain_status, explain_text
from tarmac.platform.messages import Answer
from tarmac.platform.problems import refusal
from tarmac.platform.run_answers import run
from tarmac.services.runs.watching import run_failure

GATEWAY = ("401013", "403010", "403000", "403003", "403025", "403027", "400003", "429050")  # §1.5, §8.2
SIGN_IN = ("invalid_client", "invalid_scope")  # §1.1
RUNS = ("ACTIVATION_BATCH-0000-FAILED", "ACTIVATION_BATCH-0000-SKIP")  # §5.2
FLOW_SERVICE = (  # §3.3, §3.8, §3.9, §8.1
    *("1100-400", "1101-404", "1102-500", "1103-503", "1104-504", "1401-400", "1403-400", "1404-412", "1405-400"),
    *("1410-400", "1413-400", "1414-400", "1415-400", "1416-400", "1418-400", "1422-400", "1432-400", "1433-400"),
    *("1434-400", "1439-400", "1440-400", "1445-400", "1447-400", "1455-400", "1456-400", "2100-404", "2105-400"),
    *("2110-400", "2114-400", "2115-400", "2118-403", "2120-403", "2121-403"),
)
TEXTS = (  # §4.1, §8.1
    (
        "Invalid parameter: Following order ID(s) are not ready for dataset export, please wait for 10 minutes and retry.",
        True,
    ),
    ("Following order ID(s) are not ready for dataset export", True),
    ("Flow for id f is incorrect. Error is [Adhoc run can not be executed for Flow spec=cd2fc47e.", False),
    ("Run already going on for audience a for order o with run id r-123456", True),
    ("a run already exists", True),
    ("Segments x are not part of this dataflow or out of schedule range!", False),
    ("Please provide a valid spec id", False),
    ("Supplied version=[1] does not match the current version on entity=[2]", False),
    ("flows not found with id = [x]", False),
    ("targetConnections not found with id = [x]", False),
)
PASSING = {"429050", "1102-500", "1103-503", "1104-504", "1416-400", "1456-400"}


@pytest.mark.parametrize("code", [*GATEWAY, *SIGN_IN, *RUNS, *FLOW_SERVICE])
def test_every_known_code_has_a_cause_and_a_next_step(code: str) -> None:
    found = explain_code(code)
    assert found is not None
    assert found.meaning
    assert found.next_step
    assert found.passing is (code in PASSING)
    if code.isdecimal():
        assert explain_code(int(code)) == found


@pytest.mark.parametrize(("text", "passes"), TEXTS)
def test_every_known_text_has_a_cause_and_a_next_step(text: str, passes: bool) -> None:
    found = explain_text(f'{{"message": "{text}"}}')
    assert found is not None
    assert found[1].passing is passes


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 503, 504])
def test_every_status_has_words(status: int) -> None:
    assert explain_status(status).meaning
    assert explain_status(status).passing is (status == 429 or status >= 500)


def test_what_passes_says_how_long_or_until_when() -> None:
    entries = [*BY_CODE.items(), *((str(status), each) for status, each in BY_STATUS.items())]
    entries += [(code, each) for _, code, each in BY_TEXT]
    for code, each in entries:
        if each.passing:
            assert re.search(r"minute|until|when it has ended", f"{each.meaning} {each.next_step}"), code


def test_each_refusal_that_the_app_acts_on_is_known() -> None:
    assert {each.special for _, _, each in BY_TEXT if each.special is not None} == set(Special)


def test_an_unknown_one_is_shown_as_it_is_with_status_and_request_id() -> None:
    answer = Answer(418, {"x-request-id": "req-7"}, b'{"code": "TEA-1", "message": "I am a teapot"}')
    error = refusal(answer, "POST /flows", datetime(2026, 11, 23, tzinfo=UTC))
    assert "418" in error.message
    assert "I am a teapot" in error.message
    assert (error.code, error.request_id) == ("TEA-1", "req-7")
    assert "teapot" in error.raw
    assert error.is_passing is False


def test_a_failed_run_says_what_its_code_means() -> None:
    failed = run(
        {
            "id": "r",
            "metrics": {
                "statusSummary": {
                    "status": "failed",
                    "errors": [{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}],
                }
            },
        }
    )
    error = run_failure(failed)
    assert error.code == "ACTIVATION_BATCH-0000-FAILED"
    assert "Test the connection" in error.next_step
