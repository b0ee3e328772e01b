"""The list of dataset flows: one row a flow, with everything that a person wants to know before touching it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Flow, Run
from tarmac.platform.reading import at, moment, text
from tarmac.services.flows.inventory import Inventory, read_inventory
from tarmac.services.flows.warnings import FlowDataset, LastRun, Warn, warnings_of
from tarmac.services.flows.words import next_runs, schedule_words
from tarmac.services.plans.checks import FLOW_LIMIT
from tarmac.services.plans.marker import export_marker, read_marker
from tarmac.services.plans.planning import ADOPTED
from tarmac.services.plans.stored_schedule import effective_end, runs_between, schedule_kind
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import SPECS
from tarmac.terms.schedules import ScheduleKind, ScheduleParams
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

ENDS_SOON = timedelta(days=30)
NEXT_RUNS = 3
# Newest runs of the whole sandbox, in pages of 100, where a flow does not say itself what ran last.
_RUN_PAGES = 15
# So many flows that ran before all of these, or never, are asked for one by one; of others it is said that nobody looked.
_ASKED_ALONE = 25


@dataclass(frozen=True)
class FlowRow:
    """One flow. Times are UTC; names are the platform's own, to be made safe where they are shown.

    `export` is the name of our export (made by tarmac or adopted), `owner` says in words whose flow it is. `end` is the
    effective end: the flow's own, or six months after its creation (`end_is_given` False). `notes` explain each warning.
    No `last_run` means that there was none, unless its runs were not read (`knows_runs` False).
    """

    id: str
    name: str
    sandbox: str
    state: str
    kind: str
    destination: str
    datasets: tuple[FlowDataset, ...]
    schedule: str
    schedule_kind: ScheduleKind
    params: ScheduleParams | None
    next_runs: tuple[datetime, ...]
    end: datetime | None
    end_is_given: bool
    runs_left: int | None
    last_run: LastRun | None
    knows_runs: bool
    owner: str
    export: str | None
    is_ours: bool
    warnings: tuple[Warn, ...]
    notes: tuple[str, ...]
    created_at: datetime | None
    flow: Flow

    @property
    def ends_soon(self) -> bool:
        """Whether it ends soon and would still run otherwise."""
        return Warn.ENDS_SOON in self.warnings

    @property
    def label(self) -> str:
        """Its name, safe to show."""
        return plain(self.name, 200) or self.id

    @property
    def dataset_words(self) -> str:
        """Names of the datasets, one after the other, safe to show."""
        named = ((plain(each.name, 120) or each.id, each.is_gone) for each in self.datasets)
        return ", ".join(f"{name} (gone)" if is_gone else name for name, is_gone in named) or "not known"

    @property
    def no_run_words(self) -> str:
        """What stands in the place of a last run where there is none."""
        return "none seen" if self.knows_runs else "not read"

    @property
    def look_at(self) -> tuple[Warn, ...]:
        """The warnings that its state does not say already, the gravest first."""
        return tuple(each for each in self.warnings if each.value != self.state)

    @property
    def look_order(self) -> tuple[float, float, str]:
        """What to sort by: the gravest first, of those that end soon the next one; then by name."""
        first = next(iter(self.look_at), None)
        end = self.end.timestamp() if first is Warn.ENDS_SOON and self.end is not None else 0.0
        return len(Warn) if first is None else first.place, end, self.name.casefold()


@dataclass(frozen=True)
class FlowListing:
    """The flows of one sandbox, and how many count against its limit of 100.

    `unread` is why the newest runs could not be read; without it they were.
    """

    sandbox: str
    rows: tuple[FlowRow, ...]
    counted: int
    read_at: datetime
    inventory: Inventory
    unread: PlatformError | None = None

    @property
    def limit_words(self) -> str:
        """`34 of 100 dataflows in use`."""
        return f"{self.counted} of {FLOW_LIMIT} dataflows in use"

    def ending(self, within: timedelta) -> tuple[FlowRow, ...]:
        """Return the enabled flows that end within that time and would still run otherwise, the next one first."""
        last = self.read_at + within
        found = [
            row
            for row in self.rows
            if row.state == ObjectState.ENABLED
            and row.end is not None
            and self.read_at < row.end <= last
            and _runs_on(row)
        ]
        return tuple(sorted(found, key=lambda row: row.end or self.read_at))


async def list_flows(ws: Workspace, *, sandbox: str | None = None, ends_soon: timedelta = ENDS_SOON) -> FlowListing:
    """Read all dataset flows of a sandbox (the profile's, unless named). Raises what the platform raises.

    Where only the list of runs cannot be read, the flows are listed all the same and `unread` says why.
    """
    name = sandbox or ws.profile.platform.sandbox
    platform = await platform_of(ws, name)
    inventory = await read_inventory(platform, name)
    runs: Mapping[str, Run | None] = {}
    unread = None
    try:
        runs = await _newest_runs(platform, inventory)
    except PlatformError as error:
        unread = error
    exports = await known_exports(ws, name)
    now = ws.now()
    rows = [
        row_of(
            *(flow, inventory, now),
            exports=exports,
            run=runs.get(flow.id),
            ends_soon=ends_soon,
            knows_runs=unread is None and flow.id in runs,
        )
        for flow in inventory.dataset_flows
    ]
    rows.sort(key=lambda row: row.look_order)
    return FlowListing(name, tuple(rows), inventory.destination_flows, now, inventory, unread)


async def list_everywhere(ws: Workspace, *, ends_soon: timedelta = ENDS_SOON) -> tuple[FlowListing, ...]:
    """Read the flows of every sandbox that the credential may use, one sandbox after the other, the profile's own first.

    Raises what the platform raises.
    """
    platform, own = await ws.platform(), ws.profile.platform.sandbox
    names = [each.name for each in await platform.sandboxes.usable() if each.state in {"", "active"}]
    ordered = [own, *(name for name in names if name != own)]
    return tuple([await list_flows(ws, sandbox=name, ends_soon=ends_soon) for name in ordered])


async def platform_of(ws: Workspace, sandbox: str) -> Platform:
    """Return the platform in that sandbox: same token, same connections."""
    platform = await ws.platform()
    return platform if sandbox == ws.profile.platform.sandbox else platform.with_sandbox(sandbox)


async def known_exports(ws: Workspace, sandbox: str) -> dict[str, str]:
    """Return the export names of adopted flows by flow id, from the ledger. Other sandboxes have none: a profile has one."""
    if sandbox != ws.profile.platform.sandbox:
        return {}
    found = {}
    for note in await ws.ledger.notes(ADOPTED):
        flow_id, name = note.text("flow_id"), note.text("export")
        if flow_id and name:
            found[flow_id] = name
    saved = set(await asyncio.to_thread(ws.exports.names))
    return {flow_id: name for flow_id, name in found.items() if name in saved}


def row_of(
    flow: Flow,
    inventory: Inventory,
    now: datetime,
    *,
    exports: Mapping[str, str],
    run: Run | None = None,
    ends_soon: timedelta = ENDS_SOON,
    knows_runs: bool = True,
) -> FlowRow:
    """Return one row. `exports` are adopted flows, `run` the newest run that a list of runs held, if it could be read."""
    params, datasets = flow.schedule, _datasets(flow, inventory)
    end = effective_end(params, flow.created_at)
    export, owner, is_ours = _owner(flow, exports)
    last = _last_run(flow, run)
    warnings = warnings_of(flow, inventory, datasets, now, end, last, ends_soon, knows_runs=knows_runs)
    base = inventory.base_of(flow)
    return FlowRow(
        id=flow.id,
        name=flow.name or flow.id,
        sandbox=inventory.sandbox,
        state=flow.state or "unknown",
        kind=_kind(flow),
        destination=(base.name if base is not None else "") or "not known",
        datasets=datasets,
        schedule=schedule_words(params, flow.created_at),
        schedule_kind=schedule_kind(params, flow.created_at),
        params=params,
        next_runs=next_runs(params, end, now, NEXT_RUNS) if flow.state == ObjectState.ENABLED else (),
        end=end,
        end_is_given=params is not None and params.end is not None,
        runs_left=None if params is None else runs_between(params, end, now),
        last_run=last,
        knows_runs=knows_runs or last is not None,
        owner=owner,
        export=export,
        is_ours=is_ours,
        warnings=tuple(warn for warn, _ in warnings),
        notes=tuple(note for _, note in warnings),
        created_at=flow.created_at,
        flow=flow,
    )


def _runs_on(row: FlowRow) -> bool:
    """Whether more scheduled or ad-hoc runs are wanted of it: a one-time flow is done after its run."""
    return row.schedule_kind is not ScheduleKind.ONCE or bool(row.runs_left)


def _datasets(flow: Flow, inventory: Inventory) -> tuple[FlowDataset, ...]:
    names: dict[str, str] = {}
    for source_id in flow.source_connection_ids:
        source = inventory.sources.get(source_id)
        items = at(source.raw, "params", "datasets") if source is not None else None
        for item in items if isinstance(items, list) else ():
            id_, name = text(at(item, "dataSetId")), text(at(item, "name"))
            if id_ and name:
                names[id_] = name
    found = []
    for dataset_id in inventory.dataset_ids(flow):
        dataset = inventory.datasets.get(dataset_id)
        name = names.get(dataset_id, "") if dataset is None else dataset.name
        is_gone = dataset_id in inventory.datasets and dataset is None
        found.append(FlowDataset(dataset_id, name or dataset_id, is_gone))
    return tuple(found)


def _kind(flow: Flow) -> str:
    return flow.kind.spec.title if flow.kind is not None and flow.kind in SPECS else "another storage"


def _owner(flow: Flow, exports: Mapping[str, str]) -> tuple[str | None, str, bool]:
    raw = flow.raw
    org, sandbox = text(raw.get("imsOrgId")) or "", text(raw.get("sandboxName")) or ""
    marked = read_marker(flow.name)
    if marked is not None and marked[1] == export_marker(org, sandbox, marked[0]):
        return marked[0], "tarmac", True
    if flow.id in exports:
        return exports[flow.id], "adopted", True
    return None, flow.created_by or "somebody else", False


def _last_run(flow: Flow, run: Run | None) -> LastRun | None:
    """Take the newer of what the flow itself says and what the list of runs said."""
    details = flow.raw.get("lastRunDetails")
    run_id = text(at(details, "id"))
    said = None
    if run_id is not None:
        word = (text(at(details, "state")) or "").casefold()
        said = LastRun(run_id, word or "not known", moment(at(details, "startedAtUTC")))
    if run is None:
        return said
    seen = LastRun(run.id, run.status_word.casefold() or run.phase.value, run.started_at or run.created_at)
    if said is None or said.started_at is None or (seen.started_at is not None and seen.started_at >= said.started_at):
        return seen
    return said


async def _newest_runs(platform: Platform, inventory: Inventory) -> dict[str, Run | None]:
    """Return by flow the newest run, or None for none, where flows do not say it themselves. Raises PlatformError.

    A flow that is missing in it was not found among the newest runs of the sandbox, nor asked for by itself.
    """
    silent = [flow for flow in inventory.dataset_flows if not at(flow.raw, "lastRunDetails", "id")]
    if not silent:
        return {}
    runs, are_all = await platform.runs.newest(_RUN_PAGES)
    newest: dict[str, Run | None] = dict.fromkeys([flow.id for flow in silent]) if are_all else {}
    for run in sorted(runs, key=_created):
        if run.flow_id is not None:
            newest[run.flow_id] = run
    unseen = [flow for flow in silent if flow.id not in newest]
    # One after the other, those that should run first.
    for flow in sorted(unseen, key=lambda each: each.state != ObjectState.ENABLED)[:_ASKED_ALONE]:
        newest[flow.id] = next(iter(await platform.runs.of_flow(flow.id, newest=1)), None)
    return newest


def _created(run: Run) -> float:
    started: Any = run.created_at or run.started_at
    return 0.0 if started is None else float(started.timestamp())
