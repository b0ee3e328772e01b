"""What the Destination screen shows of a kind, of a destination and of the folder that results."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tarmac.screens.destination_form import Target
from tarmac.services.plans.folder_words import folder_of
from tarmac.terms.schedules import ScheduleKind
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.workspace import Workspace

_SHORT, _FULL = 13, 36


def destination_columns(*, wide: bool) -> tuple[Column, ...]:
    """Return the columns; IDs are whole where the screen is wide."""
    width = _FULL if wide else _SHORT
    return (
        Column("name", "DESTINATION", min_width=12, max_width=32, fits=True, wanted=20),
        Column("kind", "STORAGE", min_width=24, max_width=72, weight=2, middle=True),
        Column("connection", "CONNECTION SPEC" if wide else "CONN. SPEC", width=width),
        Column("flow", "FLOW SPEC", width=width),
    )


def destination_row(target: Target, *, wide: bool, typed: Collection[str] = ()) -> Row:
    """Return the line of one destination or kind; those in `typed` are not in the profile file."""
    spec = target.kind.spec
    name: Cell | str = target.saved.name if target.saved is not None else Cell("+ new", Tone.DIM)
    where = "" if target.saved is None else f" · {target.saved.place}"
    if target.saved is not None and target.saved.name in typed:
        name = Cell(f"typed: {target.saved.name}", Tone.WARN)
    ids = [spec.connection_spec_id, spec.flow_spec_id]
    shown = ids if wide else [short_spec(each) for each in ids]
    return Row(target.key, (name, f"{spec.title}{where}", *(Cell(each, Tone.DIM) for each in shown)))


def short_spec(spec_id: str) -> str:
    """Write a spec ID by its first and last characters: `10440537…48e8`."""
    return f"{spec_id[:8]}…{spec_id[-4:]}"


def about(target: Target, differences: Sequence[str] = (), *, brief: bool = False) -> tuple[str, list[Line]]:
    """Name the destination or kind, and say what the platform has otherwise.

    Unless `brief` also where the credentials come from, and the whole spec IDs.
    """
    saved, spec = target.saved, target.kind.spec
    title = f"{saved.name} · {spec.title}" if saved else f"{spec.title} · a new destination"
    more = f" (and {len(differences) - 1} more: see the plan)" if len(differences) > 1 else ""
    said: list[Line] = [Cell(f"! {differences[0]}{more}", Tone.WARN)] if differences else []
    if brief:
        return title, said
    return title, [
        *said,
        *([] if saved is None else [("files go below   ", saved.place)]),
        ("sign-in          ", _sign_in(target)),
        ("connection spec  ", Cell(spec.connection_spec_id, Tone.DIM)),
        ("flow spec        ", Cell(spec.flow_spec_id, Tone.DIM)),
    ]


def _sign_in(target: Target) -> str:
    saved, ways = target.saved, [variant.words for variant in target.kind.spec.auth]
    if saved is not None and saved.base_connection:
        return f"base connection {saved.base_connection}"
    if saved is not None and saved.credentials:
        return ", ".join(f"{key}: {ref.describe()}" for key, ref in saved.credentials.items())
    return " or ".join(ways) if ways else "no credentials needed: the platform hands them out itself"


def preview_lines(
    target: Target, values: Mapping[str, str], datasets: Sequence[ListedDataset], workspace: Workspace | None
) -> Iterable[Line]:
    """Say where the files of a run would be, as far as the form is filled in."""
    kind = ScheduleKind(values.get("schedule", ScheduleKind.AD_HOC))
    when = {
        ScheduleKind.AD_HOC: "A run starts when you apply, and again whenever you ask.",
        ScheduleKind.ONCE: "One run at the time given; without one, in the next minute.",
        ScheduleKind.INCREMENTAL: "The first run holds everything, later ones what is new. No end: one year.",
    }[kind]
    return [
        ("files in  ", Cell(_folder(target, values, datasets, workspace), Tone.ACCENT)),
        Cell(when, Tone.DIM),
        Cell("tab goes to the next field, left and right change a choice, enter goes on", Tone.DIM),
    ]


def _folder(
    target: Target, values: Mapping[str, str], datasets: Sequence[ListedDataset], workspace: Workspace | None
) -> str:
    given = values if target.saved is None else target.saved.location
    bucket = given.get("bucket") or given.get("container") or ""
    folder = folder_of(
        values.get("path", ""),
        values.get("template") or None,
        kind=target.kind,
        dataset_id=datasets[0].id if datasets else "<dataset ID>",
        dataset_name=datasets[0].name if datasets else "<dataset name>",
        sandbox="<sandbox>" if workspace is None else workspace.profile.platform.sandbox,
        moment=datetime.now(UTC) if workspace is None else workspace.now(),
    )
    return f"{bucket}/{folder}" if bucket else folder
