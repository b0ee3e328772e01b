"""Bringing over what another tool was set up with: a new profile, its secret in a file of its own, and a look at the old flow.

The other tool's file is left untouched. Its secret is not written into the profile: it goes into a file that only the person
can read, and the profile refers to that file; whoever has a better place for it changes one line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import write_new
from tarmac.profiles.importers.detection import read_foreign
from tarmac.profiles.importers.recognised import Recognised
from tarmac.profiles.models import DEFAULT_SCOPES, Destination, SecretRef, SecretSource
from tarmac.profiles.places import Places, checked_name, name_from
from tarmac.profiles.profile_parsing import EXAMPLE_ORG, parse_profile
from tarmac.profiles.profile_store import ProfileStore
from tarmac.profiles.profile_template import EXAMPLE_CLIENT, ProfileDraft, profile_text
from tarmac.services.flows.adopting import wrong_with
from tarmac.services.flows.flow_list import FlowRow, list_flows
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError
from tarmac.terms.own_path import own_path

# What the other tools use where their files name none.
DEFAULT_SANDBOX = "prod"
_LABELS = {
    "org_id": "the organization",
    "client_id": "the client ID",
    "client_secret": "the client secret",
    "sandbox": "the sandbox",
}


@dataclass(frozen=True)
class ImportedProfile:
    """What an import wrote and found. `secret_files` hold the secrets (mode 0600); `missing` are sentences."""

    name: str
    file: Path
    recognised: Recognised
    secret_files: tuple[Path, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class OldFlow:
    """The flow that the other tool made: its row, what is wrong with it, or why it could not be looked at."""

    flow_id: str
    row: FlowRow | None = None
    wrong: tuple[str, ...] = ()
    error: TarmacError | None = field(default=None)


async def import_profile(
    places: Places, file: Path, *, name: str | None = None, sandbox: str | None = None
) -> ImportedProfile:
    """Read a file of another tool and write a new profile. Raises ProfileError; an existing profile is never touched."""
    return await asyncio.to_thread(_import, places, file, name, sandbox)


async def look_at_old_flow(ws: Workspace, flow_id: str) -> OldFlow:
    """Read the flow that the other tool made, and say what is wrong with it. Nothing is changed; errors are in the answer."""
    try:
        listing = await list_flows(ws)
    except TarmacError as error:
        return OldFlow(flow_id, error=error)
    row = next((each for each in listing.rows if each.id == flow_id), None)
    if row is None:
        why = (f"it is not in the sandbox {listing.sandbox}: it was deleted, or belongs to another sandbox",)
        return OldFlow(flow_id, wrong=why)
    return OldFlow(flow_id, row, wrong_with(row))


def _import(places: Places, file: Path, name: str | None, sandbox: str | None) -> ImportedProfile:
    file = own_path(file)
    found = read_foreign(file)
    store = ProfileStore(places)
    chosen = checked_name(name, "profile") if name else _free_name(store, found, file)
    _refuse_taken(store, chosen)
    secret_files = _secret_paths(places, chosen, len(found.secrets))
    text = _profile_text(found, chosen, sandbox, secret_files)
    profile = store.file(chosen)
    # Checked before anything is written: a profile that cannot be read is of no use to anybody.
    parse_profile(text.encode(), profile, chosen)
    written = _write_secrets(found, secret_files)
    try:
        store.create(chosen, text)
    except ProfileError:
        for each in written:
            each.unlink(missing_ok=True)
        raise
    missing = [_LABELS[each] for each in found.missing if not (each == "sandbox" and sandbox)]
    return ImportedProfile(chosen, profile, found, secret_files, tuple(missing))


def _profile_text(found: Recognised, name: str, sandbox: str | None, secret_files: Sequence[Path]) -> str:
    refs = [SecretRef(SecretSource.FILE, str(path)) for path in secret_files]
    draft = ProfileDraft(
        name=name,
        org_id=found.org_id or EXAMPLE_ORG,
        client_id=found.client_id or EXAMPLE_CLIENT,
        client_secret=refs[0] if refs else SecretRef(SecretSource.ENV, "AEP_SECRET"),
        other_secrets=tuple(refs[1:]),
        sandbox=sandbox or found.sandbox or DEFAULT_SANDBOX,
        scopes=found.scopes or DEFAULT_SCOPES,
        **({"ims_url": found.ims_url} if found.ims_url else {}),
        destinations=_destinations(found),
    )
    return profile_text(draft)


def _destinations(found: Recognised) -> tuple[Destination, ...]:
    """The notebooks export to the landing zone; their folder becomes a destination."""
    if found.path is None:
        return ()
    path = found.path.strip("/")
    is_usable = bool(path) and ".." not in path.split("/") and "\\" not in path and path.isprintable()
    return (Destination("landing", DestinationKind.DATA_LANDING_ZONE, {"path": path}),) if is_usable else ()


def _secret_paths(places: Places, name: str, count: int) -> tuple[Path, ...]:
    folder = places.config / "secrets"
    numbers = ["", *(f"-{number}" for number in range(2, count + 1))][:count]
    return tuple(folder / f"{name}.client-secret{number}" for number in numbers)


def _write_secrets(found: Recognised, paths: Sequence[Path]) -> list[Path]:
    written: list[Path] = []
    for secret, path in zip(found.secrets, paths, strict=True):
        try:
            write_new(path, secret.reveal().encode() + b"\n")
        except FileExistsError:
            for each in written:
                each.unlink(missing_ok=True)
            raise ProfileError(
                "is there already, perhaps from an earlier import",
                file=path,
                next_step="Move it away, or import under another --name.",
            ) from None
        written.append(path)
    return written


def _free_name(store: ProfileStore, found: Recognised, file: Path) -> str:
    label = name_from(found.sandbox or file.stem, 40) or "imported"
    taken = set(store.names())
    names = [label, *(f"{label}-{number}" for number in range(2, 100))]
    return next((each for each in names if each not in taken), f"{label}-new")


def _refuse_taken(store: ProfileStore, name: str) -> None:
    if name in store.names():
        raise ProfileError(
            f"there is already a profile {name}",
            file=store.file(name),
            meaning="tarmac never rewrites a profile: it is yours.",
            next_step="Import under another --name.",
        )
