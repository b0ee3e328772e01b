"""Runs, as they were seen and as they might come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.platform import run_answers
from tarmac.platform.errors import BadAnswer
from tarmac.platform.models import RunPhase


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RUN: dict[str, Any] = {
    "id": "run-1",
    "flowId": "flow-1",
    "createdAt": ms(START),
    "etag": '"e"',
    "metrics": {
        "durationSummary": {"startedAtUTC": ms(START), "completedAtUTC": ms(START) + 17296},
        "sizeSummary": {"inputBytes": 0, "outputBytes": 2781573},
        "recordSummary": {
            "inputRecordCount": 89921,
            "outputRecordCount": 89921,
            "skippedRecordCount": 2,
            "skippedInfo": [{"code": "S-1", "message": "left out", "count": 2}],
            "failedInfo": [{"code": "F-1", "message": "failed"}],
        },
        "fileSummary": {"outputFileCount": 1},
        "statusSummary": {"status": "success", "errors": [{"code": "E-1", "message": "a warning"}]},
    },
}


def test_a_whole_run() -> None:
    run = run_answers.run(RUN)
    assert (run.id, run.flow_id, run.phase, run.status_word) == ("run-1", "flow-1", RunPhase.SUCCEEDED, "success")
    assert run.started_at == START
    assert run.ended_at == START + timedelta(milliseconds=17296)
    assert (run.output_rows, run.skipped_rows) == (89921, 2)
    assert (run.output_bytes, run.output_files) == (2781573, 1)
    assert [(error.code, error.message) for error in run.errors] == [("E-1", "a warning"), ("F-1", "failed")]
    assert [(skip.code, skip.count) for skip in run.skips] == [("S-1", 2)]
    assert run.etag == '"e"'


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("Success", RunPhase.SUCCEEDED),
        ("COMPLETED", RunPhase.SUCCEEDED),
        ("partialSuccess", RunPhase.PARTIAL),
        ("PARTIAL_SUCCESS", RunPhase.PARTIAL),
        ("PARTIAL_FAILURE", RunPhase.PARTIAL),
        ("Failed", RunPhase.FAILED),
        ("IN_PROGRESS", RunPhase.RUNNING),
        ("inProgress", RunPhase.RUNNING),
        ("in progress", RunPhase.RUNNING),
        ("Processing", RunPhase.RUNNING),
        ("Waiting", RunPhase.QUEUED),
        ("queued", RunPhase.QUEUED),
        ("SCHEDULED", RunPhase.QUEUED),
        ("successful-ish", RunPhase.UNKNOWN),
        ("unsuccess", RunPhase.UNKNOWN),
        ("", RunPhase.UNKNOWN),
        (None, RunPhase.UNKNOWN),
    ],
)
def test_status_words(word: str | None, phase: RunPhase) -> None:
    assert run_answers.phase_of(word) is phase
    run = run_answers.run({"id": "r", "metrics": {"statusSummary": {"status": word}}})
    assert run.phase is phase


@given(st.text())
def test_an_unknown_word_is_never_success_and_never_the_end(word: str) -> None:
    known = {"success", "completed", "partialsuccess", "partialfailure", "failed"}
    if "".join(char for char in word.lower() if char not in "_- \t") not in known:
        assert not run_answers.phase_of(word).is_final


def test_what_a_run_does_not_say_is_not_zero() -> None:
    run = run_answers.run({"id": "r", "metrics": {"sizeSummary": {"inputBytes": 0}}})
    assert (run.output_rows, run.output_bytes, run.output_files) == (None, None, None)
    assert (run.started_at, run.ended_at) == (None, None)
    assert run.phase is RunPhase.UNKNOWN
    zero = run_answers.run({"id": "r", "metrics": {"recordSummary": {"outputRecordCount": 0}}})
    assert zero.output_rows == 0


def test_the_documented_failed_run_has_no_sizes() -> None:
    metrics = {
        "statusSummary": {
            "status": "failed",
            "errors": [{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}],
        }
    }
    run = run_answers.run({"id": "r", "metrics": metrics})
    assert run.phase is RunPhase.FAILED
    assert run.errors[0].message == "Job aborted."


def test_numbers_that_only_the_activities_have() -> None:
    activities = [
        {"recordSummary": {"inputRecordCount": 10, "outputRecordCount": 9}, "statusSummary": {"status": "success"}},
        {
            "recordSummary": {"outputRecordCount": 8},
            "sizeSummary": {"outputBytes": 77},
            "fileSummary": {"outputFileCount": 2},
        },
    ]
    for key in ("activities", "activites"):
        run = run_answers.run({"id": "r", key: activities})
        assert (run.output_rows, run.output_bytes, run.output_files) == (8, 77, 2)
        assert run.phase is RunPhase.UNKNOWN, "stages that ended are not a run that ended"


def test_rows_by_target_are_added_up_only_when_all_are_known() -> None:
    def rows(*counts: int | None) -> int | None:
        targets = [{"outputRecordCount": count} if count is not None else {} for count in counts]
        return run_answers.run({"id": "r", "metrics": {"recordSummary": {"targetSummaries": targets}}}).output_rows

    assert rows(3, 4) == 7
    assert rows(3, None) is None


def test_both_names_of_the_end() -> None:
    stopped = {"id": "r", "metrics": {"durationSummary": {"stoppedAtUTC": ms(START)}}}
    assert run_answers.run(stopped).ended_at == START
    unfinished = {"id": "r", "metrics": {"durationSummary": {"startedAtUTC": ms(START), "completedAtUTC": 0}}}
    assert run_answers.run(unfinished).ended_at is None


def test_an_ad_hoc_answer_names_runs_by_dataset() -> None:
    host = "https://platform.adobe.io/data/foundation/flowservice/runs"
    answer = {
        "destinations": [
            {
                "datasets": [
                    {"id": "d1", "statusURL": f"{host}/r1", "flowId": "f"},
                    {"id": "d2", "statusURL": f"{host}/r2/"},
                ]
            }
        ]
    }
    assert run_answers.ad_hoc_runs(answer) == {"d1": "r1", "d2": "r2"}


@pytest.mark.parametrize(
    "answer", [{}, {"destinations": []}, {"destinations": [{"datasets": [{"id": "d1"}]}]}, {"order": []}]
)
def test_an_ad_hoc_answer_without_a_run_is_a_bad_answer(answer: Any) -> None:
    with pytest.raises(BadAnswer):
        run_answers.ad_hoc_runs(answer)
