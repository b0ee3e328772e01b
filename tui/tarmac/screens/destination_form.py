"""The form of one destination kind: exactly its fields, and what is filled in as a wish.

A destination of the profile belongs to the person: its form holds the export only (folder, format, schedule). A new one
adds location and credentials; they are used for this export and can be copied as TOML for the profile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tarmac.services.plans.folder_words import template_complaint
from tarmac.services.plans.plan import Wish
from tarmac.services.values import Destination, Export, SecretRef, SecretSource, name_complaint
from tarmac.terms.destination_fields import Field
from tarmac.terms.destinations import AuthVariant, DestinationKind
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.terms.text import plain
from tarmac.terms.times import parse_duration, parse_moment
from tarmac.widgets.choice_line import Choice
from tarmac.widgets.form_fields import ChoiceField, Complaint, FormField, TextField
from tarmac.widgets.secret_field import SecretField, is_reference, parse_reference, reference_complaint

if TYPE_CHECKING:
    from tarmac.services.plans.live_specs import LiveSpec
    from tarmac.services.values import Connection

BASE_KEY = "base"
# What the platform calls `domain` is `host` among the reader's settings.
_READER_NAMES = {"domain": "host"}
TEMPLATE_EXAMPLE = "%DATASET_ID%/%DATETIME(YYYYMMdd_HHmmss)%"
_STEPS = (("3h", "3 h"), ("6h", "6 h"), ("8h", "8 h"), ("9h", "9 h"), ("12h", "12 h"), ("1d", "day"))
_FORMATS = (
    Choice("parquet gzip", "Parquet gzip"),
    Choice("parquet none", "Parquet plain"),
    Choice("json gzip", "JSON gzip"),
)
READING = Choice("", "reading…")
_NEW_BASE = Choice("", "make a new one")
_SCHEDULES = (
    Choice(ScheduleKind.AD_HOC.value, "on demand"),
    Choice(ScheduleKind.ONCE.value, "once"),
    Choice(ScheduleKind.INCREMENTAL.value, "repeated"),
)


@dataclass(frozen=True)
class Target:
    """What the form is about: a kind, and the profile's destination of that kind unless a new one is made."""

    kind: DestinationKind
    saved: Destination | None = None

    @property
    def key(self) -> str:
        """Stable name of the row in the list."""
        return f"saved:{self.saved.name}" if self.saved is not None else f"new:{self.kind.value}"


def form_fields(target: Target, export: Export | None, name: str) -> list[FormField]:
    """Return the fields in the order to fill them in. `export` is what was wished before, `name` a name for a new one."""
    saved, spec = target.saved, target.kind.spec
    fields: list[FormField] = []
    if saved is None:
        fields.append(TextField("name", "Destination name", target.kind.value, complaint=_name("a destination")))
        fields += [_text(field, "") for field in spec.location if field.key != "path"]
    path = export.path if export is not None and export.path is not None else saved.path if saved is not None else ""
    fields.append(_text(spec.path_field, path))
    if saved is None:
        fields += _credential_fields(spec.auth) if spec.auth else []
    return [*fields, *_export_fields(export, name)]


def _export_fields(export: Export | None, name: str) -> list[FormField]:
    pair = "parquet gzip" if export is None else f"{export.format.value} {export.compression.value}"
    schedule = Schedule() if export is None else export.schedule
    return [
        ChoiceField("format", "Format", _FORMATS, pair),
        ChoiceField("schedule", "Schedule", _SCHEDULES, schedule.kind.value),
        ChoiceField("every", "A run every", [Choice(*step) for step in _STEPS], _step_of(schedule)),
        TextField(
            "start", "First run (UTC)", _moment_text(schedule.start), example=_EXAMPLE, complaint=_moment_complaint
        ),
        TextField("end", "Ends (UTC)", _moment_text(schedule.end), example=_EXAMPLE, complaint=_moment_complaint),
        TextField(
            "template",
            "Folder template",
            (export.folder_template or "") if export is not None else "",
            example=TEMPLATE_EXAMPLE,
            complaint=_template_complaint,
        ),
        TextField("export", "Export name", name, example="churn-landing", complaint=_name("an export")),
    ]


def is_shown(key: str, values: Mapping[str, str], target: Target) -> bool:
    """Whether field `key` has a meaning beside the other values."""
    kind = values.get("schedule")
    if key == "every":
        return kind == ScheduleKind.INCREMENTAL.value
    if key in {"start", "end"}:
        return kind != ScheduleKind.AD_HOC.value
    variant = _variant(target, values)
    owners = [each for each in target.kind.spec.auth if key in {field.key for field in each.fields}]
    return not owners or variant in owners


def credential_keys(kind: DestinationKind) -> frozenset[str]:
    """Return the keys of the fields about signing in."""
    return frozenset({"auth", *(field.key for variant in kind.spec.auth for field in variant.fields)})


def base_choices(bases: Sequence[Connection]) -> list[Choice]:
    """Offer the base connections that exist before a new one is made."""
    return [*(Choice(each.id, plain(each.name, 60) or each.id) for each in bases), _NEW_BASE]


def base_hint(values: Mapping[str, str]) -> str:
    """Say what the keys below are for where a base connection is chosen that exists; empty where a new one is made."""
    return "It keeps its own keys; tarmac reads with the keys below." if values.get(BASE_KEY) else ""


def apply_live(fields: Sequence[FormField], target: Target, live: LiveSpec) -> None:
    """Let the platform's own specs decide about the fields' rules and the choices (design §6.7)."""
    known = [*live.spec.location, *(field for variant in live.spec.auth for field in variant.fields)]
    rules = {each.key: each for each in known if not each.secret}
    table = [*target.kind.spec.location, *(field for variant in target.kind.spec.auth for field in variant.fields)]
    changed = {each.key for each in table if rules.get(each.key) not in (None, each)}
    for field in fields:
        if isinstance(field, TextField) and field.key in changed:
            field.judge_by(_complaint_of(rules[field.key], may_refer=field.key not in {"path", "bucket", "container"}))
        elif isinstance(field, ChoiceField) and field.key == "every" and live.hour_steps:
            hours = [(f"{step}h", f"{step} h") for step in live.hour_steps]
            field.offer([Choice(*step) for step in (*hours, _STEPS[-1])])
        elif isinstance(field, ChoiceField) and field.key == "format":
            offered = [each for each in _FORMATS if live.offers(*_pair(each.value))]
            field.offer(offered or _FORMATS)


def _pair(value: str) -> tuple[FileFormat, Compression]:
    file_format, compression = value.split(" ")
    return FileFormat(file_format), Compression(compression)


def together_complaint(values: Mapping[str, str]) -> tuple[str, str] | None:
    """Say which field is wrong beside another one, and why; None if none is. Each was checked by itself before."""
    if values.get("schedule") == ScheduleKind.AD_HOC.value:
        return None  # neither is shown, so neither was checked
    start, end = _moment(values, "start"), _moment(values, "end")
    if start is not None and end is not None and end <= start:
        return "end", "The end is not after the first run"
    return None


def wish_of(target: Target, values: Mapping[str, str], dataset: str) -> Wish:
    """Return what is filled in. The fields were checked before."""
    destination = target.saved if target.saved is not None else _destination(target, values)
    file_format, compression = values["format"].split(" ")
    path = values["path"].strip()
    export = Export(
        name=values["export"],
        dataset=dataset,
        destination=destination.name,
        format=FileFormat(file_format),
        compression=Compression(compression),
        schedule=_schedule(values),
        path=None if path.strip("/") == destination.path else path,
        folder_template=values.get("template") or None,
    )
    return Wish(export, destination)


_EXAMPLE = "2026-12-01 01:00, or empty"


def _credential_fields(variants: tuple[AuthVariant, ...]) -> list[FormField]:
    # Its line is there from the start, so that nothing moves while somebody types.
    fields: list[FormField] = [ChoiceField(BASE_KEY, "Base connection", [READING])]
    if len(variants) > 1:
        choices = [Choice(variant.key, variant.title) for variant in variants]
        fields.append(ChoiceField("auth", "Sign in with", choices))
    seen: set[str] = set()
    for variant in variants:
        for field in variant.fields:
            if field.key not in seen:
                seen.add(field.key)
                fields.append(SecretField(field.key, field.label) if field.secret else _text(field, "", may_refer=True))
    return fields


def _text(field: Field, value: str, *, may_refer: bool = False) -> TextField:
    complaint = _complaint_of(field, may_refer=may_refer)
    return TextField(field.key, field.label, value, example=field.example, complaint=complaint)


def _complaint_of(field: Field, *, may_refer: bool) -> Complaint:
    def complaint(text: str) -> str | None:
        if may_refer and is_reference(text):
            return reference_complaint(field.label, text)
        said = field.complaint(text)
        return _folder_complaint(text) if said is None and field.key == "path" else said

    return complaint


def _folder_complaint(path: str) -> str | None:
    if any(part in {".", ".."} for part in path.split("/")) or "\\" in path:
        return "The folder must not hold . or .. or a backslash"
    return None


def _template_complaint(text: str) -> str | None:
    if not text:
        return None
    if complaint := _folder_complaint(text):
        return complaint
    return template_complaint(text)


def _moment_complaint(text: str) -> str | None:
    if not text:
        return None
    try:
        parse_moment(text)
    except ValueError as error:
        return str(error)
    return None


def _name(what: str) -> Complaint:
    def complaint(text: str) -> str | None:
        return f"Give {what} a name" if not text else name_complaint(text)

    return complaint


def _variant(target: Target, values: Mapping[str, str]) -> AuthVariant | None:
    variants = target.kind.spec.auth
    if not variants:
        return None
    return next((each for each in variants if each.key == values.get("auth")), variants[0])


def _destination(target: Target, values: Mapping[str, str]) -> Destination:
    variant = _variant(target, values)
    credentials: dict[str, SecretRef] = {}
    for field in () if variant is None else variant.fields:
        text = values.get(field.key, "").strip()
        if text:
            is_ref = field.secret or is_reference(text)
            whole = field.key == "ssh_key"
            credentials[field.key] = (
                parse_reference(text, whole=whole) if is_ref else SecretRef(SecretSource.LITERAL, text)
            )
    location = {field.key: values[field.key].strip() for field in target.kind.spec.location}
    base = values.get(BASE_KEY) or None
    if base is None:
        return Destination(values["name"], target.kind, location, credentials)
    # The platform has credentials of its own there; these are for our reading.
    reader = {_READER_NAMES.get(key, key): ref for key, ref in credentials.items() if key != "role"}
    return Destination(values["name"], target.kind, location, {}, reader, base)


def _schedule(values: Mapping[str, str]) -> Schedule:
    kind = ScheduleKind(values["schedule"])
    if kind is ScheduleKind.AD_HOC:
        return Schedule()
    every = parse_duration(values["every"]) if kind is ScheduleKind.INCREMENTAL else None
    return Schedule(kind, every, _moment(values, "start"), _moment(values, "end"))


def _moment(values: Mapping[str, str], key: str) -> datetime | None:
    return parse_moment(values[key]) if values.get(key) else None


def _step_of(schedule: Schedule) -> str:
    every = schedule.every or timedelta(days=1)
    return next((step for step, _ in _STEPS if parse_duration(step) == every), "1d")


def _moment_text(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
