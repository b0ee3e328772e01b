"""What other people have left in the sample sandboxes: flows of every kind and age with their runs, and connections of nobody.

Everything is as if it had been made over the last half year: nothing of it fires for the past, and what is due from now on
runs for real. Made once; with `--state` it is there again at the next start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tarmac.emulator.contracts import EmulatedDataset, ExportedFile, ExportResult
from tarmac.emulator.faults import RunFault
from tarmac.emulator.ids import new_etag, new_id, stable_hex, stable_uuid
from tarmac.emulator.lake import is_exportable
from tarmac.emulator.options import PROD_SANDBOX
from tarmac.emulator.platform import Platform
from tarmac.emulator.run_record import (
    FAILED,
    FAILED_CODE,
    FAILED_MESSAGE,
    DatasetOutcome,
    failed_metrics,
    new_run,
    success_metrics,
    updated,
)
from tarmac.emulator.state import Entity
from tarmac.terms.destination_fields import Field
from tarmac.terms.destinations import DATA_LAKE_SPEC_ID, AuthVariant, DestinationKind
from tarmac.terms.schedules import DEFAULT_LIFETIME_MONTHS, ExportMode, add_months
from tarmac.terms.times import from_seconds, to_millis, to_seconds

SETTING = "sampleContent"
_OWNERS = ("ada@acme.example", "grace@acme.example", "edsger@acme.example")
_RUNS_EACH = 5
_ORPHANS = 3
_KINDS = tuple(DestinationKind)
# Values that keep the rules of the spec-ID table; nothing real is behind them.
_VALUES = {
    "s3AccessKey": "AKIAIOSFODNN7EXAMPLE",
    "s3SecretKey": "a" * 40,
    "connectionString": "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2FtcGxl;EndpointSuffix=core.windows.net",
    "accessKeyId": "GOOG" + "A" * 57,
    "secretAccessKey": "b" * 40,
    "port": "22",
}


@dataclass(frozen=True)
class _Habit:
    """How somebody set up a flow: its name, schedule, age, and what became of it. Days count from now."""

    label: str
    unit: str
    interval: int
    age_days: int
    end_days: int | None = None  # None: none was given, so six months after creation
    start_days: int = 0  # after creation
    state: str = "enabled"
    mode: str | None = ExportMode.FIRST_FULL_THEN_INCREMENTAL.value
    datasets: int = 1
    is_gone: bool = False
    last_failed: bool = False
    has_run: bool = True


_HABITS = (
    _Habit("daily", "day", 1, age_days=160),
    _Habit("six-hourly", "hour", 6, age_days=90, end_days=200),
    _Habit("notebook", "day", 1, age_days=40, start_days=365, mode=None, has_run=False),
    _Habit("daily", "day", 1, age_days=120, end_days=150, state="disabled"),
    _Habit("once", "day", 0, age_days=30, end_days=-29, mode=ExportMode.DAILY_FULL.value),
    _Habit("half-daily", "hour", 12, age_days=70, end_days=12),
    _Habit("daily", "day", 1, age_days=150, end_days=-10),
    _Habit("three-hourly", "hour", 3, age_days=20, end_days=300, datasets=2),
    _Habit("daily", "day", 1, age_days=60, end_days=250, is_gone=True, last_failed=True),
    _Habit("daily", "day", 1, age_days=50, end_days=320, last_failed=True),
)


def make_sample_content(platform: Platform, flows: int) -> None:
    """Put `flows` flows of others and some orphans into the sandbox, and a third as many flows into `prod`; once."""
    if platform.state.setting(SETTING) is not None:
        return
    for sandbox, count in ((platform.options.sandbox, flows), (PROD_SANDBOX, max(3, flows // 3))):
        _Sandbox(platform, sandbox).fill(count)
    platform.state.remember(SETTING, {"flows": flows})


class _Sandbox:
    def __init__(self, platform: Platform, name: str) -> None:
        self._platform = platform
        self._name = name
        self._now = platform.now()
        self._lake = [dataset for dataset in platform.datasets.values() if dataset.files and is_exportable(dataset)]
        self._bases: dict[tuple[DestinationKind, str], Entity] = {}

    def fill(self, count: int) -> None:
        for number in range(count):
            self._flow(number, _HABITS[number % len(_HABITS)])
        for number in range(_ORPHANS):
            self._orphans(number)

    def _flow(self, number: int, habit: _Habit) -> None:
        owner, kind = _OWNERS[number % len(_OWNERS)], _KINDS[number % len(_KINDS)]
        made = self._now - timedelta(days=habit.age_days, minutes=number)
        datasets = self._datasets(number, habit)
        name = f"{datasets[0][1]} {habit.label} {number:02d}"
        base = self._base(kind, owner, made)
        source = self._source(name, datasets, made, owner)
        target = self._target(name, kind, base, made, owner)
        wire = {
            "flowSpec": {"id": kind.spec.flow_spec_id, "version": "1.0"},
            "sourceConnectionIds": [source.id],
            "targetConnectionIds": [target.id],
            "transformations": [],
            "scheduleParams": _schedule(habit, made, self._now),
            "state": habit.state,
            "inheritedAttributes": {
                "properties": {"isDestinationFlow": True},
                "sourceConnections": [{"id": source.id, "connectionSpec": source.wire["connectionSpec"]}],
                "targetConnections": [
                    {
                        "id": target.id,
                        "connectionSpec": target.wire["connectionSpec"],
                        "baseConnection": {"id": base.id, "connectionSpec": base.wire["connectionSpec"]},
                    }
                ],
            },
        }
        # What was due before this start does not run now.
        hidden = {"scheduleSetAt": to_millis(self._now), "scheduledUntil": to_millis(self._now)}
        flow = self._entity(name, made, owner, wire, hidden)
        runs = self._runs(flow, source, target, habit) if habit.has_run else []
        if runs and number % 2 == 0:  # the platform's own summary is not in every flow
            metrics = runs[-1]["metrics"]
            state = metrics["statusSummary"]["status"]
            flow.wire["lastRunDetails"] = {"id": runs[-1]["id"], "state": state, **metrics["durationSummary"]}
        self._platform.state.flows.save(flow)

    def _runs(self, flow: Entity, source: Entity, target: Entity, habit: _Habit) -> list[dict[str, Any]]:
        step = timedelta(days=1) if habit.unit == "day" else timedelta(hours=habit.interval)
        schedule = flow.wire["scheduleParams"]
        start, end = from_seconds(schedule["startTime"]), min(self._now, from_seconds(schedule["endTime"]))
        count = 1 if habit.interval == 0 else _RUNS_EACH
        last = start if habit.interval == 0 else start + step * ((end - start) // step)
        made: list[dict[str, Any]] = []
        for back in range(count, 0, -1):
            at = to_millis(last - step * (back - 1) + timedelta(minutes=1))
            run = new_run(flow.wire, at, new_etag(self._now))
            if habit.last_failed and back == 1:
                metrics = failed_metrics(at, at + 60_000, FAILED_CODE, FAILED_MESSAGE, FAILED)
            else:
                rows = 400 + 37 * back
                file = ExportedFile(f"part-{back:05d}.gz.parquet", rows * 30, rows)
                result = ExportResult(rows, rows, rows * 30, (file,))
                outcome = DatasetOutcome(source.wire["params"]["datasets"][0]["dataSetId"], source.id, result)
                metrics = success_metrics(at, at + 21_000, [outcome], target.id, RunFault())
            run = updated(run, at + 21_000, new_etag(self._now), metrics=metrics)
            hidden = {"datasets": [], "scheduled": True, "incremental": habit.interval != 0}
            self._platform.state.runs.save(Entity(run["id"], run, hidden))
            made.append(run)
        return made

    def _orphans(self, number: int) -> None:
        owner, kind = _OWNERS[number % len(_OWNERS)], _KINDS[(number * 2) % len(_KINDS)]
        made = self._now - timedelta(days=20 + number)
        name = f"abandoned {number + 1}"
        base = self._keep(self._platform.state.connections, self._new_base(name, kind, made, owner))
        self._source(name, self._datasets(number, _HABITS[0]), made, owner)
        if number:
            self._target(name, kind, base, made, owner)

    def _datasets(self, number: int, habit: _Habit) -> list[tuple[str, str]]:
        if habit.is_gone or not self._lake:
            return [(stable_hex(f"gone {number % 3}"), "deleted_training_set")]
        count = min(habit.datasets, len(self._lake))
        chosen: list[EmulatedDataset] = [self._lake[(number + each) % len(self._lake)] for each in range(count)]
        return [(dataset.id, dataset.name) for dataset in chosen]

    def _base(self, kind: DestinationKind, owner: str, made: datetime) -> Entity:
        if (kind, owner) not in self._bases:
            entity = self._new_base(f"{kind.spec.title} of {owner.partition('@')[0]}", kind, made, owner)
            self._bases[kind, owner] = self._keep(self._platform.state.connections, entity)
        return self._bases[kind, owner]

    def _new_base(self, name: str, kind: DestinationKind, made: datetime, owner: str) -> Entity:
        wire = {"connectionSpec": {"id": kind.spec.connection_spec_id, "version": "1.0"}, "state": "enabled"}
        hidden: dict[str, Any] = {}
        if kind.spec.auth:
            variant: AuthVariant = kind.spec.auth[0]
            params = {field.wire: _value(field) for field in variant.fields}
            hidden = {"specName": variant.spec_name, "params": params, "authorizedDate": made.date().isoformat()}
        return self._entity(name, made, owner, wire, hidden)

    def _source(self, name: str, datasets: list[tuple[str, str]], made: datetime, owner: str) -> Entity:
        wire = {
            "baseConnectionId": stable_uuid(f"data lake of {self._name}"),
            "connectionSpec": {"id": DATA_LAKE_SPEC_ID, "version": "1.0"},
            "params": {"datasets": [{"dataSetId": id_, "name": label} for id_, label in datasets]},
            "state": "enabled",
        }
        return self._keep(self._platform.state.source_connections, self._entity(name, made, owner, wire))

    def _target(self, name: str, kind: DestinationKind, base: Entity, made: datetime, owner: str) -> Entity:
        location = {field.wire: field.example for field in kind.spec.location if field.key != "path"}
        location[kind.spec.path_field.wire] = f"teams/{owner.partition('@')[0]}/{name.replace(' ', '-')}"
        common = {"mode": "Server-to-server", "compression": "GZIP", "datasetFileType": "PARQUET"}
        reference = {"id": kind.spec.connection_spec_id, "version": "1.0"}
        wire = {
            "baseConnectionId": base.id,
            "connectionSpec": reference,
            "params": {**common, **location},
            "state": "enabled",
            "inheritedAttributes": {"baseConnection": {"id": base.id, "connectionSpec": reference}},
        }
        return self._keep(self._platform.state.target_connections, self._entity(name, made, owner, wire))

    def _keep(self, collection: Any, entity: Entity) -> Entity:
        kept: Entity = collection.save(entity)
        return kept

    def _entity(
        self, name: str, made: datetime, owner: str, wire: dict[str, Any], hidden: dict[str, Any] | None = None
    ) -> Entity:
        etag, at = new_etag(made), to_millis(made)
        id_ = new_id()
        common = {
            "id": id_,
            "createdAt": at,
            "updatedAt": at,
            "createdBy": owner,
            "updatedBy": owner,
            "createdClient": "exc_app",
            "updatedClient": "exc_app",
            "sandboxId": self._platform.sandboxes()[self._name],
            "sandboxName": self._name,
            "imsOrgId": self._platform.sign_in.identity.org_id,
            "name": name,
            "description": "",
            "version": etag,
            "etag": etag,
        }
        return Entity(id_, {**common, **wire}, hidden or {})


def _schedule(habit: _Habit, made: datetime, now: datetime) -> dict[str, Any]:
    start = made + timedelta(days=habit.start_days, hours=1)
    end = add_months(made, DEFAULT_LIFETIME_MONTHS) if habit.end_days is None else now + timedelta(days=habit.end_days)
    schedule = {
        "timeUnit": habit.unit,
        "interval": habit.interval,
        "startTime": to_seconds(start),
        "endTime": to_seconds(end),
    }
    return schedule if habit.mode is None else {"exportMode": habit.mode, **schedule}


def _value(field: Field) -> str:
    return _VALUES.get(field.wire) or field.example or "sample"
