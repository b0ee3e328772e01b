"""A saved export as TOML and back (design §5.1). What is written reads back as the same value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import tomli_w

from tarmac.profiles.destination_parsing import folder_complaint
from tarmac.profiles.errors import ProfileError
from tarmac.profiles.models import Export
from tarmac.profiles.places import name_complaint
from tarmac.profiles.toml_reading import TomlPlace, TomlTable, parse_toml, read_toml
from tarmac.terms.formats import Compression, FileFormat, is_supported
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.terms.times import iso_z

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=365)
_EXAMPLE = '{ kind = "incremental", every = "6h", start = 2026-12-01T01:00:00Z }'


def read_export(file: Path, name: str) -> Export:
    """Read one saved export. Raises ProfileError. Blocks."""
    return _export(read_toml(file), name)


def parse_export(data: bytes, file: Path, name: str) -> Export:
    """Read an export from `data`; `file` is named in errors."""
    return _export(parse_toml(data, file), name)


def export_text(export: Export, file: Path) -> str:
    """Write `export` as TOML, keys always in the same order. Raises ProfileError for one that would not read back."""
    try:
        text = "".join(f"{key} = {value}\n" for key, value in export_values(export).items())
        same = parse_export(text.encode(), file, export.name) == export
    except ProfileError as error:
        # Not its file and line: what they hold was not written by anybody yet.
        raise ProfileError(
            f"the export {export.name} cannot be saved: {error.words}", meaning=error.meaning, next_step=error.next_step
        ) from error
    except (UnicodeEncodeError, OverflowError):  # half a character pair; a time at the edge of the calendar
        same = False
    if not same:
        raise ProfileError(
            "this export cannot be saved: a value would not read back",
            file=file,
            next_step="Remove unusual characters from its texts, and give its times in UTC.",
        )
    return text


def export_values(export: Export) -> dict[str, str]:
    """Return what the export's file says, key by key, each value as TOML; what the export leaves open is not there."""
    values = {"dataset": _text(export.dataset), "destination": _text(export.destination)}
    values |= {"format": _text(export.format.value), "compression": _text(export.compression.value)}
    if export.path is not None:
        values["path"] = _text(export.path)
    if export.folder_template is not None:
        values["folder_template"] = _text(export.folder_template)
    return values | {"schedule": schedule_text(export.schedule)}


def schedule_text(schedule: Schedule) -> str:
    """Write a schedule as the inline table of an export file."""
    parts = [f'kind = "{schedule.kind.value}"']
    if schedule.every is not None:
        parts.append(f'every = "{every_text(schedule.every)}"')
    if schedule.start is not None:
        parts.append(f"start = {iso_z(schedule.start)}")
    if schedule.end is not None:
        parts.append(f"end = {iso_z(schedule.end)}")
    return f"{{ {', '.join(parts)} }}"


def every_text(every: timedelta) -> str:
    """Write a step as `6h` or `2d`."""
    return f"{every // _DAY}d" if every % _DAY == timedelta(0) else f"{every // _HOUR}h"


def _export(table: TomlTable, name: str) -> Export:
    table.only("dataset", "destination", "format", "compression", "path", "folder_template", "schedule")
    dataset = table.need_text("dataset", "66c0ffee0000000000000001")
    destination = table.need_text("destination", "landing")
    if complaint := name_complaint(destination):
        raise table.error(
            f"{table.name('destination')} is not the name of a destination: {complaint}",
            "destination",
            next_step="Write the NAME of a [destinations.NAME] table of the profile.",
        )
    file_format = table.choice("format", FileFormat, FileFormat.PARQUET)
    compression = table.choice("compression", Compression, Compression.GZIP)
    if not is_supported(file_format, compression):
        raise table.error(
            "format json needs compression gzip",
            "compression" if "compression" in table else "format",
            meaning="The platform exports JSON compressed only.",
            next_step='Write compression = "gzip", or format = "parquet"',
        )
    return Export(
        name=name,
        dataset=dataset,
        destination=destination,
        format=file_format,
        compression=compression,
        schedule=_schedule(table),
        path=_folder(table, "path", "ml/churn"),
        folder_template=_folder(table, "folder_template", "%DATASET_ID%/exportTime=%DATETIME(YYYYMMdd_HHmmss)%"),
        places=_places(table),
    )


def _places(root: TomlTable) -> dict[str, TomlPlace]:
    schedule = root.table("schedule", f"schedule = {_EXAMPLE}")
    inner = {} if schedule is None else {f"schedule.{key}": schedule.place(key) for key in schedule}
    return {key: root.place(key) for key in root} | inner


def _folder(table: TomlTable, key: str, example: str) -> str | None:
    value = table.text(key, example)
    if value is not None and (complaint := folder_complaint(value)):
        raise table.error(f"{table.name(key)} {complaint}", key, next_step=f'Write {key} = "{example}"')
    return value


def _schedule(root: TomlTable) -> Schedule:
    table = root.table("schedule", f"schedule = {_EXAMPLE}")
    if table is None:
        return Schedule()
    table.only("kind", "every", "start", "end")
    if "kind" not in table:
        raise table.missing("kind", '"ad-hoc"')
    kind = table.choice("kind", ScheduleKind, ScheduleKind.AD_HOC)
    start, end = _moment(table, "start"), _moment(table, "end")
    if start is not None and end is not None and end <= start:
        raise table.error(
            f"{table.name('end')} is not after start", "end", next_step="Correct one of them, or leave end out."
        )
    return Schedule(kind, _every(table, kind), start, end)


def _every(table: TomlTable, kind: ScheduleKind) -> timedelta | None:
    if kind is not ScheduleKind.INCREMENTAL:
        if "every" in table:
            raise table.error(
                f"{table.name('every')} has no meaning for a schedule of kind {kind.value}",
                "every",
                next_step='Remove it, or write kind = "incremental"',
            )
        return None
    every = table.duration("every", "6h")
    if every is None:
        raise table.missing("every", '"6h"')
    # Both are what `timeUnit` and `interval` can say; which steps are allowed is the live flow spec's word (C3).
    hours_fit = every < _DAY and every % _HOUR == timedelta(0)
    days_fit = every <= _LONGEST and every % _DAY == timedelta(0)
    if not hours_fit and not days_fit:
        raise table.error(
            f"{table.name('every')} is neither whole hours below a day nor whole days",
            "every",
            next_step='Write every = "3h", "6h", "12h" or "1d"',
        )
    return every


def _moment(table: TomlTable, key: str) -> datetime | None:
    value = table.raw(key)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise table.wrong_type(key, value, "a date and time", f"{key} = 2026-12-01T01:00:00Z")
    if value.tzinfo is None:
        raise table.error(
            f"{table.name(key)} has no time zone",
            key,
            meaning="Without one, the same file would mean different moments on different machines.",
            next_step=f"Add Z for UTC: {key} = {value.isoformat()}Z",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise table.error(f"{table.name(key)} is outside the calendar", key, next_step="Choose another year.") from None


def _text(value: str) -> str:
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
