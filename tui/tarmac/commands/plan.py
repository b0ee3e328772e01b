"""`tarmac plan`: the difference between a wish and what exists, and what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, run_verb
from tarmac.commands.wish_arguments import add_wish_arguments, saving_of, wish_of
from tarmac.terms.errors import ExitCode, UsageError
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.plans.plan import Check, Plan, PlanStep

NAME = "plan"
_DETAILS = """\
Nothing is changed on the platform; --save keeps the wish unless a check says no.
Exit code 0: nothing to change; 2: there are changes; 64: a check says no."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    example = "tarmac plan --dataset training_set_churn --to landing --path ml/churn"
    parser = add_verb(verbs, NAME, "show what an export would create, change and reuse", example, _DETAILS)
    add_wish_arguments(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Make the plan and show it."""
    return run_verb(_plan, context)


async def _plan(context: Context) -> int:
    from tarmac.services.plans.planning import make_plan, refuse_if_blocked

    async with context.open_workspace() as ws:
        wish = await wish_of(ws, context)
        saving = await saving_of(ws, context, wish)
        plan = await make_plan(ws, wish)
        if saving is not None and not plan.blockers:
            await saving.carry_out(ws, context)
    context.out.lines(plan_lines(plan))
    document = plan_document(plan)
    if plan.blockers:
        try:
            refuse_if_blocked(plan)
        except UsageError as error:
            context.out.problem(error)
            context.out.document({"status": "refused", **document, "error": error.as_json()})
            return ExitCode.USAGE
    context.out.document({"status": "changes" if plan.has_changes else "unchanged", **document})
    return ExitCode.CHANGES if plan.has_changes else ExitCode.DONE


def plan_lines(plan: Plan) -> Iterator[str]:
    """Write a plan for people: its steps, what of its schedule they leave unsaid, its checks."""
    yield _title(plan)
    width = max((len(step.noun.value) for step in plan.steps), default=0)
    for step in plan.steps:
        yield from _step_lines(step, width)
    yield f"  folder    {plain(plan.folder_preview)}"
    for number, text in enumerate(plan.unsaid_schedule):
        yield f"  {'' if number else 'schedule':<8}  {plain(text)}"
    for check in plan.checks:
        yield from _check_lines(check)
    changes = sum(1 for step in plan.steps if step.action.value in {"create", "change"})
    yield "Nothing to change." if not changes else f"{plural(changes, 'change')}."


def short_plan_lines(plan: Plan) -> Iterator[str]:
    """Write a plan that changes nothing: the schedule, and the checks that a person should look at."""
    yield _title(plan)
    yield f"  schedule  {plain(plan.window.words)}"
    for check in plan.checks:
        if check.verdict.value != "ok":
            yield from _check_lines(check)
    yield "Nothing to change."


def check_document(check: Check) -> dict[str, Any]:
    """Return a check as a JSON document."""
    return {
        "verdict": check.verdict.value,
        "title": check.title,
        "detail": check.detail,
        "next": check.next_step,
        "confirm": check.confirm or None,
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a JSON document."""
    return {
        "export": plan.wish.export.name,
        "dataset_id": plan.dataset.id,
        "dataset_name": plan.dataset.name,
        "destination": plan.wish.destination.kind.value,
        "flow_id": plan.flow_id,
        "folder": plan.folder_preview,
        "has_changes": plan.has_changes,
        "steps": [_step_document(step) for step in plan.steps],
        "checks": [check_document(check) for check in plan.checks],
        "schedule": {
            "words": plan.window.words,
            "first_run": iso_z(plan.window.first_run),
            "end": iso_z(plan.window.end),
            "runs": plan.window.runs,
            "notes": list(plan.window.notes),
        },
    }


def _title(plan: Plan) -> str:
    wish = plan.wish
    return (
        f"{wish.export.name}: {plain(plan.dataset.name)} → {wish.destination.name} ({wish.destination.kind.spec.title})"
    )


def _step_lines(step: PlanStep, width: int) -> Iterator[str]:
    yield f"{step.action.sign} {step.noun.value:<{width}}  {plain(step.summary)}"
    indent = " " * (width + 4)
    for difference in step.differences:
        yield f"{indent}{plain(difference.field)}: {plain(difference.have)} → {plain(difference.want)}"
    for note in step.notes:
        yield f"{indent}{plain(note)}"


def _check_lines(check: Check) -> Iterator[str]:
    yield f"{check.verdict.sign} {plain(check.title)}" + (f": {plain(check.detail)}" if check.detail else "")
    if check.next_step and check.verdict.value != "ok":
        yield f"    next: {plain(check.next_step)}"
    if check.confirm:
        yield f"    tarmac export asks for --confirm {plain(check.confirm)}"


def _step_document(step: PlanStep) -> dict[str, Any]:
    return {
        "noun": step.noun.value,
        "action": step.action.value,
        "summary": step.summary,
        "notes": list(step.notes),
        "id": step.existing_id,
        "differences": [{"field": each.field, "have": each.have, "want": each.want} for each in step.differences],
        "calls": [{"method": call.method, "path": call.path, "body": call.body} for call in step.calls],
    }
