"""Runs, in every shape known (platform-api §5.2).

A missing number stays None; an unknown status word is neither success nor the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tarmac.platform.hosts import last_segment
from tarmac.platform.models import PlatformMessage, Raw, Run, RunPhase
from tarmac.platform.reading import (
    array,
    at,
    count,
    etag_of,
    first_count,
    first_text,
    moment,
    obj,
    require_object,
    require_text,
    text,
    total,
)

# By the word in lower case without `_`, `-` and blanks.
_PHASES: Mapping[str, RunPhase] = {
    "queued": RunPhase.QUEUED,
    "scheduled": RunPhase.QUEUED,
    "waiting": RunPhase.QUEUED,
    "pending": RunPhase.QUEUED,
    "processing": RunPhase.RUNNING,
    "inprogress": RunPhase.RUNNING,
    "running": RunPhase.RUNNING,
    "started": RunPhase.RUNNING,
    "success": RunPhase.SUCCEEDED,
    "completed": RunPhase.SUCCEEDED,
    "partialsuccess": RunPhase.PARTIAL,
    "partialfailure": RunPhase.PARTIAL,
    "failed": RunPhase.FAILED,
}


def phase_of(word: str | None) -> RunPhase:
    """Return what a status word means; UNKNOWN for none and for one that is not documented."""
    if word is None:
        return RunPhase.UNKNOWN
    plain_word = "".join(char for char in word.lower() if char not in "_- \t")
    return _PHASES.get(plain_word, RunPhase.UNKNOWN)


def run(value: Any) -> Run:
    """Read a run. Numbers come from the run's metrics, then from the targets' summaries, then from its activities."""
    raw = require_object(value, "a run")
    metrics = obj(raw.get("metrics"))
    activities = [obj(item) for item in array(raw.get("activities") or raw.get("activites"))]
    # In the order of trust: the run's own summaries, then the activities, the last stage first.
    stages: list[Raw] = [metrics, *reversed(activities)]
    word = first_text(at(metrics, "statusSummary", "status"), raw.get("status"), raw.get("state"))
    return Run(
        id=require_text(raw.get("id"), "a run's id"),
        flow_id=text(raw.get("flowId")),
        phase=phase_of(word),
        status_word=word or "",
        created_at=moment(raw.get("createdAt")),
        started_at=_moment_of([metrics, *activities], raw, "startedAtUTC"),
        ended_at=_ended(metrics, raw),
        output_rows=_output_rows(stages),
        skipped_rows=_number(stages, "recordSummary", "skippedRecordCount"),
        output_bytes=_number(stages, "sizeSummary", "outputBytes"),
        output_files=_number(stages, "fileSummary", "outputFileCount"),
        errors=_errors(raw, stages),
        skips=_messages(*(at(stage, "recordSummary", "skippedInfo") for stage in stages)),
        etag=etag_of(raw),
        raw=raw,
    )


def ad_hoc_runs(value: Any) -> dict[str, str]:
    """Read an ad-hoc answer (§4): run id by dataset id. Raises BadAnswer if it names no run at all."""
    raw = require_object(value, "the started runs")
    runs: dict[str, str] = {}
    for destination in array(raw.get("destinations")):
        for dataset in array(obj(destination).get("datasets")):
            dataset_id = first_text(obj(dataset).get("id"), obj(dataset).get("datasetId"))
            link = first_text(obj(dataset).get("statusURL"), obj(dataset).get("statusUrl"))
            run_id = None if link is None else last_segment(link)
            if dataset_id is not None and run_id is not None:
                runs[dataset_id] = run_id
    require_text(next(iter(runs.values()), None), "the id of the started run")
    return runs


def _number(stages: Iterable[Raw], summary: str, name: str) -> int | None:
    return first_count(*(at(stage, summary, name) for stage in stages))


def _output_rows(stages: Sequence[Raw]) -> int | None:
    for stage in stages:
        summary = obj(stage.get("recordSummary"))
        targets = [obj(item) for item in array(summary.get("targetSummaries"))]
        found = first_count(
            summary.get("outputRecordCount"),
            total(count(target.get("outputRecordCount")) for target in targets),
            summary.get("createdRecordCount"),
        )
        if found is not None:
            return found
    return None


def _moment_of(stages: Iterable[Raw], raw: Raw, name: str) -> Any:
    values = [at(stage, "durationSummary", name) for stage in stages]
    return next((found for value in [*values, raw.get(name)] if (found := moment(value)) is not None), None)


def _ended(metrics: Raw, raw: Raw) -> Any:
    # Two names for the end (C9). An activity's end is not the run's: it is not looked at.
    names = ("completedAtUTC", "stoppedAtUTC")
    values = [at(metrics, "durationSummary", name) for name in names] + [raw.get(name) for name in names]
    return next((found for value in values if (found := moment(value)) is not None), None)


def _errors(raw: Raw, stages: Sequence[Raw]) -> tuple[PlatformMessage, ...]:
    # Errors can be there on a success, too (MON); the phase alone says how it ended.
    sources = [raw.get("errors")]
    for stage in stages:
        sources += [at(stage, "statusSummary", "errors"), at(stage, "recordSummary", "failedInfo")]
    return _messages(*sources)


def _messages(*sources: Any) -> tuple[PlatformMessage, ...]:
    found: dict[tuple[str, str], PlatformMessage] = {}
    for source in sources:
        for item in [source] if isinstance(source, Mapping) else array(source):
            if isinstance(item, str):
                item = {"message": item}
            entry = obj(item)
            code, words = text(entry.get("code")) or "", first_text(entry.get("message"), entry.get("detail")) or ""
            if code or words:
                found.setdefault((code, words), PlatformMessage(code, words, count(entry.get("count"))))
    return tuple(found.values())
