"""Faults as data: requests that go wrong, runs that go wrong (design §7)."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.chain import build_chain, landing_connection, post_adhoc, status_of, trigger, until
from support.emulated import FLOW_SERVICE, Emulated, running_emulator
from support.in_time import in_time
from tarmac.emulator.faults import FaultDocument, InvalidFault

CONNECTIONS = f"{FLOW_SERVICE}/connections"


async def how_many(client: httpx.AsyncClient) -> int:
    """How many connections there are."""
    count: int = (await client.get(CONNECTIONS, params={"count": "true"})).json()["count"]
    return count


async def test_an_answer_is_replaced_before_anything_happens_and_only_so_often(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """The second and third POST are refused; the others, and every GET, go through."""
    rule = {
        "method": "POST",
        "path": f"{FLOW_SERVICE}/conn*",
        "nth": 2,
        "times": 2,
        "status": 429,
        "headers": {"Retry-After": "7"},
        "body": {"error_code": "429050", "message": "Too many requests"},
    }
    assert (await client.post("/_emulator/faults", json={"request": [rule]})).status_code == 200
    answers = [await client.post(CONNECTIONS, json=landing_connection()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 429, 429, 201]
    assert (answers[1].headers["retry-after"], answers[1].json()["error_code"]) == ("7", "429050")
    assert await how_many(client) == 2
    [shown] = (await client.get("/_emulator/faults")).json()["request"]
    assert (shown["seen"], shown["applied"]) == (4, 2)


@pytest.mark.parametrize("close", ["drop", "reset"])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after-commit", 1)])
async def test_a_connection_ends_without_an_answer(
    emulator: Emulated, client: httpx.AsyncClient, close: str, when: str, made: int
) -> None:
    """The client cannot tell whether it happened; the platform can."""
    emulator.add_faults(request=[{"method": "POST", "path": "*/connections", "when": when, "close": close}])
    expected = httpx.ReadError if close == "reset" else httpx.RemoteProtocolError
    with pytest.raises(expected):
        await client.post(CONNECTIONS, json=landing_connection())
    assert await how_many(client) == made
    assert [request.status for request in emulator.requests("POST", "*/connections")] == [0]


async def test_a_lost_answer_after_the_commit_can_also_be_an_html_500(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Text bodies are sent as they are."""
    emulator.add_faults(request=[{"when": "after-commit", "status": 502, "body": "<html>Bad gateway</html>"}])
    answer = await client.post(CONNECTIONS, json=landing_connection())
    assert (answer.status_code, answer.text) == (502, "<html>Bad gateway</html>")
    assert answer.headers["content-type"].startswith("text/html")
    assert await how_many(client) == 1


async def test_answers_can_be_late(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """Real seconds, whatever the virtual clock does; the answer itself is the right one."""
    emulator.set_speed(1000)
    emulator.add_faults(request=[{"delay": 0.2}, {"delay": 0.2, "when": "after-commit", "nth": 2}])
    for _ in range(2):
        started = time.perf_counter()
        assert (await client.get(CONNECTIONS)).status_code == 200
        assert time.perf_counter() - started >= 0.2


async def test_a_waiting_answer_does_not_delay_the_end_of_the_emulator() -> None:
    """An hour's delay is cut short at once."""
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(running_emulator())
        client = await stack.enter_async_context(emulator.client())
        emulator.add_faults(request=[{"delay": 3600}])
        with pytest.raises(httpx.ReadTimeout):
            await client.get(CONNECTIONS, timeout=0.1)
        with in_time(1):
            await stack.aclose()


async def test_a_run_fails_with_the_error_of_the_rule(emulator: Emulated, client: httpx.AsyncClient) -> None:
    """A failed run has neither size nor file summary."""
    chain = await build_chain(client, emulator.dataset_id())
    emulator.add_faults(
        run=[{"flow": chain.flow_id, "code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}]
    )
    run = await until(client, await trigger(client, chain))
    metrics = run["metrics"]
    assert metrics["statusSummary"]["errors"] == [{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}]
    assert (status_of(run), {"sizeSummary", "fileSummary"} & set(metrics)) == ("failed", set())
    assert status_of(await until(client, await trigger(client, chain))) == "success"


async def test_metrics_can_be_missing_late_wrong_or_under_another_word(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """Everything that a client must not take for success."""
    chain = await build_chain(client, emulator.dataset_id())
    true_rows = emulator.ready["datasets"][0]["rows"]
    emulator.add_faults(
        run=[
            {"omit": ["sizeSummary", "recordSummary.outputRecordCount"], "status": "Partial_Success"},
            {"nth": 2, "row_offset": -3},
            {"nth": 3, "metrics_delay": 500.0},
            {"nth": 4, "stuck": True},
        ]
    )
    sparse = await until(client, await trigger(client, chain))
    assert status_of(sparse) == "Partial_Success"
    assert "sizeSummary" not in sparse["metrics"]
    assert "outputRecordCount" not in sparse["metrics"]["recordSummary"]
    wrong = await until(client, await trigger(client, chain))
    assert wrong["metrics"]["recordSummary"]["outputRecordCount"] == true_rows - 3
    late = await until(client, await trigger(client, chain))
    assert set(late["metrics"]) == {"durationSummary", "statusSummary"}
    emulator.advance(500)
    whole = await until(client, late["id"], lambda run: "recordSummary" in run["metrics"])
    assert whole["metrics"]["recordSummary"]["outputRecordCount"] == true_rows
    stuck = await until(client, await trigger(client, chain), lambda run: status_of(run) == "processing")
    emulator.advance(10 * 3600)
    assert status_of(await until(client, stuck["id"], lambda run: True)) == "processing"


async def test_flows_may_never_become_ready_and_tokens_may_end_early(
    emulator: Emulated, client: httpx.AsyncClient
) -> None:
    """The two switches."""
    chain = await build_chain(client, emulator.dataset_id())
    emulator.add_faults(never_ready=True)
    assert "not ready for dataset export" in (await post_adhoc(client, chain.flow_id, chain.dataset_id)).text
    await client.delete("/_emulator/faults")
    emulator.add_faults(expire_tokens=True)
    assert (await client.get(CONNECTIONS)).status_code == 401
    client.headers.update(emulator.headers())
    assert (await post_adhoc(client, chain.flow_id, chain.dataset_id)).status_code == 200


async def test_a_file_of_faults_is_armed_from_the_start(tmp_path: Path) -> None:
    """The example of the module's docstring, and only the first POST is hit."""
    path = tmp_path / "faults.toml"
    path.write_text('[[request]]\nmethod = "POST"\nstatus = 503\n', encoding="utf-8")
    async with running_emulator(faults=path) as emulator, emulator.client() as client:
        answers = [await client.post(CONNECTIONS, json=landing_connection()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 201]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"requests": []}, ["'requests' is not known", "never_ready"]),
        ({"request": [{"staus": 500}]}, ["request rule 1", "'staus' is not known", "status"]),
        ({"request": [{"status": 500}, {"status": "500"}]}, ["request rule 2", "'status' must be of type int"]),
        ({"request": [{"status": 99}]}, ["'status' must be at least 200"]),
        ({"request": [{"status": True}]}, ["'status' must be of type int"]),
        ({"request": [{"path": "*"}]}, ["has no effect"]),
        ({"request": [{"delay": 1, "body": "x"}]}, ["'body'", "need the key 'status'"]),
        ({"request": [{"status": 500, "when": "later"}]}, ["'when' must be one of before, after-commit"]),
        ({"request": [{"close": "slam"}]}, ["'close' must be one of drop, reset"]),
        ({"run": [{"nth": 0}]}, ["run rule 1", "'nth' must be at least 1"]),
        ({"run": [{"omit": "sizeSummary"}]}, ["'omit' must be of type list"]),
        ({"run": {}}, ["'run' must be a list of tables"]),
        ({"never_ready": "yes"}, ["'never_ready' must be of type bool"]),
        ([], ["must be a table"]),
    ],
)
def test_a_wrong_rule_is_named_with_its_key(document: Any, words: list[str]) -> None:
    """Nothing is armed silently wrong."""
    with pytest.raises(InvalidFault) as raised:
        FaultDocument.parse(document)
    for word in words:
        assert word in raised.value.message


async def test_the_control_endpoint_refuses_wrong_rules(client: httpx.AsyncClient) -> None:
    """400 with the same words, and nothing is armed."""
    answer = await client.post("/_emulator/faults", json={"request": [{"status": 500}, {"stat": 1}]})
    assert (answer.status_code, "'stat' is not known" in answer.json()["error"]) == (400, True)
    assert (await client.get("/_emulator/faults")).json()["request"] == []
