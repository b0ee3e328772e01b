"""Runs: from the queue through the engine to their metrics, on the virtual clock (§5)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tarmac.emulator.contracts import EmulatedDataset, ExportFailed, ExportJob, ExportResult, TimeWindow
from tarmac.emulator.faults import RunFault
from tarmac.emulator.folders import FolderFacts, export_folder
from tarmac.emulator.ids import new_etag
from tarmac.emulator.platform import Platform
from tarmac.emulator.run_record import (
    FAILED,
    FAILED_CODE,
    FAILED_MESSAGE,
    PROCESSING,
    QUEUED,
    DatasetOutcome,
    activity,
    early_metrics,
    failed_metrics,
    new_run,
    processing_metrics,
    success_metrics,
    updated,
)
from tarmac.emulator.sink_choice import landing_prefix, sink_for
from tarmac.emulator.source_connections import datasets_of
from tarmac.emulator.state import Entity
from tarmac.emulator.target_connections import format_of
from tarmac.terms.destinations import DestinationKind, kind_of_connection_spec
from tarmac.terms.schedules import ScheduleParams
from tarmac.terms.times import from_millis, to_millis

_log = logging.getLogger("tarmac.emulator")

# Scheduled exports of event datasets hold the last 365 days only (§2.5).
EVENT_DAYS = 365
_NOTHING = ExportResult(0, 0, 0, ())
Spawn = Callable[[Coroutine[Any, Any, None]], object]


@dataclass(frozen=True)
class RunOrder:
    """What a run shall export. An incremental one holds what is new since the flow's last incremental run, first everything."""

    datasets: tuple[str, ...]
    scheduled: bool = False
    incremental: bool = False

    def as_hidden(self) -> dict[str, Any]:
        """Return the form that is kept with the run."""
        return {"datasets": list(self.datasets), "scheduled": self.scheduled, "incremental": self.incremental}


class Exporter:
    """Starts runs and sees them through."""

    def __init__(self, platform: Platform, spawn: Spawn) -> None:
        self._platform = platform
        self._spawn = spawn
        # The runs of one flow go one after the other: an incremental one must know what the one before it exported.
        self._turns: dict[str, asyncio.Lock] = {}

    def start(self, flow: Entity, order: RunOrder, moment: datetime) -> Entity:
        """Create a run as of the virtual `moment` and let it go on by itself."""
        wire = new_run(flow.wire, to_millis(moment), new_etag(moment))
        run = self._platform.state.runs.save(Entity(wire["id"], wire, order.as_hidden()))
        fault = self._platform.faults.for_run(flow.id, str(flow.wire["name"]))
        self._spawn(self._see_through(run, fault))
        return run

    def resume(self) -> None:
        """Begin again every run that was not finished when the emulator ended."""
        for run in list(self._platform.state.runs):
            if is_going_on(run):
                self._spawn(self._see_through(run, RunFault()))

    def running(self, flow_id: str) -> Entity | None:
        """Return the run of the flow that is going on, if there is one."""
        return next(
            (run for run in self._platform.state.runs if run.wire["flowId"] == flow_id and is_going_on(run)), None
        )

    async def _see_through(self, run: Entity, fault: RunFault) -> None:
        created = from_millis(run.wire["createdAt"])
        # A run that was due while the clock jumped lives its whole life that much earlier.
        lag = max(timedelta(), self._platform.now() - created)
        await self._platform.clock.wait_until(created + lag + timedelta(seconds=self._platform.options.queue_seconds))
        async with self._turns.setdefault(run.wire["flowId"], asyncio.Lock()):
            await self._execute(run, fault, lag)

    async def _execute(self, run: Entity, fault: RunFault, lag: timedelta) -> None:
        started = to_millis(self._platform.now() - lag)
        run = self._save(run, started, metrics=processing_metrics(started))
        if fault.stuck and not fault.stuck_files:
            return
        try:
            if fault.fails:
                raise ExportFailed(fault.code or FAILED_CODE, fault.message or FAILED_MESSAGE)
            flow, base, target = self._parts(run)
            outcomes = await self._export(run, flow, base, target, fault.stuck_files or None)
        except ExportFailed as error:
            self._fail(run, started, lag, error, fault)
            return
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - one broken export must not end the emulator; it is logged whole
            _log.exception("run %s failed", run.id)
            self._fail(run, started, lag, ExportFailed(FAILED_CODE, f"{type(error).__name__}: {error}"), fault)
            return
        if fault.stuck:
            return
        completed = max(started, to_millis(self._platform.now() - lag))
        metrics = success_metrics(started, completed, outcomes, target.id, fault)
        if fault.metrics_delay:
            run = self._save(run, completed, metrics=early_metrics(metrics))
            await self._platform.clock.sleep(fault.metrics_delay)
        run = self._save(run, completed, metrics=metrics, activities=[activity(metrics, run.id, completed)])
        self._finish(run, outcomes)

    def _parts(self, run: Entity) -> tuple[Entity, Entity, Entity]:
        state = self._platform.state
        flow = state.flows.get(run.wire["flowId"])
        target = None if flow is None else state.target_connections.get(flow.wire["targetConnectionIds"][0])
        base = None if target is None else state.connections.get(target.wire["baseConnectionId"])
        if flow is None or target is None or base is None:
            raise ExportFailed(FAILED_CODE, "The dataflow was deleted.")
        return flow, base, target

    async def _export(
        self, run: Entity, flow: Entity, base: Entity, target: Entity, file_limit: int | None
    ) -> list[DatasetOutcome]:
        source_of = {
            dataset: source.id
            for source_id in flow.wire["sourceConnectionIds"]
            if (source := self._platform.state.source_connections.get(source_id)) is not None
            for dataset in datasets_of(source)
        }
        exported = flow.hidden.get("exportedUntil", {}) if run.hidden["incremental"] else {}
        outcomes = []
        for dataset_id in run.hidden["datasets"]:
            dataset = self._platform.datasets.get(dataset_id)
            if dataset is None or (not dataset.files and dataset.rows):
                raise ExportFailed(FAILED_CODE, f"The dataset {dataset_id} has no data files.")
            since_ms = exported.get(dataset_id)
            window = _window(run, dataset, since_ms)
            result = _NOTHING
            # Nothing is ever added to a record dataset here, so that only its first incremental run has rows.
            if dataset.files and (since_ms is None or window is not None):
                grown = await self._grown(run, dataset, window)
                job = replace(self._job(run, flow, base, target, grown, window), file_limit=file_limit)
                result = await self._platform.engine.export(job)
            outcomes.append(DatasetOutcome(dataset_id, source_of.get(dataset_id, ""), result))
        return outcomes

    async def _grown(self, run: Entity, dataset: EmulatedDataset, window: TimeWindow | None) -> EmulatedDataset:
        """Return the dataset with what was added to it up to the run's moment."""
        growth = self._platform.growth
        if not growth.grows(dataset):
            return dataset
        since = None if window is None else window.since
        added = await growth.files(dataset, since, from_millis(run.wire["createdAt"]))
        return replace(dataset, files=(*dataset.files, *added))

    def _job(
        self,
        run: Entity,
        flow: Entity,
        base: Entity,
        target: Entity,
        dataset: EmulatedDataset,
        window: TimeWindow | None,
    ) -> ExportJob:
        kind = kind_of_connection_spec(base.wire["connectionSpec"]["id"]) or DestinationKind.DATA_LANDING_ZONE
        params, moment = target.wire["params"], from_millis(run.wire["createdAt"])
        file_format, compression = format_of(params)
        facts = FolderFacts(
            moment=moment,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            destination=kind.spec.title,
            instance_name=str(target.wire["name"]),
            instance_id=target.id,
            sandbox_name=flow.wire["sandboxName"],
            organization=flow.wire["imsOrgId"].partition("@")[0],
            export_time_digits=self._platform.options.strictness.export_time_digits,
        )
        path = str(params[kind.spec.path_field.wire])
        if kind is DestinationKind.DATA_LANDING_ZONE:
            path = f"{landing_prefix(self._platform)}/{path}"
        template = ScheduleParams.from_wire(flow.wire.get("scheduleParams") or {}).folder_template
        return ExportJob(
            job_id=run.id,
            files=dataset.files,
            format=file_format,
            compression=compression,
            folder=export_folder(path, template, facts),
            file_stem_seed=int(run.id.replace("-", "")[:15], 16),
            rows_per_file=self._platform.options.rows_per_file,
            sink=sink_for(self._platform, base, params),
            written_at=moment,
            row_filter=window,
        )

    def _fail(self, run: Entity, started: int, lag: timedelta, error: ExportFailed, fault: RunFault) -> None:
        completed = max(started, to_millis(self._platform.now() - lag))
        metrics = failed_metrics(started, completed, error.code, error.message, fault.status or FAILED)
        run = self._save(run, completed, metrics=metrics, activities=[activity(metrics, run.id, completed)])
        self._finish(run, [])

    def _finish(self, run: Entity, outcomes: list[DatasetOutcome]) -> None:
        flow = self._platform.state.flows.get(run.wire["flowId"])
        if flow is None:
            return
        metrics = run.wire["metrics"]
        details = {"id": run.id, "state": metrics["statusSummary"]["status"], **metrics.get("durationSummary", {})}
        hidden = flow.hidden
        if run.hidden["incremental"] and outcomes:
            exported = {outcome.dataset_id: run.wire["createdAt"] for outcome in outcomes}
            hidden = {**hidden, "exportedUntil": {**hidden.get("exportedUntil", {}), **exported}}
        self._platform.state.flows.save(Entity(flow.id, {**flow.wire, "lastRunDetails": details}, hidden))

    def _save(self, run: Entity, moment_ms: int, **changes: Any) -> Entity:
        wire = updated(run.wire, moment_ms, new_etag(from_millis(moment_ms)), **changes)
        return self._platform.state.runs.save(Entity(run.id, wire, run.hidden))


def is_going_on(run: Entity) -> bool:
    """Whether a run has not ended; its end time tells, since a fault may give it any status word."""
    metrics = run.wire["metrics"]
    if "completedAtUTC" in metrics.get("durationSummary", {}):
        return False
    return metrics.get("statusSummary", {}).get("status") in {QUEUED, PROCESSING}


def _window(run: Entity, dataset: EmulatedDataset, since_ms: int | None) -> TimeWindow | None:
    """Return the rows of a scheduled run: of an event dataset what is new since the last one and no older than a year."""
    if dataset.timestamp_column is None or not run.hidden["scheduled"]:
        return None
    until = from_millis(run.wire["createdAt"])
    since = until - timedelta(days=EVENT_DAYS) if since_ms is None else from_millis(since_ms)
    return TimeWindow(dataset.timestamp_column, since, until)
