"""What the platform's limits mean for one dataset, in words (platform-api §2.5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from tarmac.platform.models import Dataset
from tarmac.services.plans.plan import Check, Verdict
from tarmac.terms.formats import Compression, FileFormat

RECORD_LIMIT = 5_000_000_000
PROFILE_LIMIT = 10_000_000_000
UNCOMPRESSED_PROFILE_LIMIT = 1_000_000
EVENT_WINDOW_DAYS = 365
_GOOD_BATCH = {"success", "active"}
_BUSY_BATCH = {"processing", "queued", "retrying", "loading", "loaded", "staging", "staged"}


def dataset_guardrails(dataset: Dataset, file_format: FileFormat, compression: Compression) -> tuple[Check, ...]:
    """Return the verdicts of all limits that concern this dataset in this format."""
    return (event_window(dataset), record_limit(dataset), *_profile_limit(dataset, file_format, compression))


def last_batch(dataset: Dataset) -> Check:
    """Say whether the newest data arrived well; after a CTAS it may hang while ingestion is busy (§9)."""
    status = (dataset.last_batch_status or "").casefold()
    if status in _GOOD_BATCH:
        return Check(Verdict.OK, "last batch arrived well")
    if not status:
        return Check(
            Verdict.UNCHECKED, "last batch not known", "The catalog does not say how the dataset's last batch ended."
        )
    if status in _BUSY_BATCH:
        return Check(
            Verdict.WARNING,
            f"last batch is still {status}",
            "Rows of a batch that is not finished may be missing in the export.",
            "Wait until it is finished, or export again then.",
        )
    return Check(
        Verdict.WARNING,
        f"last batch ended as {status}",
        "The newest rows may not be in the dataset.",
        "Look at the batch in Experience Platform › Monitoring before training on this.",
    )


def event_window(dataset: Dataset) -> Check:
    """Event data is exported for the last 365 days only (hard limit; GRD, EDU)."""
    match dataset.behavior:
        case "record":
            return Check(Verdict.OK, f"event data older than {EVENT_WINDOW_DAYS} d: none")
        case "time-series":
            return Check(
                Verdict.WARNING,
                f"only events of the last {EVENT_WINDOW_DAYS} days are exported",
                "The platform leaves older events of an event dataset out, without saying so in the run.",
                "For older events, make a record dataset of them with Data Distiller and export that.",
            )
        case _:
            return Check(
                Verdict.UNCHECKED,
                "record or event data: not known",
                f"If it is event data, only the last {EVENT_WINDOW_DAYS} days are exported.",
            )


def record_limit(dataset: Dataset) -> Check:
    """More than five billion records is beyond what Adobe promises (soft limit; GRD)."""
    if dataset.rows is None:
        return Check(Verdict.UNCHECKED, "row count not known", "The catalog does not say how many rows there are.")
    if dataset.rows > RECORD_LIMIT:
        return Check(
            Verdict.WARNING,
            f"{dataset.rows:,} rows: more than 5 billion",
            "Beyond 5 billion records the platform does not promise that an export ends.",
            "Split the dataset with Data Distiller.",
        )
    return Check(Verdict.OK, f"{dataset.rows:,} rows: within 5 billion")


def freshness(dataset: Dataset, now: datetime) -> str:
    """Say how old the data is and how its last batch ended, on one line."""
    age = "age not known" if dataset.updated_at is None else f"updated {age_words(now - dataset.updated_at)}"
    return f"{age}, last batch {(dataset.last_batch_status or 'not known').casefold()}"


def age_words(age: timedelta) -> str:
    """Write an age as `3 d ago`, `5 h ago`, `2 min ago` or `just now`."""
    seconds = max(0, int(age.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def _profile_limit(dataset: Dataset, file_format: FileFormat, compression: Compression) -> tuple[Check, ...]:
    """Profile datasets have limits of their own, by format (hard limits; GRD)."""
    if not dataset.profile_enabled or dataset.rows is None:
        return ()
    is_plain_parquet = file_format is FileFormat.PARQUET and compression is Compression.NONE
    if is_plain_parquet and dataset.rows > UNCOMPRESSED_PROFILE_LIMIT:
        return (
            Check(
                Verdict.WARNING,
                "a profile dataset of more than 1 million rows as uncompressed Parquet",
                "The platform lets such an export fail.",
                'Choose compression = "gzip".',
            ),
        )
    if dataset.rows > PROFILE_LIMIT:
        return (
            Check(
                Verdict.WARNING,
                "a profile dataset of more than 10 billion rows",
                "The platform exports at most 10 billion records of a profile dataset in one dataflow.",
                "Split the dataset with Data Distiller.",
            ),
        )
    return ()
