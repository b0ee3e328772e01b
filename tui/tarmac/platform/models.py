"""What the platform answers, as values. Times are aware UTC, sizes are bytes, anything the platform may omit may be None.

Each `raw` keeps the object as it came, for the screens that show it and for writing back whole objects. Parsing lives in
`platform/answers.py`: any JSON gives one of these or a `BadAnswer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tarmac.terms.destinations import DestinationKind, kind_of_connection_spec, kind_of_flow_spec
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.secrets import Secret

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Dataset:
    """A catalog dataset (platform-api §2.3). `rows` and `size_bytes` come from an extension that may be missing."""

    id: str
    name: str
    description: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    schema_id: str | None = None
    behavior: str | None = None  # "record" or "time-series"
    last_batch_status: str | None = None
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    profile_enabled: bool = False
    table: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Created:
    """The answer to a create or a change: id and new etag (quotes included)."""

    id: str
    etag: str | None


@dataclass(frozen=True)
class Connection:
    """A base connection. Secrets in `auth_params` are masked by the platform."""

    id: str
    name: str
    spec_id: str
    etag: str | None = None
    state: str | None = None
    auth_spec: str | None = None
    auth_params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    created_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def kind(self) -> DestinationKind | None:
        """The destination kind, None for a spec outside our table."""
        return kind_of_connection_spec(self.spec_id)


@dataclass(frozen=True)
class SourceConnection:
    """The data-lake side: which datasets (immutable after creation, §3.6)."""

    id: str
    name: str
    spec_id: str
    dataset_ids: tuple[str, ...] = ()
    etag: str | None = None
    state: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class TargetConnection:
    """Where and how: base connection and `params` (§3.5)."""

    id: str
    name: str
    spec_id: str
    base_connection_id: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = None
    state: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Flow:
    """A dataflow (§3.7). `state` is lower case."""

    id: str
    name: str
    state: str
    flow_spec_id: str | None = None
    etag: str | None = None
    source_connection_ids: tuple[str, ...] = ()
    target_connection_ids: tuple[str, ...] = ()
    base_connection_ids: tuple[str, ...] = ()
    schedule: ScheduleParams | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: str | None = None
    description: str = ""
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def kind(self) -> DestinationKind | None:
        """The destination kind, by the dataset flow spec."""
        return None if self.flow_spec_id is None else kind_of_flow_spec(self.flow_spec_id)


class RunPhase(StrEnum):
    """What a run's status word means to us; an unknown word is never success and never the end (§5.2)."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {RunPhase.SUCCEEDED, RunPhase.PARTIAL, RunPhase.FAILED}


@dataclass(frozen=True)
class PlatformMessage:
    """A code and text inside a run: an error, a skip, a failure."""

    code: str
    message: str
    count: int | None = None


@dataclass(frozen=True)
class Run:
    """One run of a flow (§5.2). Every number may be missing; a missing number is not zero."""

    id: str
    flow_id: str | None
    phase: RunPhase
    status_word: str
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    output_rows: int | None = None
    skipped_rows: int | None = None
    output_bytes: int | None = None
    output_files: int | None = None
    errors: tuple[PlatformMessage, ...] = ()
    skips: tuple[PlatformMessage, ...] = ()
    etag: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def took_s(self) -> float | None:
        """How long it took by its own times; None while it goes on, and where the platform does not say both."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())

    @property
    def is_over_by_its_times(self) -> bool:
        """Whether it has an end, and a status word that is not known, so that the word does not say it."""
        return self.phase is RunPhase.UNKNOWN and bool(self.status_word) and self.ended_at is not None


@dataclass(frozen=True)
class AzureLandingZone:
    """Landing-zone credentials on Azure (§6). `uri` is the `SASUri` without its query; `expires_at` is often unknown."""

    container: str
    account: str
    uri: str
    sas_token: Secret
    expires_at: datetime | None = None


@dataclass(frozen=True)
class AwsLandingZone:
    """Landing-zone credentials on AWS (§6)."""

    bucket: str
    folder: str
    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    expires_at: datetime | None = None
    endpoint: str | None = None


LandingZoneCredentials = AzureLandingZone | AwsLandingZone


@dataclass(frozen=True)
class Sandbox:
    """A sandbox of the organization (§2.6); `kind` is `production` or `development`."""

    name: str
    title: str
    kind: str
    state: str
    region: str | None = None


@dataclass(frozen=True)
class LandingZoneInfo:
    """The landing-zone container (§6). `ttl_days` is how long files stay; None where the answer does not say."""

    container: str
    ttl_days: int | None = None


@dataclass(frozen=True)
class SchemaField:
    """One field of a dataset's schema, as a tree. `type` is the schema's own word, `array of …` for lists."""

    name: str
    type: str
    title: str = ""
    description: str = ""
    children: tuple[SchemaField, ...] = ()


@dataclass(frozen=True)
class DatasetSchema:
    """A schema as a tree of fields. `labels` are its data usage labels where the answer holds them."""

    id: str
    title: str
    fields: tuple[SchemaField, ...] = ()
    behavior: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConnectionSpec:
    """A live connection spec (§3.2). An empty tuple means that the spec does not say; then the table decides."""

    id: str
    name: str
    auth_spec_names: tuple[str, ...] = ()
    file_types: tuple[str, ...] = ()
    compressions: tuple[str, ...] = ()
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class FlowSpec:
    """A live flow spec (§3.2). Empty tuples mean that the spec does not say; then the table decides (§3.7, C3)."""

    id: str
    name: str
    hour_steps: tuple[int, ...] = ()
    raw: Raw = field(default_factory=dict, repr=False, compare=False)
