"""Adopting a flow that somebody else made: it becomes a saved export of ours, and is exported, watched and verified as such.

Nothing changes on the platform. The profile is never rewritten: where it lacks the destination, its TOML is given to paste.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tarmac.platform.models import Connection, TargetConnection
from tarmac.profiles.models import Destination, Export
from tarmac.profiles.places import name_complaint, name_from
from tarmac.profiles.profile_template import destination_text
from tarmac.services.exports.chain import Kind
from tarmac.services.flows.flow_list import FlowListing, FlowRow
from tarmac.services.plans.marker import export_marker
from tarmac.services.plans.planning import ADOPTED
from tarmac.services.plans.stored_schedule import schedule_of
from tarmac.services.plans.stored_target import compression_of, folder_of, format_of, place_of, same_place
from tarmac.services.plans.wishes import save_export
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain


@dataclass(frozen=True)
class Adoption:
    """What adopting one flow comes to. `toml` is what the profile lacks, None where it has the destination.

    `wrong` says in sentences what the flow has that tarmac would do otherwise; the next plan shows it as changes.
    """

    row: FlowRow
    export: Export
    destination: Destination
    toml: str | None
    wrong: tuple[str, ...]


def plan_adoption(ws: Workspace, row: FlowRow, listing: FlowListing, name: str | None = None) -> Adoption:
    """Return the export and destination that stand for a flow. Nothing is written.

    Raises UsageError: it is ours already, exports several datasets or another kind of storage, or a connection is gone.
    """
    if row.sandbox != ws.profile.platform.sandbox:
        raise UsageError(
            f"{row.label} is in the sandbox {row.sandbox}, and this profile is for {ws.profile.platform.sandbox}",
            next_step="Adopt it with a profile for that sandbox.",
        )
    kind, target, base = _parts(row, listing)
    chosen = name or name_for(row)
    complaint = name_complaint(chosen)
    if complaint is not None:
        raise UsageError(f"{plain(chosen, 64)!r} cannot name an export: {complaint}", next_step="Give another --name.")
    destination, is_new = _destination(ws, kind, target, base, chosen)
    export = Export(
        name=chosen,
        dataset=row.datasets[0].id,
        destination=destination.name,
        format=format_of(target),
        compression=compression_of(target),
        schedule=schedule_of(row.flow),
        path=folder_of(kind, target),
        folder_template=None if row.params is None else row.params.folder_template,
    )
    return Adoption(row, export, destination, destination_text(destination) if is_new else None, wrong_with(row))


async def adopt(ws: Workspace, adoption: Adoption) -> Path:
    """Save the export, write into the ledger that the flow carries it out, and return the export's file.

    Adopting the same flow again changes nothing. Raises ReadOnly, ProfileError, UsageError for a name that is taken.
    """
    ws.require_write(f"adopt the flow {adoption.row.label}")
    settings, export = ws.profile.platform, adoption.export
    marker = export_marker(settings.org_id, settings.sandbox, export.name)
    notes = [note for note in await ws.ledger.notes(ADOPTED) if note.text("marker") == marker]
    flow_now = notes[-1].text("flow_id") if notes else None
    if flow_now not in {None, adoption.row.id} or (flow_now is None and export.name in ws.exports.names()):
        raise UsageError(
            f"there is already an export {export.name}",
            code="export-exists",
            next_step="Give another name with --name.",
        )
    if flow_now is None:
        await ws.ledger.add(Kind.NOTE, "", about=ADOPTED, marker=marker, flow_id=adoption.row.id, export=export.name)
    return await save_export(ws, export)


def wrong_with(row: FlowRow) -> tuple[str, ...]:
    """Say what about a flow will hurt: its end, its window, its connections."""
    found = list(row.notes)
    params = row.params
    if params is None:
        found.append("it has no schedule at all: only runs on demand")
    elif not row.end_is_given:
        ends = "" if row.end is None else f", on {row.end:%Y-%m-%d}"
        found.append(f"it has no end of its own: the platform stops it six months after its creation{ends}")
    if params is not None and params.export_mode is None:
        found.append("its schedule does not say whether a run is full or incremental")
    return tuple(dict.fromkeys(found))


def _parts(row: FlowRow, listing: FlowListing) -> tuple[DestinationKind, TargetConnection, Connection]:
    flow, inventory = row.flow, listing.inventory
    kind = flow.kind
    if row.is_ours:
        raise UsageError(
            f"{row.label} is an export of ours already: {row.export}",
            code="already-ours",
            next_step="Nothing has to be done: its name is enough for every command.",
        )
    if kind is None:
        raise UsageError(
            f"{row.label} goes to a storage that tarmac does not know",
            code="unknown-kind",
            next_step="Leave it to whoever made it; `tarmac flows` shows its state.",
        )
    if len(row.datasets) != 1:
        raise UsageError(
            f"{row.label} exports {len(row.datasets)} datasets: {row.dataset_words}",
            code="several-datasets",
            meaning="An export of tarmac is one dataset: the numbers of a run are those of all of them together.",
            next_step="Make an export for each dataset, then delete this flow.",
        )
    targets = [inventory.targets[each] for each in flow.target_connection_ids if each in inventory.targets]
    base = inventory.base_of(flow)
    if len(targets) != 1 or base is None:
        raise UsageError(f"a connection of {row.label} is not there any more", code="connection-gone")
    return kind, targets[0], base


def _destination(
    ws: Workspace, kind: DestinationKind, target: TargetConnection, base: Connection, name: str
) -> tuple[Destination, bool]:
    """Return the profile's destination that is the same place, else a new one that uses the flow's base connection."""
    place = place_of(kind, target)
    for each in same_place(ws.profile.destinations.values(), kind, place):
        if each.base_connection in {None, base.id, base.name}:
            return each, False
    if kind is DestinationKind.DATA_LANDING_ZONE:
        return ws.destination(kind.value), False  # it needs no entry in the profile
    location = {**place, "path": folder_of(kind, target)}
    free = name
    while free in ws.profile.destinations:
        free += "-1"
    return Destination(free, kind, location, base_connection=base.id), True


def name_for(row: FlowRow) -> str:
    """Return a name for the export that a flow becomes, as a file may have it."""
    name = name_from(row.flow.name, 40)
    if row.datasets and any(char.isalnum() and not char.isascii() for char in row.flow.name):
        # Letters that no file name may have here told it apart from others: the end of the dataset's id does.
        return f"{name or 'flow'}-{row.datasets[0].id[-6:]}"
    return name or name_from(f"flow-{row.id}", 13)
