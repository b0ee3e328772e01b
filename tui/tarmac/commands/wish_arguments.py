"""The arguments that say what is wanted, alike for `plan` and `export`: a saved export, or its pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser, moment, schedule
from tarmac.commands.running import Context
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat, is_supported
from tarmac.terms.schedules import Schedule, ScheduleKind

if TYPE_CHECKING:
    from tarmac.services.plans.plan import Wish
    from tarmac.services.values import Export
    from tarmac.services.workspace import Workspace


def add_wish_arguments(parser: Parser) -> None:
    """Add EXPORT and the pieces."""
    parser.add_argument("export", metavar="EXPORT", nargs="?", help="name of a saved export")
    group = parser.add_argument_group("instead of a saved export")
    group.add_argument("--dataset", metavar="ID", help="dataset, by id or unique name")
    group.add_argument(
        "--to",
        metavar="DESTINATION",
        help="destination of the profile, or data-landing-zone, which needs no entry there",
    )
    group.add_argument(
        "--name", metavar="NAME", help="what the export is called (default: after dataset and destination)"
    )
    group.add_argument(
        "--save",
        action="store_true",
        help="keep the wish as exports/PROFILE/NAME.toml; from then on its name is enough",
    )
    group.add_argument(
        "--replace", action="store_true", help="with --save: put the wish in the place of another one of that name"
    )
    changes = parser.add_argument_group("how")
    changes.add_argument("--path", metavar="P", help="folder, instead of the destination's")
    changes.add_argument(
        "--folder-template",
        metavar="T",
        help="folder below it, instead of DATASET/exportTime=TIME, such as %%DATASET_NAME%%/%%DATETIME(YYYYMMdd_HHmmss)%%",
    )
    changes.add_argument("--format", choices=[each.value for each in FileFormat], help="default parquet")
    changes.add_argument(
        "--compression", choices=[each.value for each in Compression], help="default gzip; json needs it"
    )
    changes.add_argument(
        "--schedule", type=schedule, metavar="S", help='ad-hoc (default), once, daily, or "every 6h" for increments'
    )
    changes.add_argument(
        "--start",
        type=moment,
        metavar="TIME",
        help="first run of the schedule, such as 2026-12-01T01:00Z (default: the next full hour)",
    )
    changes.add_argument(
        "--end",
        type=moment,
        metavar="TIME",
        help="end of the schedule, such as 2027-12-01T01:00Z (default: a year later)",
    )


@dataclass(frozen=True)
class Saving:
    """What `--save` will do once the plan is not refused; `word` is what it is called then."""

    export: Export
    word: str

    async def carry_out(self, ws: Workspace, context: Context) -> None:
        """Write the file, unless it holds this wish already. Raises ProfileError when the disk refuses."""
        from tarmac.services.plans.wishes import save_export

        file = ws.exports.file(self.export.name) if self.word == _UNCHANGED else await save_export(ws, self.export)
        context.out.note(f"{self.word} as {file}; from now on: tarmac export {self.export.name}")


_UNCHANGED = "saved already"


async def saving_of(ws: Workspace, context: Context, wish: Wish) -> Saving | None:
    """Return what `--save` will do; None without it. Raises UsageError where another wish has that name, and ReadOnly."""
    from tarmac.services.plans.saved_wish import is_saved

    if not context.arguments.save:
        return None
    ws.require_write(f"save the export {wish.export.name}")
    try:
        return Saving(wish.export, _UNCHANGED if await is_saved(ws, wish.export) else "saved")
    except UsageError as error:
        if not context.arguments.replace or error.code != "saved-otherwise":
            raise
        return Saving(wish.export, "replaced")


async def wish_of(ws: Workspace, context: Context) -> Wish:
    """Return the wish that the arguments name. Raises UsageError."""
    from tarmac.services.plans.wishes import wish_of_export, wish_of_pieces

    given = context.arguments
    file_format = None if given.format is None else FileFormat(given.format)
    compression = None if given.compression is None else Compression(given.compression)
    if given.export is None:
        if given.save and not is_supported(file_format or FileFormat.PARQUET, compression or Compression.GZIP):
            raise UsageError(
                f"--format {given.format} needs --compression gzip",
                code="format",
                meaning="The platform exports JSON compressed only. Nothing was sent.",
                next_step="Leave --compression out, or give --format parquet.",
            )
        if given.dataset is None or given.to is None:
            raise UsageError(
                "nothing says what to export",
                meaning="Nothing was sent.",
                next_step="Name a saved export, or give --dataset and --to.",
            )
        if given.replace and not given.save:
            raise UsageError(
                "--replace says what --save may do", meaning="Nothing was sent.", next_step="Give --save as well."
            )
        return await wish_of_pieces(
            ws,
            dataset=given.dataset,
            to=given.to,
            path=given.path,
            file_format=file_format,
            compression=compression,
            schedule=_schedule(context, given.schedule or Schedule()),
            folder_template=given.folder_template,
            name=given.name,
        )
    if given.dataset is not None or given.to is not None or given.name is not None or given.save or given.replace:
        raise UsageError(
            "a saved export was named, and --dataset, --to, --name, --save or --replace as well",
            meaning="Nothing was sent.",
            next_step="Give the one or the other.",
        )
    wish = await wish_of_export(ws, given.export)
    changes = {
        "path": given.path,
        "format": file_format,
        "compression": compression,
        "schedule": _schedule(context, given.schedule or wish.export.schedule),
        "folder_template": given.folder_template,
    }
    given_here = {key: value for key, value in changes.items() if value is not None}
    if given.schedule is None and given.start is None and given.end is None:
        del given_here["schedule"]
    # What an option says is no fault of the file.
    places = {key: place for key, place in wish.export.places.items() if key.partition(".")[0] not in given_here}
    return replace(wish, export=replace(wish.export, **given_here, places=places))


def _schedule(context: Context, schedule: Schedule) -> Schedule:
    """Put `--start` and `--end` into the schedule. Raises UsageError where they have no meaning."""
    start, end = context.arguments.start, context.arguments.end
    if start is None and end is None:
        return schedule
    if schedule.kind is ScheduleKind.AD_HOC:
        raise UsageError(
            f"{'--start' if start is not None else '--end'} has no meaning for an export that is run on demand",
            meaning="Nothing was sent.",
            next_step='Give --schedule once or --schedule "every 6h" as well, or leave it out.',
        )
    changed = replace(schedule, start=start or schedule.start, end=end or schedule.end)
    if changed.start is not None and changed.end is not None and changed.end <= changed.start:
        raise UsageError(
            f"the schedule would end {changed.end:%Y-%m-%d %H:%M} UTC, not after its start {changed.start:%Y-%m-%d %H:%M} UTC",
            meaning="Nothing was sent.",
            next_step="Correct --start or --end.",
        )
    return changed
