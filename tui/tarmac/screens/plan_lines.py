"""A plan as lines: steps with their signs, differences, checks, the schedule on a line of time, requests, the command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterator, Mapping

from tarmac.services.exports.progress import StepDone
from tarmac.services.plans.export_names import is_derived
from tarmac.services.plans.plan import Action, Check, Plan, PlanStep, Verdict
from tarmac.services.values import Destination
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z
from tarmac.widgets.hanging import hanging
from tarmac.widgets.lines import cut, middle_cut, width_of
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line
from tarmac.widgets.timeline import timeline

_NAME = 24  # cells of a destination's name that leave room for what is said of it
_NOUN = 19
_INDENT = 2 + _NOUN + 1
_ACTION_TONES = {Action.CREATE: Tone.GOOD, Action.REUSE: Tone.DIM, Action.CHANGE: Tone.WARN, Action.FIRE: Tone.ACCENT}
_VERDICT_TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.WARNING: Tone.WARN,
    Verdict.BLOCKER: Tone.BAD,
    Verdict.UNCHECKED: Tone.WARN,
}


def plan_lines(
    plan: Plan, width: int, done: Mapping[int, StepDone] | None = None, doing: int | None = None
) -> list[Line]:
    """Return everything that a person reads before applying; `done` and `doing` are the steps' numbers while applying."""
    lines: list[Line] = []
    for number, step in enumerate(plan.steps):
        lines += _step_lines(step, width, (done or {}).get(number), is_doing=number == doing)
    lines += ["", Cell("Checks", Tone.ACCENT), *_check_lines(plan, width)]
    lines += ["", Cell("Schedule", Tone.ACCENT), *schedule_lines(plan, width)]
    return lines


def schedule_lines(plan: Plan, width: int) -> list[Line]:
    """Return the schedule on a line of time, and in words those that no step has said already."""
    window = plan.window
    schedule = plan.wish.export.schedule
    words = [f"  {text}" for text in plan.unsaid_schedule]
    axis = timeline(plan.made_at, window.first_run, window.end, width=width - 4, step=schedule.every)
    return [*words, *(("  ", line) if isinstance(line, Cell | str) else ("  ", *line) for line in axis)]


def request_lines(plan: Plan) -> list[Line]:
    """Return every request exactly as it will be sent, without secrets and without the token."""
    lines: list[Line] = []
    for step in plan.steps:
        if not step.calls:
            continue
        lines.append(Cell(f"{step.action.sign} {step.noun.value}", Tone.ACCENT))
        for call in step.calls:
            lines.append(Cell(f"{call.method} {call.path}"))
            lines += [Cell(f"{name}: {value}", Tone.DIM) for name, value in call.headers]
            if call.body is not None:
                lines += json.dumps(call.body, indent=2, ensure_ascii=False).split("\n")
            lines.append("")
    return lines or ["Nothing will be sent: everything is as it should be."]


def command_of(plan: Plan, profile: str, typed: Collection[str] = ()) -> tuple[str, str]:
    """Return the headless command that does the same, and from when on it works (empty: now).

    `typed` are the destinations that this app knows and the profile's file does not: no command finds them, and no export
    can be saved for them.
    """
    export, destination = plan.wish.export, plan.wish.destination
    start = ["tarmac", "export", "--profile", profile]
    start += [part for guard in plan.guards for part in ("--confirm", guard.confirm)]
    works = f"once the profile has {cut(destination.name, _NAME)} (Y copies it)" if destination.name in typed else ""
    options = ["--dataset", plan.dataset.id, "--to", destination.name]
    if not is_derived(export.name, plan.dataset, destination.name):
        if not works:
            return shlex.join([*start[:2], export.name, *start[2:]]), "after saving the export with s"
        options += ["--name", export.name]
    if export.path is not None:
        options += ["--path", export.path]
    if export.folder_template is not None:
        options += ["--folder-template", export.folder_template]
    if export.format is not FileFormat.PARQUET:
        options += ["--format", export.format.value]
    if export.compression is not Compression.GZIP:
        options += ["--compression", export.compression.value]
    if (words := schedule_option(export.schedule)) is not None:
        options += ["--schedule", words]
    if export.schedule.kind is not ScheduleKind.AD_HOC:
        for option, moment in (("--start", export.schedule.start), ("--end", export.schedule.end)):
            options += [] if moment is None else [option, iso_z(moment)]
    return shlex.join([*start, *options]), works


def schedule_option(schedule: Schedule) -> str | None:
    """Return what `--schedule` takes; None for the usual one."""
    if schedule.kind is ScheduleKind.AD_HOC:
        return None
    if schedule.kind is ScheduleKind.ONCE or schedule.every is None:
        return "once"
    hours = int(schedule.every.total_seconds() // 3600)
    return "every 1d" if hours == 24 else f"every {hours}h"


def summary_of(plan: Plan) -> str:
    """Count what will happen, in words."""
    counts = {action: sum(1 for step in plan.steps if step.action is action) for action in Action}
    words = {Action.CREATE: "to create", Action.CHANGE: "to change", Action.REUSE: "reused", Action.FIRE: "run"}
    return " · ".join(f"{counts[action]} {word}" for action, word in words.items() if counts[action])


def title_of(dataset_name: str, destination: Destination, summary: str = "", width: int = 120) -> str:
    """Return the panel's title in `width` cells; a long name gives way to the summary."""
    rest = f" → {destination.name}" + (f" · {summary}" if summary else "")
    room = max(12, width - width_of("Plan: ") - width_of(rest))
    return f"Plan: {middle_cut(name, room) if width_of(name := plain(dataset_name)) > room else name}{rest}"


def _step_lines(step: PlanStep, width: int, done: StepDone | None, *, is_doing: bool) -> Iterator[Line]:
    tone = _ACTION_TONES[step.action]
    sign = "✔" if done is not None else "…" if is_doing else step.action.sign
    head = Cell(f"{sign} {step.noun.value:<{_NOUN}} ", Tone.GOOD if done is not None else tone)
    yield from hanging(head, plain(step.summary), width)
    if done is not None:
        verb = "created" if done.created else "kept" if step.action is Action.REUSE else "changed"
        yield (" " * _INDENT, Cell(f"{verb}: {done.id}", Tone.GOOD))
    elif is_doing:
        yield (" " * _INDENT, Cell("sent, waiting for the platform's answer", Tone.ACCENT))
    for each in step.differences:
        yield from hanging(
            Cell(" " * _INDENT), f"{each.field}: {plain(each.have, 120)} → {plain(each.want, 120)}", width, Tone.WARN
        )
    for note in step.notes:
        yield from hanging(Cell(" " * _INDENT), plain(note), width, Tone.DIM)


def _check_lines(plan: Plan, width: int) -> Iterator[Line]:
    order = [Verdict.BLOCKER, Verdict.UNCHECKED, Verdict.WARNING]
    for verdict in order:
        for check in (each for each in plan.checks if each.verdict is verdict):
            yield from _one_check(check, width)
    good = [f"✔ {plain(each.title)}" for each in plan.checks if each.verdict is Verdict.OK]
    row = ""
    for text in good:
        if row and width_of(row) + width_of(text) + 5 > width:
            yield Cell(f"  {row}", Tone.GOOD)
            row = ""
        row = f"{row}   {text}" if row else text
    if row:
        yield Cell(f"  {row}", Tone.GOOD)


def _one_check(check: Check, width: int) -> Iterator[Line]:
    tone = _VERDICT_TONES[check.verdict]
    yield from hanging(Cell(f"  {check.verdict.sign} ", tone), plain(check.title), width, tone)
    for text in (check.detail, check.next_step):
        if text:
            yield from hanging(Cell("    "), plain(text), width, Tone.DIM)
