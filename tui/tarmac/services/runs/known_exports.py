"""From a name or an id that a person gives back to the run, the dataflow and the wish that it stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tarmac.platform.errors import NotFound
from tarmac.platform.models import Dataset, Flow, Run, TargetConnection
from tarmac.profiles.models import Destination, Export
from tarmac.services.exports.chain import Chain, Kind
from tarmac.services.plans.marker import export_marker, marked_name, read_marker
from tarmac.services.plans.plan import Wish
from tarmac.services.plans.planning import ADOPTED, adopted_flow
from tarmac.services.plans.stored_schedule import schedule_of
from tarmac.services.plans.stored_target import compression_of, folder_of, format_of, place_of, same_place
from tarmac.services.plans.wishes import wish_of_facts
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.near_names import near_names
from tarmac.terms.schedules import ScheduleKind
from tarmac.terms.text import plain

_RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class KnownRun:
    """A run with what it was for. `catalog_rows` is the catalog's number for the trigger, None where nobody knows it."""

    run: Run
    flow: Flow
    wish: Wish
    dataset: Dataset
    catalog_rows: int | None = None


async def find_run(ws: Workspace, text: str) -> Run:
    """Return the run of this id, or the newest run of the export of this name. Raises UsageError, PlatformError."""
    platform = await ws.platform()
    if not _RUN_ID.fullmatch(text):
        flow = await find_flow(ws, text)
        runs = await platform.runs.of_flow(flow.id, newest=1)
        if runs:
            return runs[0]
        raise UsageError(
            f"the export {plain(text, 80)} has not run yet",
            code="no-run",
            next_step=f"Trigger it with `tarmac export {plain(text, 80)}`.",
        )
    try:
        return await platform.runs.get(text)
    except NotFound as error:
        raise UsageError(
            f"there is no run {text} in the sandbox {ws.profile.platform.sandbox}",
            code="unknown-run",
            next_step="`tarmac runs` lists them; another sandbox needs another profile.",
        ) from error


async def flow_of(ws: Workspace, text: str) -> Flow | None:
    """Return the dataflow of the run of this id, or of the export of this name; None for a run whose dataflow is gone.

    Raises what `find_run` and `find_flow` raise.
    """
    if not _RUN_ID.fullmatch(text):
        return await find_flow(ws, text)
    run = await find_run(ws, text)
    try:
        return None if run.flow_id is None else await (await ws.platform()).flows.get(run.flow_id)
    except NotFound:
        return None


async def label_of(ws: Workspace, flow: Flow) -> str:
    """Return what a dataflow is called here: its export's name, the name it was adopted under, else its own."""
    label = export_of(flow)
    if label is not None:
        return label
    adopted = [note for note in await ws.ledger.notes(ADOPTED) if note.text("flow_id") == flow.id]
    return (adopted[-1].text("export") if adopted else None) or flow.name


async def find_flow(ws: Workspace, export: str) -> Flow:
    """Return the dataflow of an export, saved or not, by the marker in its name; else the dataset flow of this id or name.

    So what another tool exports can be read and verified too. Raises UsageError with near names, or with all that share one.
    """
    platform, settings = await ws.platform(), ws.profile.platform
    marker = export_marker(settings.org_id, settings.sandbox, export)
    adopted = await adopted_flow(ws, marker)
    if adopted is not None:
        return await platform.flows.get(adopted)
    found = await platform.flows.named(marked_name(export, marker))
    if found:
        return max(found, key=lambda flow: flow.created_at.timestamp() if flow.created_at else 0.0)
    every = None if _RUN_ID.fullmatch(export) else await platform.flows.all()
    foreign = await _dataset_flows(ws, export, every or ())
    if len(foreign) > 1:
        raise UsageError(
            f"{len(foreign)} dataflows are called {plain(export, 80)!r}",
            code="ambiguous-flow",
            meaning="Their ids: " + ", ".join(plain(flow.id, 60) for flow in foreign[:5]) + ".",
            next_step="Give the id of the one that is meant.",
        )
    if foreign:
        return foreign[0]
    names = await export_names(ws, every)
    raise UsageError(
        f"there is no dataflow of an export {plain(export, 80)!r} in the sandbox {settings.sandbox}",
        code="unknown-export",
        meaning=near_names(export, names, "It was never exported from here, or was deleted."),
        next_step="`tarmac runs` shows the exports that have run.",
    )


async def _dataset_flows(ws: Workspace, text: str, every: Sequence[Flow]) -> list[Flow]:
    """Return the dataset flows, made by whomever, of this id, or of this exact name among `every`."""
    if _RUN_ID.fullmatch(text):
        try:
            flow = await (await ws.platform()).flows.get(text)
        except NotFound:
            return []
        return [flow] if flow.kind is not None else []
    return [flow for flow in every if flow.name == text and flow.kind is not None]


async def export_names(ws: Workspace, every: Sequence[Flow] | None = None) -> list[str]:
    """Return the names of all exports with a dataflow in this sandbox; `every`: its dataflows, where they are known."""
    every = await (await ws.platform()).flows.all() if every is None else every
    return sorted({label for flow in own_flows(ws, every) if (label := export_of(flow))})


def own_flows(ws: Workspace, every: Sequence[Flow]) -> list[Flow]:
    """Return the dataflows that tarmac made in this sandbox, among `every`, by the marker in their names."""
    settings = ws.profile.platform
    found = []
    for flow in every:
        marked = read_marker(flow.name)
        if marked is not None and marked[1] == export_marker(settings.org_id, settings.sandbox, marked[0]):
            found.append(flow)
    return found


async def own_exports(ws: Workspace) -> list[tuple[str, Flow]]:
    """Return the exports of this sandbox with their dataflows: those that tarmac made, and those that were adopted."""
    adopted = {
        flow_id: name
        for note in await ws.ledger.notes(ADOPTED)
        if (flow_id := note.text("flow_id")) is not None and (name := note.text("export")) is not None
    }
    every = await (await ws.platform()).flows.all()
    made = {flow.id: flow for flow in own_flows(ws, every)}
    found = [(export_of(flow) or flow.id, flow) for flow in made.values()]
    found += [(adopted[flow.id], flow) for flow in every if flow.id in adopted and flow.id not in made]
    return found


def export_of(flow: Flow) -> str | None:
    """Return the export's name in a dataflow's name, None for a dataflow made by others."""
    marked = read_marker(flow.name)
    return None if marked is None else marked[0]


async def know_run(ws: Workspace, run: Run) -> KnownRun:
    """Find out what a run was for: by the ledger, else by the platform's own objects. Raises UsageError, PlatformError."""
    if run.flow_id is None:
        raise UsageError(f"run {plain(run.id, 80)} does not say which dataflow it belongs to", code="unknown-run")
    platform = await ws.platform()
    flow = await platform.flows.get(run.flow_id)
    wish, dataset_id = await wish_of_flow(ws, flow)
    dataset = await platform.catalog.get(dataset_id)
    return KnownRun(run, flow, wish, dataset, await _rows_at_trigger(ws, run, dataset))


async def wish_of_flow(ws: Workspace, flow: Flow) -> tuple[Wish, str]:
    """Return what a dataflow is for, and its dataset's id. Raises UsageError, PlatformError."""
    chain = _newest([each for each in await ws.ledger.chains() if each.flow_id == flow.id])
    begun = None if chain is None else chain.begun
    if begun is not None:
        facts, dataset = begun.facts.get("wish"), begun.text("dataset_id")
        name, destination = begun.text("export"), begun.text("destination")
        if isinstance(facts, dict) and dataset and name and destination:
            return _as_scheduled_now(wish_of_facts(ws, name, destination, facts), flow), dataset
    return await _wish_of_objects(ws, flow)


def _as_scheduled_now(wish: Wish, flow: Flow) -> Wish:
    """A flow that was run on demand may have got a schedule since its wish was written down, or lost it."""
    now = schedule_of(flow)
    if (now.kind is ScheduleKind.INCREMENTAL) == (wish.export.schedule.kind is ScheduleKind.INCREMENTAL):
        return wish
    return replace(wish, export=replace(wish.export, schedule=now))


async def _wish_of_objects(ws: Workspace, flow: Flow) -> tuple[Wish, str]:
    """Read the wish back from the source and target connections of a dataflow that the ledger does not know."""
    platform = await ws.platform()
    kind = flow.kind
    if kind is None or not flow.source_connection_ids or not flow.target_connection_ids:
        raise UsageError(f"dataflow {plain(flow.name, 80)} is no dataset export that tarmac knows", code="unknown-flow")
    source = await platform.source_connections.get(flow.source_connection_ids[0])
    target = await platform.target_connections.get(flow.target_connection_ids[0])
    if len(source.dataset_ids) != 1:
        raise UsageError(
            f"dataflow {plain(flow.name, 80)} exports {len(source.dataset_ids)} datasets",
            code="several-datasets",
            meaning="The run's numbers are those of all of them together, so no single one can be verified.",
        )
    destination = _destination_for(ws, kind, target)
    export = Export(
        name=export_of(flow) or plain(flow.name, 60) or flow.id,
        dataset=source.dataset_ids[0],
        destination=destination.name,
        format=format_of(target),
        compression=compression_of(target),
        schedule=schedule_of(flow),
        path=folder_of(kind, target),
        folder_template=None if flow.schedule is None else flow.schedule.folder_template,
    )
    return Wish(export, destination), source.dataset_ids[0]


def _destination_for(ws: Workspace, kind: DestinationKind, target: TargetConnection) -> Destination:
    """Return the profile's destination that reads the same container; the landing zone needs none."""
    place = place_of(kind, target)
    for destination in same_place(ws.profile.destinations.values(), kind, place):
        return destination
    if kind is DestinationKind.DATA_LANDING_ZONE:
        return Destination(kind.value, kind)
    where = ", ".join(place.values()) or kind.spec.title
    raise UsageError(
        f"no destination of the profile {ws.profile.name} reads {kind.spec.title} {plain(where, 80)}",
        code="unknown-destination",
        next_step=f"Add one of kind {kind.value} to {ws.places.profile_file(ws.profile.name)}.",
    )


async def _rows_at_trigger(ws: Workspace, run: Run, dataset: Dataset) -> int | None:
    """Return what the ledger remembers; else the catalog's number, if the dataset has not changed since the trigger."""
    chain = _newest([each for each in await ws.ledger.chains() if each.run_id == run.id])
    waiting = None if chain is None else chain.last(Kind.WAITING)
    if waiting is not None and isinstance(rows := waiting.facts.get("catalog_rows"), int):
        return rows
    if dataset.updated_at is None or run.created_at is None or dataset.updated_at > run.created_at:
        return None
    return dataset.rows


def _newest(chains: list[Chain]) -> Chain | None:
    return chains[-1] if chains else None
